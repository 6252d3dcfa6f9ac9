import { OidcError } from '../errors.ts'
import { expandVariables, unsetVariable } from '../option-values.ts'
import { type Environment, OPTIONS, type OptionValues } from '../options.ts'
import { parseRoleArn, type RoleArn } from './arn.ts'
import { roleSessionName } from './session-name.ts'
import { checkPolicyArns, readSessionPolicy } from './session-policy.ts'
import type { SessionTag } from './session-tags.ts'

/** Refuses an account that is not in the list; an empty list allows every account. */
export function checkAccount(accountId: string, allowed: readonly string[], whose: string): void {
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
    what: `${whose} belongs to the account ${accountId}, but only ${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'} allowed.`,
    next: 'Correct the role ARN, or add the account to --allowed-account-ids.',
  })
}

type RequestOptions = OptionValues<
  | 'role-arn'
  | 'allowed-account-ids'
  | 'role-session-name'
  | 'duration-seconds'
  | 'policy'
  | 'policy-arns'
>

/** The request for STS, with everything checked that can be before the network is asked. */
export async function readRequest(
  options: RequestOptions,
  env: Environment,
): Promise<AssumeRoleRequest> {
  const role = parseRoleArn(readRoleArn(options['role-arn'], env))
  checkAccount(role.accountId, options['allowed-account-ids'], `The role ${role.arn}`)
  checkPolicyArns(options['policy-arns'])
  const policy = options.policy === undefined ? undefined : await readSessionPolicy(options.policy)
  return {
    role,
    roleSessionName: roleSessionName(options['role-session-name'], env),
    durationSeconds: options['duration-seconds'],
    ...(policy === undefined ? {} : { policy }),
    policyArns: options['policy-arns'],
  }
}

/** A role ARN may stand in a variable: `NAME`, `$NAME` or `${NAME}` is as good as the ARN itself. */
function readRoleArn(given: string | undefined, env: Environment): string {
  if (given === undefined) {
    throw new OidcError('invalid-usage', {
      what: 'The role ARN is missing.',
      next: 'Pass --role-arn (in the orb: role-arn or profiles), or set AWS_OIDC_ROLE_ARN.',
    })
  }
  if (!/^[A-Za-z_]\w*$/.test(given)) return expandVariables(given, env, '--role-arn')
  const value = env[given]
  if (value) return value
  throw unsetVariable(given, '--role-arn')
}

const MINIMUM_DURATION = 900
const MAXIMUM_DURATION = 43_200
/** IAM User Guide, "Role chaining": whatever the maximum of the role is. */
export const MAXIMUM_CHAINED_DURATION = 3600

export function readDuration(text: string, isChained: boolean): number {
  const maximum = isChained ? MAXIMUM_CHAINED_DURATION : MAXIMUM_DURATION
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= MINIMUM_DURATION && value <= maximum) return value
  const limits = `It must be a whole number of seconds from ${MINIMUM_DURATION} to ${maximum}.`
  const why =
    isChained && value > maximum
      ? 'AWS gives a role that is assumed with the credentials of another one an hour at most.'
      : undefined
  throw invalid('duration_seconds is not valid.', limits, why)
}

// STS API Reference, AssumeRole: ExternalId, SourceIdentity. The values stay out of the messages.
export function readExternalId(text: string): string {
  if (isExternalId(text)) return text
  throw invalid(
    'external_id is not valid.',
    'AWS takes 2 to 1224 letters, digits and _+=,.@:/- there.',
  )
}

export function isExternalId(text: string): boolean {
  return /^[\w+=,.@:/-]{2,1224}$/.test(text)
}

export function readSourceIdentity(text: string): string {
  if (/^[\w+=,.@-]{2,64}$/.test(text)) return text
  throw invalid(
    'source_identity is not valid.',
    'AWS takes 2 to 64 letters, digits and _+=,.@- there.',
  )
}

export const readOutput = (text: string) => readChoice('output', text, OPTIONS.output.choices)

export const readCredentialsKind = (text: string) =>
  readChoice('credentials', text, OPTIONS.credentials.choices)

function readChoice<const Choice extends string>(
  key: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === text)
  if (choice !== undefined) return choice
  throw invalid(`${key} is not valid.`, `It must be one of: ${choices.join(', ')}.`)
}

function invalid(what: string, next: string, why?: string): OidcError {
  return new OidcError('invalid-profiles-file', {
    what,
    next,
    ...(why === undefined ? {} : { why }),
  })
}

/** The variables of static keys. botocore also reads the old name of the session token, and reads it first. */
export const STATIC_KEY_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
] as const

/** Short-lived credentials. All but the access key id and the expiration are secrets. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What an exchange gives: credentials that say when they end. */
export interface SessionCredentials extends Credentials {
  readonly sessionToken: string
  readonly expiration: Date
}

/** A role asked for with the credentials of another one. */
export interface ChainedRoleRequest extends AssumeRoleRequest {
  readonly externalId?: string
  readonly sessionTags: readonly SessionTag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
}

export interface AssumeRoleRequest {
  readonly role: RoleArn
  readonly roleSessionName: string
  readonly durationSeconds: number
  /** Inline session policy, JSON. */
  readonly policy?: string
  readonly policyArns: readonly string[]
}
