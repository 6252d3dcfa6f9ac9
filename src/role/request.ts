import type { AssumeRoleRequest } from '@aws-sdk/client-sts'
import { OidcError } from '../errors.ts'
import { assertShape, isCount, isOptionalText, isText, isTexts } from '../files/shape.ts'
import { OPTIONS } from '../options.ts'
import { parseRoleArn, type RoleArn } from './arn.ts'
import { roleSessionName } from './session-name.ts'
import { checkPolicyArns, checkSessionPolicies, readSessionPolicy } from './session-policy.ts'
import { readSessionTags, readTransitiveTagKeys, type SessionTag } from './session-tags.ts'

/** What STS is asked for: a session of a role. */
export interface RoleRequest {
  readonly role: RoleArn
  readonly roleSessionName: string
  readonly durationSeconds: number
  /** Inline session policy, JSON. */
  readonly policy?: string
  readonly policyArns: readonly string[]
  readonly externalId?: string
  readonly sessionTags: readonly SessionTag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
}

/** Where the settings of a request stand: in options, or in a section of a profiles file. */
export interface RequestSettings {
  has(key: RequestKey): boolean
  /** What the reader makes of a setting; undefined where there is none, or its error was reported. */
  read<Value>(
    key: RequestKey,
    reader: (text: string, where?: string) => Value | Promise<Value>,
  ): Promise<Value | undefined>
  /** Whether the text of a setting comes from a variable. */
  isVariable(key: RequestKey): boolean
  note(text: string): void
}

/** Keys of a profiles file; an option of the same meaning has the same name, with dashes. */
export type RequestKey =
  | 'role_arn'
  | 'role_session_name'
  | 'duration_seconds'
  | 'policy'
  | 'policy_arns'
  | 'external_id'
  | 'session_tags'
  | 'transitive_tag_keys'
  | 'source_identity'

/**
 * The parts of a request that are set, with everything checked that can be before the network is asked.
 * A role is `chained` where it is assumed with the credentials of another one. `defaults` stand for what is not set.
 */
export async function readRequest(
  { has, read, isVariable, note }: RequestSettings,
  kind: 'first' | 'chained',
  defaults: Pick<Partial<RoleRequest>, 'policy' | 'policyArns'> = {},
): Promise<Partial<RoleRequest>> {
  const sessionTags = await read('session_tags', readSessionTags)
  const readTagKeys = (text: string) => readTransitiveTagKeys(text, sessionTags ?? [])
  const areTagsKnown = sessionTags !== undefined || !has('session_tags')
  const role = await read('role_arn', parseRoleArn)
  const policy = await read('policy', readSessionPolicy)
  const policyArns = await read('policy_arns', readPolicyArns)
  const inForce = {
    policy: has('policy') ? policy : defaults.policy,
    policyArns: (has('policy_arns') ? policyArns : defaults.policyArns) ?? [],
  }
  await read(policyArns ? 'policy_arns' : policy ? 'policy' : 'role_arn', () => {
    if (role) checkSessionPolicies(role, inForce.policy, inForce.policyArns)
  })
  const parts = {
    role,
    roleSessionName: await read('role_session_name', (text) =>
      roleSessionName({ text, isVariable: isVariable('role_session_name') }, {}, note),
    ),
    durationSeconds: await read('duration_seconds', (text) => readDuration(text, kind)),
    policy,
    policyArns,
    externalId: await read('external_id', readExternalId),
    sessionTags,
    transitiveTagKeys: areTagsKnown ? await read('transitive_tag_keys', readTagKeys) : undefined,
    sourceIdentity: await read('source_identity', readSourceIdentity),
  } satisfies Record<keyof RoleRequest, unknown>
  return withoutUndefined(parts)
}

/** The parameters of both AssumeRole operations. What is undefined is not sent: with a token, the last four never are. */
export function stsInput(request: RoleRequest): AssumeRoleRequest {
  const { policyArns, sessionTags, transitiveTagKeys } = request
  return {
    RoleArn: request.role.arn,
    RoleSessionName: request.roleSessionName,
    DurationSeconds: request.durationSeconds,
    Policy: request.policy,
    PolicyArns: unlessEmpty(policyArns.map((arn) => ({ arn }))),
    ExternalId: request.externalId,
    SourceIdentity: request.sourceIdentity,
    Tags: unlessEmpty(sessionTags.map(({ key, value }) => ({ Key: key, Value: value }))),
    TransitiveTagKeys: unlessEmpty([...transitiveTagKeys]),
  }
}

/**
 * What AWS SDKs leave out when they exchange a token file by themselves: a profile tells them the role and the
 * session name.
 */
