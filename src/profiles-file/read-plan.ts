import { OidcError } from '../errors.ts'
import { assertRegion } from '../region.ts'
import type { RoleSource } from '../roles/role-plan.ts'
import { parseRoleArn } from '../sts/arn.ts'
import { roleSessionName } from '../sts/role-session-name.ts'
import { checkPolicyArns, readSessionPolicy } from '../sts/session-policy.ts'
import { reportPartition, reportTokenFile } from './contradictions.ts'
import { reportMisplaced } from './misplaced-keys.ts'
import { problemText, type Report } from './problem.ts'
import type { ProfileKey } from './profile-keys.ts'
import type { ProfileDefaults, ProfilePlan } from './profile-plan.ts'
import type { ProfileSettings } from './profile-settings.ts'
import { readSessionTags, readTransitiveTagKeys } from './session-tags.ts'
import {
  MAXIMUM_CHAINED_DURATION,
  readCredentialsKind,
  readDuration,
  readExternalId,
  readOutput,
  readSourceIdentity,
} from './setting-values.ts'

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
