import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenContextKeys } from '../../../src/trust/policy/context-keys.ts'
import type { TrustRequest, Verdict } from '../../../src/trust/policy/evaluate.ts'
import { evaluate, explainEvaluation } from '../../../src/trust/policy/evaluate.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

const ISSUER = 'oidc.circleci.com/org/o1'
const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${ISSUER}`
const V1 = 'org/o1/project/p1/user/u1'
const V2 = `${V1}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`

function policyOf(...statements: object[]) {
  const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: statements })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  return parsed.policy
}

const federated = (condition?: object, change: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(condition ? { Condition: condition } : {}),
  ...change,
})

function tokenRequest(claims: object = {}): TrustRequest {
  return {
    action: 'sts:AssumeRoleWithWebIdentity',
    caller: { kind: 'federated', providerArn: PROVIDER },
    keys: tokenContextKeys({
      iss: `https://${ISSUER}`,
      aud: 'o1',
      sub: V2,
      'oidc.circleci.com/project-id': 'p1',
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
      ...claims,
    }),
  }
}

const aud = { [`${ISSUER}:aud`]: 'o1' }
const sub = (pattern: string | string[]) => ({ [`${ISSUER}:sub`]: pattern })
const deny = (condition?: object) =>
  federated(condition, { Effect: 'Deny', Principal: { AWS: '*' } })

