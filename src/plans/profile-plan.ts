import { OidcError } from '../errors.ts'
import { OPTIONS, type OptionValue } from '../options.ts'
import type { RoleArn } from '../role/arn.ts'
import { assertRegion, stsRegion } from '../role/region.ts'
import {
  lostWithTokenFile,
  MAXIMUM_CHAINED_DURATION,
  type RequestSettings,
  type RoleRequest,
  readRequest,
  withoutUndefined,
} from '../role/request.ts'
import type { RolePlan, RoleSource } from '../sts/assume-role.ts'
import type { ProfileKey } from './keys.ts'
import { problemText, type Report } from './problem.ts'
import type { ProfileSettings } from './settings.ts'

/** One role to assume and the profile to write, with everything checked that needs no network. */
export interface ProfilePlan extends ProfileRequest, RolePlan {}

/** What a profile asks for. */
export interface ProfileRequest extends RoleRequest {
  readonly profile: string
  readonly source: RoleSource
  readonly region?: string | undefined
  readonly output?: OptionValue<'output'>
  readonly credentials: OptionValue<'credentials'>
}

/** What a profile asks for where its section does not say: what the options of the command do. */
export type ProfileDefaults = Omit<ProfileRequest, 'profile' | 'source' | 'role'>

/**
 * What a profile's settings ask for, with the defaults where they say nothing. What AWS would refuse is
 * reported, and the request then good for nothing. A policy given as file://PATH is read.
 */
export async function readProfileRequest(
  profile: ProfileSettings,
  source: RoleSource | undefined,
  { region: defaultRegion, output, credentials: defaultKind, ...defaults }: ProfileDefaults,
  report: Report,
  note: (text: string) => void,
): Promise<ProfileRequest | undefined> {
  reportMisplaced(profile, report)
  const settings = { ...reportingSettings(profile, report), note }
  const kind = profile.settings.has('source_profile') ? 'chained' : 'first'
  const request = {
    ...defaults,
    durationSeconds: defaultDuration(defaults, kind),
    ...(await readRequest(settings, kind, defaults)),
  }
  const audience = await settings.read('audience', (text) => text)
  const region = (await settings.read('region', readRegion)) ?? defaultRegion
  const credentials = (await settings.read('credentials', readCredentialsKind)) ?? defaultKind
  const given = { region, output: (await settings.read('output', readOutput)) ?? output }

  const { role } = request
  if (credentials === 'token-file') reportTokenFile(profile, kind, request, report)
  if (role && region) reportPartition(profile, role, region, report)
  if (!role || !source) return undefined
  return {
    ...request,
    ...withoutUndefined(given),
    role,
    profile: profile.profile,
    source: source.kind === 'token' ? { ...source, ...withoutUndefined({ audience }) } : source,
    credentials,
  }
}

/** The settings of a profile; why one can't be read is reported. */
function reportingSettings({ settings }: ProfileSettings, report: Report) {
  return {
    has: (key: ProfileKey) => settings.has(key),
    isVariable: (key: ProfileKey) => settings.get(key)?.value !== settings.get(key)?.written,
    read: async <Value>(key: ProfileKey, reader: (text: string) => Value | Promise<Value>) => {
      const setting = settings.get(key)
      if (setting?.value === undefined) return undefined
      try {
        return await reader(setting.value)
      } catch (error) {
        if (!(error instanceof OidcError)) throw error
        report(setting.line, problemText(error))
        return undefined
      }
    },
  } satisfies Omit<RequestSettings, 'note'>
}

/** Chained roles get an hour of it at most, as AWS gives no more. */
function defaultDuration(
  { durationSeconds }: Pick<RoleRequest, 'durationSeconds'>,
  kind: 'first' | 'chained',
): number {
  return kind === 'chained' ? Math.min(durationSeconds, MAXIMUM_CHAINED_DURATION) : durationSeconds
}

function readRegion(text: string): string {
  assertRegion(text)
  return text
}

const readOutput = (text: string) => readChoice('output', text, OPTIONS.output.choices)

const readCredentialsKind = (text: string) =>
  readChoice('credentials', text, OPTIONS.credentials.choices)

function readChoice<const Choice extends string>(
  key: ProfileKey,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === text)
  if (choice !== undefined) return choice
  throw new OidcError('invalid-profiles-file', {
    what: `${key} is not valid.`,
    next: `It must be one of: ${choices.join(', ')}.`,
  })
}

/** With `token-file` the SDKs exchange the token themselves, by what the config file can say. */
function reportTokenFile(
  { settings, line }: ProfileSettings,
  kind: 'first' | 'chained',
  request: Omit<RoleRequest, 'role'>,
  report: Report,
): void {
  const at = settings.get('credentials')?.line ?? line
  if (kind === 'chained') {
    const what = 'but this role is assumed with the credentials of another profile'
    report(at, `with token-file the SDKs exchange the token, ${what}. ${INSTEAD}`)
    return
  }
  const lost = lostWithTokenFile(request)
  if (lost.length === 0) return
  const what = `and they would do so without the ${lost.join(' and ')}`
  report(at, `with token-file the SDKs exchange the token, ${what}. ${INSTEAD}`)
}

const INSTEAD = 'Use credentials = static or refresh here.'

/** A region that the role's credentials are no good for. */
function reportPartition(
  { settings, line }: ProfileSettings,
  role: RoleArn,
  region: string,
  report: Report,
): void {
  try {
    stsRegion(region, {}, role)
  } catch (error) {
    if (!(error instanceof OidcError)) throw error
    const at = (settings.get('region') ?? settings.get('role_arn'))?.line ?? line
    const what = `the region ${region} is in another partition than the role, "${role.partition}".`
    report(at, `${what} Credentials never cross partitions: give a region in the role's.`)
  }
}

/** Parameters of AssumeRole that AssumeRoleWithWebIdentity doesn't have (STS API Reference). */
const CHAINED_ONLY = {
  external_id: 'external id',
  session_tags: 'session tags; they would come with the token itself',
  transitive_tag_keys: 'transitive tag keys; they would come with the token itself',
  source_identity: 'source identity; it would come with the token itself',
} as const satisfies Partial<Record<ProfileKey, string>>

/** Reports the missing role, other kinds of credentials, and keys that AWS doesn't take on this hop. */
function reportMisplaced(profile: ProfileSettings, report: Report): void {
  const { settings, otherCredentials, line } = profile
  if (!settings.has('role_arn')) {
    report(line, missingRole(profile))
  } else {
    for (const { line, problem } of otherCredentials) report(line, problem)
  }
  if (settings.has('source_profile')) {
    const audience = settings.get('audience')
    if (audience) report(audience.line, AUDIENCE)
    return
  }
  for (const [key, what] of Object.entries(CHAINED_ONLY)) {
    const setting = settings.get(key as keyof typeof CHAINED_ONLY)
    if (!setting) continue
    const why = `${key} needs a source_profile: an exchange of the web identity token takes no ${what}.`
    report(setting.line, `${why} Remove it, or name the source_profile.`)
  }
}

const AUDIENCE =
  'audience chooses the token to exchange, but a profile with source_profile exchanges none. Remove it, or set it in the profile at the start of the chain.'

function missingRole({ otherCredentials: [other] }: ProfileSettings): string {
  return other
    ? `role_arn is missing, and ${other.key} is for other credentials. Keep this profile in the shared files and out of this one; profiles here can name it as source_profile.`
    : 'role_arn is missing. Add role_arn = arn:aws:iam::ACCOUNT:role/NAME, or remove the section.'
}
