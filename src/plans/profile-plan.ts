import { OidcError } from '../errors.ts'
import type { OptionValue } from '../options.ts'
import { parseRoleArn, type RoleArn } from '../role/arn.ts'
import { assertRegion, stsRegion } from '../role/region.ts'
import type { ChainedRoleRequest } from '../role/request.ts'
import {
  MAXIMUM_CHAINED_DURATION,
  readCredentialsKind,
  readDuration,
  readExternalId,
  readOutput,
  readSourceIdentity,
} from '../role/request.ts'
import { roleSessionName } from '../role/session-name.ts'
import { checkPolicyArns, readSessionPolicy } from '../role/session-policy.ts'
import { readSessionTags, readTransitiveTagKeys } from '../role/session-tags.ts'
import type { RoleSource } from '../sts/assume-roles.ts'
import type { ProfileKey } from './keys.ts'
import { problemText, type Report } from './problem.ts'
import type { ProfileSettings } from './settings.ts'

/** With `token-file` the SDKs exchange the token themselves, by what the config file can say. */
export function reportTokenFile(
  { settings, line }: ProfileSettings,
  isChained: boolean,
  isLimited: boolean,
  report: Report,
): void {
  const at = settings.get('credentials')?.line ?? line
  if (isChained) {
    const what = 'but this role is assumed with the credentials of another profile'
    report(at, `token-file has the SDKs exchange the token, ${what}. ${INSTEAD}`)
  } else if (isLimited) {
    const what = 'and they would do so without the session policy'
    report(at, `token-file has the SDKs exchange the token, ${what}. ${INSTEAD}`)
  }
}

const INSTEAD = 'Use credentials = static or refresh here.'

/** A region that the role's credentials are no good for. */
export function reportPartition(
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
    report(at, `${what} Credentials never cross partitions: give a region of the role's.`)
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
export function reportMisplaced(profile: ProfileSettings, report: Report): void {
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
  'audience says which token to exchange, but with source_profile none is. Remove it, or set it in the profile at the start of the chain.'

function missingRole({ otherCredentials: [other] }: ProfileSettings): string {
  return other
    ? `role_arn is missing, and ${other.key} stands for credentials of another kind. Keep this profile in the shared files and out of this one; profiles here may name it as source_profile.`
    : 'role_arn is missing. Add role_arn = arn:aws:iam::ACCOUNT:role/NAME, or remove the section.'
}

/** One role to assume and the profile to write, with everything checked that needs no network. */
export interface ProfilePlan extends ChainedRoleRequest {
  readonly profile: string
  /** Line of the section's header, from 1. */
  readonly line: number
  readonly source: RoleSource
  readonly region?: string
  readonly output?: NonNullable<OptionValue<'output'>>
  readonly credentials: OptionValue<'credentials'>
}

/** What a profile gets that doesn't say otherwise: the command's own options, checked by the caller. */
export interface ProfileDefaults {
  readonly roleSessionName: string
  /** Chained profiles get an hour of it at most, as AWS gives no more. */
  readonly durationSeconds: number
  readonly policy?: string | undefined
  readonly policyArns: readonly string[]
  readonly region?: string | undefined
  readonly output?: OptionValue<'output'>
  readonly credentials: OptionValue<'credentials'>
}

/**
 * What a profile's settings ask for, with the defaults where they say nothing. What AWS would refuse is
 * reported, and the plan then good for nothing. A policy given as file://PATH is read.
 */
export async function readPlan(
  profile: ProfileSettings,
  source: RoleSource | undefined,
  defaults: ProfileDefaults,
  report: Report,
): Promise<ProfilePlan | undefined> {
  reportMisplaced(profile, report)
  const read = settingReader(profile, report)
  const isChained = profile.settings.has('source_profile')

  const role = await read('role_arn', parseRoleArn)
  const audience = await read('audience', (text) => text)
  const name = await read('role_session_name', (text) => roleSessionName(text, {}))
  const duration = await read('duration_seconds', (text) => readDuration(text, isChained))
  const policy = (await read('policy', readSessionPolicy)) ?? defaults.policy
  const policyArns = (await read('policy_arns', readPolicyArns)) ?? defaults.policyArns
  const sessionTags = await read('session_tags', readSessionTags)
  const transitiveTagKeys =
    sessionTags || !profile.settings.has('session_tags')
      ? await read('transitive_tag_keys', (text) => readTransitiveTagKeys(text, sessionTags ?? []))
      : undefined
  const externalId = await read('external_id', readExternalId)
  const sourceIdentity = await read('source_identity', readSourceIdentity)
  const region = (await read('region', readRegion)) ?? defaults.region
  const output = (await read('output', readOutput)) ?? defaults.output
  const credentials = (await read('credentials', readCredentialsKind)) ?? defaults.credentials

  const limits = policy !== undefined || policyArns.length > 0
  if (credentials === 'token-file') reportTokenFile(profile, isChained, limits, report)
  if (role && region) reportPartition(profile, role, region, report)
  if (!role || !source) return undefined
  return {
    profile: profile.profile,
    line: profile.line,
    role,
    source: source.kind === 'token' ? { ...source, ...given({ audience }) } : source,
    roleSessionName: name ?? defaults.roleSessionName,
    durationSeconds: duration ?? defaultDuration(defaults, isChained),
    policyArns,
    sessionTags: sessionTags ?? [],
    transitiveTagKeys: transitiveTagKeys ?? [],
    credentials,
    ...given({ policy, externalId, sourceIdentity, region, output }),
  }
}

/** Reads one setting of a profile; reports why it can't be read. Undefined then, and where there is none. */
function settingReader({ settings }: ProfileSettings, report: Report) {
  return async <Value>(key: ProfileKey, read: (text: string) => Value | Promise<Value>) => {
    const setting = settings.get(key)
    if (setting?.value === undefined) return undefined
    try {
      return await read(setting.value)
    } catch (error) {
      if (!(error instanceof OidcError)) throw error
      report(setting.line, problemText(error))
      return undefined
    }
  }
}

function readPolicyArns(text: string): string[] {
  const arns = text.split(/[\s,]+/).filter((arn) => arn !== '')
  checkPolicyArns(arns)
  return arns
}

function readRegion(text: string): string {
  assertRegion(text)
  return text
}

function defaultDuration({ durationSeconds }: ProfileDefaults, isChained: boolean): number {
  return isChained ? Math.min(durationSeconds, MAXIMUM_CHAINED_DURATION) : durationSeconds
}

type Given<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> }

/** Without the members that are undefined. */
function given<Values extends object>(values: Values): Given<Values> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Given<Values>
}
