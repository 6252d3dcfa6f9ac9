import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sessionPolicyProblem } from '../../../src/trust/policy/session-policy.ts'

const STATEMENT = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }

const policyOf = (change: object, rest: object = {}) =>
  JSON.stringify({ Version: '2012-10-17', Statement: { ...STATEMENT, ...change }, ...rest })

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
describe('taken', () => {
  for (const policy of [
    policyOf({}),
    policyOf({ Action: ['*'], Resource: ['arn:aws:s3:::bucket/*', 'arn:aws:s3:::b'] }),
    policyOf({ Action: '*:*' }),
    policyOf({ Action: undefined, NotAction: 'iam:*' }),
    policyOf({ Resource: undefined, NotResource: 'arn:aws:iam::*:role/*' }),
    policyOf({ Action: 'S3:Get*', Sid: 'Read' }),
    policyOf({ Resource: 'arn:aws:s3:::bucket/${aws:username}/*' }),
    policyOf({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    policyOf({ Condition: { 'ForAllValues:StringLikeIfExists': { 'aws:TagKeys': ['a', 'b'] } } }),
    policyOf({ Resource: 'arn:aws:ec2:eu-west-1:111111111111:instance/*' }),
    policyOf({ Condition: { Null: { 'aws:TokenIssueTime': true } } }),
    policyOf({}, { Version: undefined, Id: 'mine' }),
    policyOf({}, { Version: '2008-10-17' }),
    JSON.stringify({ Statement: [STATEMENT, { ...STATEMENT, Effect: 'Deny' }] }),
  ]) {
    test(policy, () => assert.equal(sessionPolicyProblem(policy), undefined))
  }
})

describe('malformed', () => {
  const cases: [policy: string, path: string, problem: RegExp][] = [
    ['{', '', /^is not JSON \(line 1, column 2\)$/],
    ['[]', '', /must be a JSON object/],
    ['{}', 'Statement', /^is missing$/],
    ['{"Statement":[]}', 'Statement', /^is empty$/],
    ['{"Statement":{},"Statement":{}}', '', /"Statement" twice/],
    [policyOf({}, { Version: '2012-10-18' }), 'Version', /2012-10-18/],
    [policyOf({}, { Comment: 'x' }), 'Comment', /^does not belong here$/],
    [policyOf({ Effect: 'allow' }), 'Statement.Effect', /"Allow" or "Deny"/],
    [policyOf({ Principal: '*' }), 'Statement.Principal', /a session policy has none/],
    [policyOf({ NotPrincipal: { AWS: '*' } }), 'Statement.NotPrincipal', /has none/],
    [policyOf({ Actions: [] }), 'Statement.Actions', /^does not belong here$/],
    [policyOf({ NotAction: 's3:*' }), 'Statement', /has both Action and NotAction/],
    [policyOf({ NotResource: '*' }), 'Statement', /has both Resource and NotResource/],
    [policyOf({ Action: undefined }), 'Statement.Action', /^is missing$/],
    [policyOf({ Resource: undefined }), 'Statement.Resource', /^is missing$/],
    [policyOf({ Action: [] }), 'Statement.Action', /^is empty$/],
    [policyOf({ Action: 'GetObject' }), 'Statement.Action', /^holds "GetObject"; it must be/],
    [policyOf({ Action: 's*:GetObject' }), 'Statement.Action', /^holds "s\*:GetObject"/],
    [policyOf({ Action: 's3:' }), 'Statement.Action', /^holds "s3:"/],
    [policyOf({ Action: '!s3:Get' }), 'Statement.Action', /^holds "!s3:Get"/],
    [policyOf({ Action: 's3:Get!' }), 'Statement.Action', /^holds "s3:Get!"/],
    [policyOf({ Resource: 'x arn:aws:s3:::b' }), 'Statement.Resource', /^holds "x arn:aws:s3:::b"/],
    [policyOf({ Resource: '*b' }), 'Statement.Resource', /^holds "\*b"/],
    [policyOf({ Action: [1] }), 'Statement.Action', /must be a string/],
    [policyOf({ Resource: 'bucket' }), 'Statement.Resource', /^holds "bucket"; it must be/],
    [policyOf({ Resource: 'arn:aws:s3' }), 'Statement.Resource', /^holds "arn:aws:s3"/],
    [policyOf({ Sid: 'a b' }), 'Statement.Sid', /A-Z/],
    [policyOf({ Condition: { Foo: { 'aws:x': '1' } } }), 'Statement.Condition.Foo', /operator/],
    [policyOf({ Condition: { StringEqual: {} } }), 'Statement.Condition.StringEqual', /operator/],
    [policyOf({ Condition: { Bool: { key: true } } }), 'Statement.Condition.Bool', /"key"/],
    [policyOf({ Condition: { Bool: { ' aws:x': true } } }), 'Statement.Condition.Bool', /" aws:x"/],
    [policyOf({ Condition: { NullIfExists: {} } }), 'Statement.Condition.NullIfExists', /operator/],
    [
      policyOf({ Condition: { 'xForAnyValue:StringLike': {} } }),
      'Statement.Condition.xForAnyValue:StringLike',
      /operator/,
    ],
    [
      policyOf({ Condition: { StringIfExistsLike: {} } }),
      'Statement.Condition.StringIfExistsLike',
      /operator/,
    ],
    [policyOf({ Condition: [] }), 'Statement.Condition', /must be a JSON object/],
    [
      JSON.stringify({ Statement: [STATEMENT, { ...STATEMENT, Resource: 7 }] }),
      'Statement[1].Resource',
      /must be a string/,
    ],
    [
      JSON.stringify({ Statement: [1, 2].map(() => ({ ...STATEMENT, Sid: 'Same' })) }),
      'Statement[1].Sid',
      /a second time/,
    ],
  ]
  for (const [policy, path, problem] of cases) {
    test(policy, () => {
      const found = sessionPolicyProblem(policy)
      assert.equal(found?.path, path)
      assert.match(found?.problem ?? '', problem)
    })
  }
})
