import { OidcError } from '../../errors.ts'
import { isRoleArn, partitionOfPolicy } from '../../role/arn.ts'
import { isExternalId } from '../../role/request.ts'
import { tagProblem } from '../../role/session-tags.ts'
import { issuerHostPath } from '../policy/context-keys.ts'
import { missing } from './coordinate.ts'

/** Bearers of an issuer's tokens with this audience and one of these subjects. */
export interface TrustedTokens {
  readonly kind: 'tokens'
  /** The name of the CI in a default role name: `circleci`. */
  readonly ci: 'circleci' | 'gitlab' | 'github' | 'ci'
  /** The `iss` of the tokens, exactly. */
  readonly issuer: string
  readonly audience: string
  /** Values for `sub` as a policy writes them: with wildcards, literals escaped. */
  readonly subjects: readonly string[]
  /** What the reader must know before using the policy. */
  readonly warnings: readonly string[]
}

/** Sessions of another role, which assumes this one (role chaining). */
export interface TrustedRole {
  readonly kind: 'role'
  readonly roleArn: string
  readonly externalId: string | undefined
}

export type TrustedParty = TrustedTokens | TrustedRole

/** What is to exist on the AWS side: a role, who may assume it, and what it may do. */
export interface RoleSetup {
  readonly party: TrustedParty
  readonly accountId: string | undefined
  /** `aws`, `aws-cn`, `aws-us-gov`… */
  readonly partition: string
  readonly roleName: string
  readonly policyArns: readonly string[]
  /** A policy document that is put into the role. */
  readonly permissionPolicy: object | undefined
  /** Of the issuer's CA, for the provider; empty where a public CA vouches for it. */
  readonly thumbprints: readonly string[]
  readonly tags: ReadonlyMap<string, string>
  /** Seconds; without it AWS's default of 3600. */
  readonly maxSessionDuration: number | undefined
}

// IAM takes more in a path, such as "*", which would be a wildcard in a policy and more in a script.
const PLAIN = /^[\w+=,.@:/-]+$/

/** Throws `invalid-usage` for what IAM would refuse. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export function checkSetup(setup: RoleSetup): RoleSetup {
  const { accountId, partition, roleName, policyArns, tags, thumbprints } = setup
  const maximum = setup.maxSessionDuration
  expect(/^aws(-[a-z]+)*$/.test(partition), 'partition', partition, 'such as aws or aws-cn')
  if (accountId !== undefined) {
    expect(/^\d{12}$/.test(accountId), 'account-id', accountId, 'of 12 digits')
  }
  expect(
    /^[\w+=,.@-]{1,64}$/.test(roleName),
    'role-name',
    roleName,
    'of 1 to 64 letters, digits and _+=,.@-',
  )
  for (const arn of policyArns) {
    expect(
      PLAIN.test(arn) && partitionOfPolicy(arn) === partition,
      'policy-arns',
      arn,
      `a managed policy of the partition ${partition}, such as arn:${partition}:iam::aws:policy/ReadOnlyAccess`,
    )
  }
  if (maximum !== undefined) {
    const valid = maximum >= 3600 && maximum <= 43_200
    expect(valid, 'max-session-duration', `${maximum}`, 'a number of seconds from 3600 to 43200')
  }
  // CreateOpenIDConnectProvider: at most five, of 40 hexadecimal digits.
  for (const one of thumbprints) {
    expect(/^[0-9a-f]{40}$/i.test(one), 'thumbprints', one, 'a SHA-1 of 40 hexadecimal digits')
  }
  expect(thumbprints.length <= 5, 'thumbprints', thumbprints.join(), 'at most 5 thumbprints')
  expect(tags.size <= 50, 'tags', `${tags.size} tags`, 'at most 50 tags')
  for (const [key, value] of tags) checkTag(key, value)
  return setup
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html */
function checkTag(key: string, value: string): void {
  const form = 'KEY=VALUE with letters, digits, blanks and _.:/=+-@, up to 128 and 256 characters'
  expect(tagProblem(key, value) === undefined, 'tags', `${key}=${value}`, form)
}

function expect(valid: boolean, option: string, value: string, form: string): void {
  if (valid) return
  throw new OidcError('invalid-usage', {
    what: `--${option} holds ${JSON.stringify(value.slice(0, 200))}, but it must be ${form}.`,
    next: `Correct --${option}.`,
  })
}

/** The ARN of the provider for these tokens, in the setup's account. */
export function providerArn(party: TrustedTokens, setup: RoleSetup): string {
  return `arn:${setup.partition}:iam::${accountOf(setup)}:oidc-provider/${issuerHostPath(party.issuer)}`
}

export function accountOf({ accountId }: RoleSetup): string {
  if (accountId !== undefined) return accountId
  throw missing('account-id', 'The policy names the provider by the account that holds it.')
}

/** The party of a chained role: another role, by its ARN, perhaps with an external id. */
export function trustedRole(roleArn: string, externalId: string | undefined): TrustedRole {
  if (!PLAIN.test(roleArn) || !isRoleArn(roleArn)) {
    throw new OidcError('invalid-role-arn', {
      what: `--trusts-role is ${JSON.stringify(roleArn.slice(0, 120))}, which is not the ARN of a role.`,
      next: 'Give the ARN as the IAM console shows it: arn:aws:iam::123456789012:role/NAME.',
    })
  }
  if (externalId !== undefined && !isExternalId(externalId)) {
    throw new OidcError('invalid-usage', {
      what: '--external-id must be 2 to 1224 letters, digits and _+=,.@:/-',
      next: 'Give the external id that the other side uses.',
    })
  }
  return { kind: 'role', roleArn, externalId }
}