// Web identity: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
// Evaluation: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
const WEB_IDENTITY: [name: string, verdict: Verdict, statements: object[], claims?: object][] = [
  ['no condition', 'allows', [federated()]],
  ['aud', 'allows', [federated({ StringEquals: aud })]],
  ['wrong aud', 'rejects', [federated({ StringEquals: aud })], { aud: 'other' }],
  [
    'aud and project-id',
    'allows',
    [federated({ StringEquals: { ...aud, [`${ISSUER}:oidc.circleci.com/project-id`]: 'p1' } })],
  ],
  [
    'aud and another project-id',
    'rejects',
    [federated({ StringEquals: { ...aud, [`${ISSUER}:oidc.circleci.com/project-id`]: 'p2' } })],
  ],
  [
    'sub of any user allows V1',
    'allows',
    [federated({ StringLike: sub('org/o1/project/p1/user/*') })],
    { sub: V1 },
  ],
  [
    'sub of any user allows V2',
    'allows',
    [federated({ StringLike: sub('org/o1/project/p1/user/*') })],
  ],
  ['exact V1 sub rejects V2', 'rejects', [federated({ StringEquals: sub(V1) })]],
  ['exact V2 sub rejects V1', 'rejects', [federated({ StringEquals: sub(V2) })], { sub: V1 }],
  [
    'branch through sub',
    'allows',
    [
      federated({
        StringLike: sub(
          'org/o1/project/p1/user/*/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main',
        ),
      }),
    ],
  ],
  ['wildcard in StringEquals', 'rejects', [federated({ StringEquals: sub('org/o1/*') })]],
  ['a list is OR', 'allows', [federated({ StringLike: sub(['org/x/*', 'org/o1/*']) })]],
  ['blocks are AND', 'rejects', [federated({ StringEquals: aud, StringLike: sub('org/x/*') })]],
  [
    'a claim IAM does not see',
    'rejects',
    [federated({ StringEquals: { [`${ISSUER}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' } })],
  ],
  [
    'a claim IAM does not see, negated: matches everybody',
    'allows',
    [
      federated({
        StringNotEquals: { [`${ISSUER}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' },
      }),
    ],
  ],
  ['keys in another case', 'allows', [federated({ StringEquals: { [`${ISSUER}:AUD`]: 'o1' } })]],
  ['two statements are OR', 'allows', [federated({ StringLike: sub('no') }), federated()]],
  [
    'another provider',
    'rejects',
    [
      federated(undefined, {
        Principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/token.example' },
      }),
    ],
  ],
  ['a service', 'rejects', [federated(undefined, { Principal: { Service: 'ec2.amazonaws.com' } })]],
  ['anyone', 'allows', [federated(undefined, { Principal: { AWS: '*' } })]],
  [
    'AWS: the account root',
    'rejects',
    [federated(undefined, { Principal: { AWS: '111111111111' } })],
  ],
  ['another action', 'rejects', [federated(undefined, { Action: 'sts:AssumeRole' })]],
  ['action wildcard', 'allows', [federated(undefined, { Action: ['sts:Assume*'] })]],
  [
    'action in another case',
    'allows',
    [federated(undefined, { Action: 'STS:assumerolewithwebidentity' })],
  ],
  ['every action', 'allows', [federated(undefined, { Action: '*' })]],
  ['deny wins', 'rejects', [federated(), deny()]],
  ['deny of others', 'allows', [federated(), deny({ StringLike: sub('org/x/*') })]],
  [
    'deny unless main',
    'rejects',
    [federated(), deny({ StringNotLike: sub('*/vcs-ref/refs/heads/main') })],
    { sub: V1 },
  ],
  ['deny alone allows nobody', 'rejects', [deny({ StringLike: sub('x') })]],
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
  ['NotAction', 'allows', [federated(undefined, { Action: undefined, NotAction: 'sts:X' })]],
  [
    'NotAction that lists the action',
    'rejects',
    [federated(undefined, { Action: undefined, NotAction: ['sts:X', 'sts:assumerole*'] })],
  ],
  [
    'a Deny with NotAction',
    'rejects',
    [federated(), federated(undefined, { Effect: 'Deny', Action: undefined, NotAction: 'sts:X' })],
  ],
  // IAM takes no trust policy with it:
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
  [
    'NotPrincipal',
    'invalid',
    [federated(undefined, { Effect: 'Allow', Principal: undefined, NotPrincipal: { AWS: '*' } })],
  ],
  ['unknown operator', 'undecided', [federated({ ArnLike: sub('*') })]],
  ['source address', 'undecided', [federated({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })]],
  ['policy variable', 'undecided', [federated({ StringEquals: sub('${aws:userid}') })]],
  [
    'unknown operator beside a mismatch is decided',
    'rejects',
    [federated({ ArnLike: sub('*'), StringEquals: { [`${ISSUER}:aud`]: 'x' } })],
  ],
  [
    'an undecided Allow beside a clear one',
    'allows',
    [federated({ ArnLike: sub('*') }), federated()],
  ],
  ['an undecided Deny', 'undecided', [federated(), deny({ ArnLike: sub('*') })]],
  [
    'an undecided Deny beside a clear one',
    'rejects',
    [federated(), deny({ ArnLike: sub('*') }), deny()],
  ],
  ['an undecided Deny without an Allow', 'rejects', [deny({ ArnLike: sub('*') })]],
]

for (const [name, verdict, statements, claims] of WEB_IDENTITY) {
  test(`web identity, ${name}: ${verdict}`, () => {
    const evaluation = evaluate(policyOf(...statements), tokenRequest(claims))
    assert.equal(evaluation.verdict, verdict, explainEvaluation(evaluation).join('\n'))
    assert.ok(explainEvaluation(evaluation).length > 0)
  })
}

test('an explanation names statement, condition and both values', () => {
  const policy = policyOf(
    federated({ StringEquals: aud, StringLike: sub('org/o1/project/p2/*') }, { Sid: 'Deploy' }),
    { Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' },
  )
  const evaluation = evaluate(policy, tokenRequest())
  assert.deepEqual(explainEvaluation(evaluation), [
    `statement 1 (Deploy): StringLike: ${ISSUER}:sub is "${V2}", but the policy requires "org/o1/project/p2/*"`,
    `statement 2: Principal: names AWS 111111111111; the caller is Federated ${PROVIDER}; Action: allows sts:AssumeRole; the request is sts:AssumeRoleWithWebIdentity`,
  ])
  assert.deepEqual(
    evaluation.statements.map(({ outcome, conditions }) => [
      outcome,
      conditions.map((one) => one.outcome),
    ]),
    [
      ['does-not-apply', ['matched', 'unmatched']],
      ['does-not-apply', []],
    ],
  )
})

const claimless = { StringEquals: { 'aws:SourceVpc': 'vpc-1' } }
const UNKNOWN = 'only AWS knows the value of aws:SourceVpc'
const EXPLANATIONS: [name: string, statements: object[], lines: string[]][] = [
  [
    'an Allow that applies, and no other',
    [federated({}, { Principal: { AWS: '111111111111' } }), federated()],
    ['statement 2 allows it'],
  ],
  [
    'a Deny that applies, and not one that does not',
    [
      federated(),
      deny({ StringEquals: sub('x') }),
      federated({ StringEquals: aud }, { Effect: 'Deny', Sid: 'NotHere' }),
    ],
    ['statement 3 (NotHere) denies it'],
  ],
  [
    'only a Deny, which does not apply',
    [deny({ StringEquals: sub('x') })],
    ['the policy has no Allow statement'],
  ],
  [
    'undecided: the statements that are, and of them what is',
    [
      federated({ StringEquals: { ...aud, 'aws:SourceVpc': 'vpc-1' } }),
      federated({ StringEquals: sub('x') }),
    ],
    [`statement 1: StringEquals: ${UNKNOWN}`],
  ],
  ['an undecided Deny', [federated(), deny(claimless)], [`statement 2: StringEquals: ${UNKNOWN}`]],
  [
    'refused: the Allow statements only, and of them what does not match',
    [federated({ StringEquals: { ...aud, ...sub('x') } }), deny(claimless)],
    [`statement 1: StringEquals: ${ISSUER}:sub is "${V2}", but the policy requires "x"`],
  ],
  [
    'NotAction',
    [federated({}, { Action: undefined, NotAction: ['sts:TagSession', 'sts:AssumeRoleWith*'] })],
    ['statement 1: Action: NotAction lists sts:AssumeRoleWith*'],
  ],
  [
    'several principals and actions',
    [
      federated(
        {},
        {
          Principal: { AWS: ['111111111111', '222222222222'] },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ),
    ],
    [
      `statement 1: Principal: names AWS 111111111111, AWS 222222222222; the caller is Federated ${PROVIDER}; Action: allows sts:AssumeRole, sts:TagSession; the request is sts:AssumeRoleWithWebIdentity`,
    ],
  ],
  [
    '"*" under Federated',
    [federated({}, { Principal: { Federated: [`${PROVIDER}2`, '*'] } })],
    ['statement 1: Principal: AWS does not document what "*" under Federated means'],
  ],
]

for (const [name, statements, lines] of EXPLANATIONS) {
  test(`explained, ${name}`, () => {
    assert.deepEqual(explainEvaluation(evaluate(policyOf(...statements), tokenRequest())), lines)
  })
}

test('why each part of a statement matched', () => {
  const [federatedOne, everyone, notAction, notPrincipal] = [
    federated(),
    federated({}, { Principal: '*' }),
    federated({}, { Principal: { AWS: '*' }, Action: undefined, NotAction: 'sts:TagSession' }),
    federated({}, { Principal: undefined, NotPrincipal: { AWS: '111111111111' }, Action: 'sts:*' }),
  ].map((one) => {
    const [result] = evaluate(policyOf(one), tokenRequest()).statements
    return [result?.principal, result?.action]
  })
  const asked = 'sts:AssumeRoleWithWebIdentity'
  assert.deepEqual(federatedOne, [
    { outcome: 'matched', reason: `Federated ${PROVIDER}` },
    { outcome: 'matched', reason: asked },
  ])
  assert.deepEqual(everyone?.[0], { outcome: 'matched', reason: '"*" is everyone' })
  assert.deepEqual(notAction, [
    { outcome: 'matched', reason: 'AWS *' },
    { outcome: 'matched', reason: `NotAction does not list ${asked}` },
  ])
  assert.deepEqual(notPrincipal, [
    { outcome: 'undecided', reason: 'NotPrincipal is not evaluated' },
    { outcome: 'matched', reason: 'sts:*' },
  ])
})
