import { OidcError } from '../errors.ts'
import { issuerHostPath } from './context-keys.ts'
import type { TrustedParty, TrustedTokens } from './trusted-party.ts'
import { missing } from './usage.ts'

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
      /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/.test(arn) &&
        arn.startsWith(`arn:${partition}:`),
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
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
  const form = 'KEY=VALUE with letters, digits, blanks and _.:/=+-@, up to 128 and 256 characters'
  const valid =
    key !== '' &&
    key.length <= 128 &&
    value.length <= 256 &&
    allowed.test(key) &&
    allowed.test(value) &&
    !/^aws:/i.test(key)
  expect(valid, 'tags', `${key}=${value}`, form)
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
