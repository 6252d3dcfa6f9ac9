import { readWorld } from '../../../src/sandbox/index.ts'
import type { Row } from './request-row.ts'
import type { Source } from './request-sources.ts'

const { issuer, organization } = readWorld({})
const KEYS = issuer.replace('https://', '')
const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${KEYS}`
const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'

/** A key, a condition on it that holds, and one that does not. */
type Case = readonly [key: string, holds: Block, fails?: Block, change?: Row['change']]
/** An operator and the value to compare with. */
type Block = readonly [operator: string, value: string | readonly string[]]

const REQUEST: readonly Case[] = [
  ['aws:CurrentTime', ['DateGreaterThan', '2020-01-01T00:00:00Z'], ['DateLessThan', '2020-01-01']],
  ['aws:EpochTime', ['NumericGreaterThan', '1577836800'], ['DateLessThan', '1577836800']],
  ['aws:EpochTime', ['NumericLessThan', '4102444800']],
  ['aws:UserAgent', ['StringLike', '*'], ['StringEquals', 'no such program']],
  ['aws:Referer', ['Null', 'true'], ['StringEquals', 'https://example.com/']],
  ['aws:ViaAWSService', ['Bool', 'false'], ['Bool', 'true']],
]

const SESSION: readonly Case[] = [
  ['aws:RequestedRegion', ['StringEquals', 'eu-central-1'], ['StringEquals', 'us-east-1']],
  ['aws:ResourceAccount', ['StringEquals', '222222222222'], ['StringEquals', '111111111111']],
  ['aws:userid', ['StringLike', 'AROA*:job-42'], ['StringLike', 'AIDA*']],
  ['aws:PrincipalType', ['StringEquals', 'AssumedRole'], ['StringEquals', 'User']],
  ['aws:PrincipalArn', ['ArnEquals', ROLE], ['ArnLike', 'arn:aws:iam::*:role/other']],
  ['aws:PrincipalAccount', ['StringEquals', '111111111111'], ['StringEquals', '222222222222']],
  ['aws:FederatedProvider', ['StringEquals', PROVIDER], ['StringEquals', 'other']],
  ['aws:TokenIssueTime', ['DateGreaterThan', '2020-01-01'], ['DateLessThan', '2020-01-01']],
  ['aws:MultiFactorAuthPresent', ['Bool', 'false'], ['Bool', 'true']],
  ['aws:PrincipalIsAWSService', ['Bool', 'false'], ['Bool', 'true']],
]

/** Of calls by services, of IAM users and of devices for multi-factor authentication: a job has none of them. */
const NONE: readonly Case[] = [
  ...['aws:CalledVia', 'aws:CalledViaFirst', 'aws:CalledViaLast', 'aws:PrincipalServiceName'],
  ...['aws:PrincipalServiceNamesList', 'aws:SourceArn', 'aws:SourceAccount', 'aws:username'],
  'aws:MultiFactorAuthAge',
].map((key) => [key, ['Null', 'true']])

const STS: readonly Case[] = [
  ['sts:RoleSessionName', ['StringEquals', 'job-42'], ['StringLike', 'release-*']],
  ['sts:ExternalId', ['StringEquals', 'acme'], ['StringEquals', 'ACME'], { ExternalId: 'acme' }],
  ['sts:ExternalId', ['Null', 'true'], ['StringEquals', 'acme']],
  ['sts:SourceIdentity', ['StringLike', 'a*'], ['StringLike', 'b*'], { SourceIdentity: 'ann' }],
  [
    'aws:RequestTag/team',
    ['StringEquals', 'web'],
    ['StringEquals', 'api'],
    { Tags: [{ Key: 'team', Value: 'web' }] },
  ],
  [
    'aws:TagKeys',
    ['ForAllValues:StringEquals', ['team', 'app']],
    ['ForAllValues:StringEquals', ['app']],
    { Tags: [{ Key: 'team', Value: 'web' }] },
  ],
  [
    'sts:TransitiveTagKeys',
    ['ForAnyValue:StringEquals', ['team']],
    ['ForAnyValue:StringEquals', ['app']],
    { Tags: [{ Key: 'team', Value: 'web' }], TransitiveTagKeys: ['team'] },
  ],
  ['aws:PrincipalTag/team', ['Null', 'true'], ['StringEquals', 'web']],
]

const TOKEN: readonly Case[] = [
  [`${KEYS}:aud`, ['StringEquals', organization], ['StringEquals', 'sts.amazonaws.com']],
  [`${KEYS}:sub`, ['StringLike', `org/${organization}/*`], ['StringLike', 'org/other/*']],
  ['aws:RequestedRegion', ['StringEquals', 'us-east-1'], ['StringEquals', 'eu-central-1']],
  ['aws:ResourceAccount', ['StringEquals', '111111111111'], ['StringEquals', '222222222222']],
  ['aws:FederatedProvider', ['StringEquals', PROVIDER], ['StringEquals', 'other']],
  ['sts:RoleSessionName', ['StringEquals', 'job-42'], ['StringLike', 'release-*']],
  ['aws:userid', ['Null', 'true'], ['StringLike', 'AROA*']],
  ['aws:PrincipalType', ['Null', 'true'], ['StringEquals', 'AssumedRole']],
  ['aws:TokenIssueTime', ['Null', 'true'], ['DateGreaterThan', '2020-01-01']],
  ['aws:MultiFactorAuthPresent', ['Null', 'true'], ['Bool', 'false']],
]

/** Keys whose values only AWS knows. */
const UNKNOWN: readonly Case[] = [
  ['aws:SourceIp', ['IpAddress', '0.0.0.0/0']],
  ['aws:SourceVpc', ['StringLike', '*']],
  ['aws:PrincipalOrgID', ['StringLike', 'o-*']],
  ['aws:ResourceOrgID', ['StringLike', 'o-*']],
]