export function lostWithTokenFile({
  durationSeconds,
  policy,
  policyArns,
}: Omit<RoleRequest, 'role'>): string[] {
  return [
    ...(durationSeconds === OPTIONS['duration-seconds'].default ? [] : ['duration']),
    ...(policy === undefined && policyArns.length === 0 ? [] : ['session policy']),
  ]
}

/** Throws a `TypeError` that names the first part that is missing or of another type; `at` is its path. */
export function assertRequest(value: unknown, at: string): asserts value is RoleRequest {
  const shape = {
    'role.arn': isText,
    'role.accountId': isText,
    'role.partition': isText,
    'role.name': isText,
    roleSessionName: isText,
    durationSeconds: isCount,
    policy: isOptionalText,
    policyArns: isTexts,
    externalId: isOptionalText,
    sessionTags: Array.isArray,
    transitiveTagKeys: isTexts,
    sourceIdentity: isOptionalText,
  } satisfies Record<RequestPath, unknown>
  assertShape(value, shape, at)
}

type RequestPath = Exclude<keyof RoleRequest, 'role'> | `role.${Exclude<keyof RoleArn, 'path'>}`

/** IAM User Guide, "Role chaining": whatever the maximum of the role is. */
export const MAXIMUM_CHAINED_DURATION = 3600

function readDuration(text: string, kind: 'first' | 'chained'): number {
  const { minimum, maximum: longest } = OPTIONS['duration-seconds']
  const maximum = kind === 'chained' ? MAXIMUM_CHAINED_DURATION : longest
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  const limits = `It must be a whole number of seconds from ${minimum} to ${maximum}.`
  const why =
    kind === 'chained' && value > maximum
      ? 'AWS limits a role that is assumed with the credentials of another role to one hour.'
      : undefined
  // Of other text nothing is shown: it may be a secret in the wrong place.
  const shown = Number.isNaN(value) ? 'duration_seconds' : `duration_seconds = ${value}`
  throw invalid(`${shown} is not valid.`, limits, why)
}

function readPolicyArns(text: string): string[] {
  const arns = text.split(/[\s,]+/).filter((arn) => arn !== '')
  checkPolicyArns(arns)
  return arns
}

// STS API Reference, AssumeRole: ExternalId, SourceIdentity. The values stay out of the messages.
function readExternalId(text: string): string {
  if (isExternalId(text)) return text
  throw invalid('external_id is not valid.', 'AWS accepts 2 to 1224 letters, digits and _+=,.@:/-')
}

export function isExternalId(text: string): boolean {
  return /^[\w+=,.@:/-]{2,1224}$/.test(text)
}

function readSourceIdentity(text: string): string {
  if (/^[\w+=,.@-]{2,64}$/.test(text)) return text
  throw invalid('source_identity is not valid.', 'AWS accepts 2 to 64 letters, digits and _+=,.@-')
}

function invalid(what: string, next: string, why?: string): OidcError {
  return new OidcError('invalid-profiles-file', {
    what,
    next,
    ...(why === undefined ? {} : { why }),
  })
}

function unlessEmpty<Item>(list: Item[]): Item[] | undefined {
  return list.length > 0 ? list : undefined
}

type Given<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> }

export function withoutUndefined<Values extends object>(values: Values): Given<Values> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Given<Values>
}

/** Refuses an account that is not in the list; an empty list allows every account. */
export function checkAccount(
  accountId: string,
  allowed: readonly string[],
  whose: string,
  setting = '--allowed-account-ids',
): void {
  for (const id of allowed) {
    if (!/^\d{12}$/.test(id)) {
      throw new OidcError('invalid-usage', {
        what: `"${id}" in the allowed account ids is not an account id.`,
        next: 'Account ids have 12 digits; in YAML, quote them.',
      })
    }
  }
  if (allowed.length === 0 || allowed.includes(accountId)) return
  throw new OidcError('account-not-allowed', {
    what: `Account ${accountId} is not allowed here.`,
    why: `${whose} belongs to it; ${setting} allows only ${allowed.join(', ')}.`,
    next: `Correct the role ARN, or add the account to ${setting}.`,
  })
}

/** The variables of static keys. botocore also reads the old name of the session token, and reads it first. */
export const STATIC_KEY_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
] as const

/** Credentials of whatever kind. All but the access key id are secrets. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** When they end, where that is known. */
  readonly expiration?: Date | undefined
}

/** What an exchange gives: credentials that say when they end. */
export interface SessionCredentials extends Credentials {
  readonly sessionToken: string
  readonly expiration: Date
}
