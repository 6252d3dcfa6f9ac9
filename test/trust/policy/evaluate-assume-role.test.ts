import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextKeys } from '../../../src/trust/policy/context-keys.ts'
import type { Caller, Verdict } from '../../../src/trust/policy/evaluate.ts'
import { evaluate } from '../../../src/trust/policy/evaluate.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

function policyOf(...statements: object[]) {
  const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: statements })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  return parsed.policy
}

const SESSION = 'arn:aws:sts::111111111111:assumed-role/deploy/job-42'
const ROLE = 'arn:aws:iam::111111111111:role/team/deploy'
const session: Caller = { kind: 'aws', arn: SESSION, account: '111111111111', roleArn: ROLE }
const user: Caller = {
  kind: 'aws',
  arn: 'arn:aws:iam::111111111111:user/ann',
  account: '111111111111',
  roleArn: undefined,
}
const federated: Caller = {
  kind: 'federated',
  providerArn: 'arn:aws:iam::111111111111:oidc-provider/token.example',
}
const trusts = (principal: unknown, change: object = {}) => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 'sts:AssumeRole',
  ...change,
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
const PRINCIPALS: [principal: unknown, caller: Caller, verdict: Verdict][] = [
  [{ AWS: 'arn:aws:iam::111111111111:root' }, session, 'allows'],
  [{ AWS: '111111111111' }, session, 'allows'],
  [{ AWS: '111111111111' }, user, 'allows'],
  [{ AWS: '222222222222' }, session, 'rejects'],
  [{ AWS: 'arn:aws:iam::222222222222:root' }, session, 'rejects'],
  [{ AWS: ROLE }, session, 'allows'],
  [{ AWS: 'arn:aws:iam::111111111111:role/deploy' }, session, 'rejects'],
  [{ AWS: ROLE }, user, 'rejects'],
  [{ AWS: SESSION }, session, 'allows'],
  [{ AWS: 'arn:aws:sts::111111111111:assumed-role/deploy/job-43' }, session, 'rejects'],
  // "You cannot use a wildcard to match part of a principal name or ARN."
  [{ AWS: 'arn:aws:iam::111111111111:role/*' }, session, 'invalid'],
  [{ AWS: 'arn:aws:iam::111111111111:user/ann' }, user, 'allows'],
  [{ AWS: ['222222222222', ROLE] }, session, 'allows'],
  [{ AWS: '*' }, session, 'allows'],
  [{ AWS: '*' }, federated, 'allows'],
  // A provider names tokens, not the account or the roles in it; "*" under Federated is no principal of AWS.
  [{ AWS: '111111111111' }, federated, 'rejects'],
  [{ Federated: '*' }, user, 'rejects'],
  [{ Federated: '*' }, federated, 'undecided'],
  [{ Service: '111111111111' }, user, 'rejects'],
  [{ AWS: 'arn:aws:iam::111111111111:user/arn:aws:iam::111111111111:root' }, user, 'rejects'],
  [{ AWS: 'arn:aws:iam::111111111111:role/root' }, user, 'rejects'],
  ['*', session, 'invalid'],
  [{ Federated: 'arn:aws:iam::111111111111:oidc-provider/id.example' }, session, 'rejects'],
  [{ Service: 'lambda.amazonaws.com' }, session, 'rejects'],
]

for (const [principal, caller, verdict] of PRINCIPALS) {
  const name = caller === session ? 'session' : caller === user ? 'user' : 'token'
  test(`AssumeRole, ${JSON.stringify(principal)} for a ${name}: ${verdict}`, () => {
    const request = { action: 'sts:AssumeRole', caller, keys: contextKeys([]) }
    assert.equal(evaluate(policyOf(trusts(principal)), request).verdict, verdict)
  })
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
const external = trusts(
  { AWS: '*' },
  { Condition: { StringEquals: { 'sts:ExternalId': 'secret-7' } } },
)
for (const [externalId, verdict] of [
  ['secret-7', 'allows'],
  ['secret-8', 'rejects'],
  [undefined, 'rejects'],
] as const) {
  test(`AssumeRole, external id ${externalId}: ${verdict}`, () => {
    const keys = contextKeys([['sts:ExternalId', externalId]])
    const request = { action: 'sts:AssumeRole', caller: session, keys }
    assert.equal(evaluate(policyOf(external), request).verdict, verdict)
  })
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
test('session tags: sts:TagSession must be allowed, for these tags', () => {
  const policy = policyOf(
    trusts({ AWS: '*' }, { Action: ['sts:AssumeRole', 'sts:TagSession'] }),
    trusts(
      { AWS: '*' },
      {
        Effect: 'Deny',
        Action: 'sts:TagSession',
        Condition: { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['team'] } },
      },
    ),
  )
  const ask = (...tags: string[]) =>
    evaluate(policy, {
      action: 'sts:TagSession',
      caller: session,
      keys: contextKeys([['aws:TagKeys', tags]]),
    }).verdict
  assert.equal(ask('team'), 'allows')
  assert.equal(ask('team', 'cost'), 'rejects')
})