/** The keys that are evaluated, as the docs write them: a tag's stands for all. */
export function evaluatedKeys(): string[] {
  const keys = [...REQUEST, ...SESSION, ...NONE, ...STS, ...TOKEN].map(([key]) => key)
  return [...new Set([...keys, 'aws:SecureTransport'])].map((key) =>
    key.replace('/team', '/KEY').replace(KEYS, 'ISSUER'),
  )
}

function rows(operation: string, source: Source, cases: readonly Case[]): Row[] {
  return cases.flatMap(([key, holds, fails, change = {}]) => {
    const row = ([operator, value]: Block, code: string | undefined): Row => ({
      ...{ operation, source, change, code },
      condition: { [operator]: { [key]: value } },
    })
    return [row(holds, undefined), ...(fails ? [row(fails, 'AccessDenied')] : [])]
  })
}

/** The line of docs/sandbox-aws.md on them. */
export const UNKNOWN_KEYS = 'Keys whose values only AWS knows'

const CANNOT = { line: UNKNOWN_KEYS, aws: 'success' }
const PLAIN = { line: 'Plain HTTP', aws: 'AccessDenied' }

/** One role each, with that condition in its trust policy. */
export const CONDITIONS: readonly Row[] = [
  ...rows('AssumeRole', 'condition keys', [...REQUEST, ...SESSION, ...NONE]),
  ...rows('AssumeRole', 'condition keys of STS', STS),
  ...rows('AssumeRoleWithWebIdentity', 'condition keys', [...REQUEST, ...TOKEN, ...NONE]),
  ...rows('AssumeRole', 'condition keys', [['aws:SecureTransport', ['Bool', 'true']]]).map(
    (row) => ({ ...row, deviation: PLAIN }),
  ),
  ...rows('AssumeRoleWithWebIdentity', 'condition keys', UNKNOWN).map((row) => ({
    ...row,
    code: 'AccessDenied',
    deviation: CANNOT,
  })),
]
