import { OidcError } from '../../errors.ts'
import { partitionOfPolicy } from '../../role/arn.ts'
import { tagProblem } from '../../role/session-tags.ts'
import { issuerHostPath } from '../policy/context-keys.ts'
import { missing, PLAIN } from '../subjects/coordinate.ts'
import type { TrustedParty } from '../subjects/party.ts'
import type { TrustedTokens } from '../subjects/trusted-tokens.ts'

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
  /** ARN of the policy that limits what the role may ever do. */
  readonly permissionsBoundary: string | undefined
  /** Of the issuer's CA, for the provider; empty where a public CA vouches for it. */
  readonly thumbprints: readonly string[]
  readonly tags: ReadonlyMap<string, string>
  /** Seconds; without it AWS's default of 3600. */
  readonly maxSessionDuration: number | undefined
}

/** Throws `invalid-usage` for what IAM would refuse. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export function checkSetup(setup: RoleSetup): RoleSetup {
  const { accountId, partition, roleName, policyArns, permissionsBoundary, tags, thumbprints } =
    setup
  const maximum = setup.maxSessionDuration
  expect(
    /^aws(-[a-z]+)*$/.test(partition),
    'partition',
    partition,
    'a partition such as aws or aws-cn',
  )
  if (accountId !== undefined) checkAccountId(accountId)
  expect(
    /^[\w+=,.@-]{1,64}$/.test(roleName),
    'role-name',
    roleName,
    'a name of 1 to 64 letters, digits and _+=,.@-',
  )
  for (const arn of policyArns) checkPolicyArn('policy-arns', arn, partition)
  if (permissionsBoundary !== undefined) {
    checkPolicyArn('permissions-boundary', permissionsBoundary, partition)
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

export function checkAccountId(accountId: string): string {
  expect(/^\d{12}$/.test(accountId), 'account-id', accountId, 'a number of 12 digits')
  return accountId
}

function checkPolicyArn(option: string, arn: string, partition: string): void {
  expect(
    PLAIN.test(arn) && partitionOfPolicy(arn) === partition,
    option,
    arn,
    `a managed policy of the partition ${partition}, such as arn:${partition}:iam::aws:policy/ReadOnlyAccess`,
  )
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html */
function checkTag(key: string, value: string): void {
  const form = 'KEY=VALUE with letters, digits, spaces and _.:/=+-@, up to 128 and 256 characters'
  expect(tagProblem(key, value) === undefined, 'tags', `${key}=${value}`, form)
}

function expect(valid: boolean, option: string, value: string, form: string): void {
  if (valid) return
  throw new OidcError('invalid-usage', {
    what: `--${option} has ${JSON.stringify(value.slice(0, 200))}, but it must be ${form}.`,
    next: `Correct --${option}.`,
  })
}

/** IAM takes keys that differ only in case for the same: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
export function readTags(texts: readonly string[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  const keys = new Set<string>()
  for (const [key, value] of texts.map(readTag)) {
    if (keys.has(key.toLowerCase())) {
      throw new OidcError('invalid-usage', {
        what: `--tags has the key "${key}" twice; IAM ignores case in keys.`,
        next: 'Leave one of them out.',
      })
    }
    keys.add(key.toLowerCase())
    tags.set(key, value)
  }
  return tags
}

function readTag(text: string): [key: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new OidcError('invalid-usage', {
    what: `--tags has "${text}", which has no "=" between key and value.`,
    next: 'Give KEY=VALUE, several separated by commas. A value cannot contain a comma.',
  })
}

/** The ARN of the provider for these tokens, in the setup's account. */
export function providerArn(party: TrustedTokens, setup: RoleSetup): string {
  return `arn:${setup.partition}:iam::${accountOf(setup)}:oidc-provider/${issuerHostPath(party.issuer)}`
}

export function accountOf({ accountId }: RoleSetup): string {
  if (accountId !== undefined) return accountId
  throw missing('account-id', 'The ARN of the provider in the policy contains the account id.')
}
