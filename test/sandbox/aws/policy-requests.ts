import type { Row } from './request-row.ts'
import type { Source } from './request-sources.ts'

type Case = readonly [change: Readonly<Record<string, unknown>>, code?: string]

const policy = (statement: object, rest: object = {}) => ({
  Policy: JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement },
    ...rest,
  }),
})
const arns = (...list: string[]) => ({ PolicyArns: list.map((arn) => ({ arn })) })

const M = 'MalformedPolicyDocument'
const V = 'ValidationError'
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

const DOCUMENTS: readonly Case[] = [
  [policy({})],
  [policy({ Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*' })],
  [policy({ Action: ['s3:GetObject', 'sts:*'] })],
  [policy({ Action: undefined, NotAction: 'iam:*' })],
  [policy({ Resource: undefined, NotResource: 'arn:aws:s3:::b' })],
  [policy({ Sid: 'One' })],
  [policy({}, { Version: '2008-10-17' })],
  [policy({}, { Version: undefined })],
  [policy({}, { Id: 'x' })],
  [policy({ Condition: { StringLike: { 'aws:userid': '*' } } })],
  [policy({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })],
  [policy({ Condition: { Bool: { 'aws:SecureTransport': true } } })],
  [{ Policy: '{' }, M],
  [{ Policy: 'null' }, M],
  [{ Policy: '[]' }, M],
  [{ Policy: '{}' }, M],
  [{ Policy: '{"Statement":{},"Statement":{}}' }, M],
  [policy({}, { Version: '2012-10-18' }), M],
  [policy({}, { Version: 2012 }), M],
  [policy({}, { Comment: 'x' }), M],
  [policy({ Comment: 'x' }), M],
  [policy({ Effect: 'allow' }), M],
  [policy({ Effect: undefined }), M],
  [policy({ Action: 'GetObject' }), M],
  [policy({ Action: 's3:' }), M],
  [policy({ Action: [] }), M],
  [policy({ Action: 7 }), M],
  [policy({ Action: undefined }), M],
  [policy({ NotAction: 's3:*' }), M],
  [policy({ Resource: 'bucket' }), M],
  [policy({ Resource: 'arn:aws:s3' }), M],
  [policy({ Resource: undefined }), M],
  [policy({ NotResource: '*' }), M],
  [policy({ Sid: 'a b' }), M],
  [policy({ Principal: '*' }), M],
  [policy({ NotPrincipal: '*' }), M],
  [policy({ Condition: { Foo: { 'aws:userid': 'x' } } }), M],
  [policy({ Condition: { StringEqual: { 'aws:userid': 'x' } } }), M],
  [policy({ Condition: 'x' }), M],
]

const TEXTS: readonly Case[] = [
  [{ Policy: '' }, V],
  [{ Policy: '{"a":"東"}' }, V],
]

const ARNS: readonly Case[] = [
  [arns(READ_ONLY)],
  [arns(...Array(10).fill(READ_ONLY))],
  [arns(...Array(11).fill(READ_ONLY)), V],
  [arns('arn:aws:iam::999999999999:policy/x'), V],
  [arns('arn:aws-cn:iam::aws:policy/ReadOnly'), V],
  [arns('arn:aws:iam::aws:role/ReadOnlyAccess'), V],
  [arns('short'), V],
  [arns(`arn:aws:iam::aws:policy/${'x'.repeat(2030)}`), V],
]

/** Together they are too long; by which code AWS refuses that stands nowhere. */
const TOO_LONG: readonly Case[] = [
  [policy({ Sid: 'x'.repeat(2048) }), V],
  [
    {
      ...policy({ Sid: 'x'.repeat(1900) }),
      ...arns(...Array(3).fill(`arn:aws:iam::aws:policy/${'x'.repeat(60)}`)),
    },
    V,
  ],
]

/** Session policies, which both operations take alike. */
export function policyRows(operation: 'AssumeRole' | 'AssumeRoleWithWebIdentity'): Row[] {
  const rows = (source: Source, cases: readonly Case[]): Row[] =>
    cases.map(([change, code]) => ({ operation, source, change, code }))
  const deviation = { line: 'Session policies that are too long together', aws: 'not documented' }
  return [
    ...rows('grammar', DOCUMENTS),
    ...rows(`model ${operation}Request.Policy`, TEXTS),
    ...rows(`API ${operation}`, ARNS),
    ...rows(`API ${operation}`, TOO_LONG).map((row) => ({ ...row, deviation })),
  ]
}
