import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import type { Failure } from '../../src/sts/failure.ts'
import { refusal } from '../../src/sts/refusal.ts'

const ISSUER = 'https://oidc.circleci.com/org/o1'
const SUBJECT = 'org/o1/project/p1/user/u1'
const ROLE = 'arn:aws:iam::111111111111:role/deploy'

function refused(code: Failure['code'], detail: string, change: Partial<Failure> = {}) {
  const request = {
    role: parseRoleArn(ROLE),
    roleSessionName: 'job',
    durationSeconds: 7200,
    policyArns: [],
    sessionTags: [],
    transitiveTagKeys: [],
  }
  const token = {
    value: 'secret',
    source: 'CIRCLE_OIDC_TOKEN_V2',
    claims: { iss: ISSUER, aud: ['o1', 'other'], sub: SUBJECT, exp: 1_800_000_000 },
  }
  const failure: Failure = { code, transient: false, detail, ...change }
  const failed = { failure, attempts: 1, cause: new Error('cause') }
  return refusal(request, () => token)(failed, new URL('https://sts.eu-west-1.amazonaws.com/'))
}

const DENIED = 'AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity'

test('access-denied: issuer, audience, subject, and the statement that would allow the token', () => {
  const error = refused('access-denied', DENIED)
  assert.equal(error.exitCode, 4)
  assert.equal(error.message, `AWS refuses ${ROLE} to this token: ${DENIED}.`)
  assert.equal(
    error.likely,
    "AWS did not say why. Either the role's trust policy does not allow this token, or account 111111111111 has no role of that name (letter case counts), or an organization policy forbids it.",
  )
  const [head, statement] = (error.next ?? '').split(
    '\nThis statement in the trust policy would allow it:\n',
  )
  assert.equal(
    head,
    [
      "Compare the role's trust policy with the token:",
      `  issuer    ${ISSUER}`,
      '  audience  o1, other',
      `  subject   ${SUBJECT}`,
    ].join('\n'),
  )
  assert.deepEqual(JSON.parse(statement ?? '').Condition, {
    StringEquals: { 'oidc.circleci.com/org/o1:aud': ['o1', 'other'] },
    StringLike: { 'oidc.circleci.com/org/o1:sub': 'org/o1/project/p1/user/*' },
  })
})

test('provider-not-found: what to register, and in which account', () => {
  const detail = `InvalidIdentityToken: No OpenIDConnect provider found in your account for ${ISSUER}`
  const error = refused('provider-not-found', detail)
  assert.equal(error.exitCode, 4)
  assert.equal(
    error.message,
    `AWS knows no OIDC provider for this token's issuer in account 111111111111: ${detail}.`,
  )
  assert.equal(
    error.next,
    `In account 111111111111, create an IAM OIDC provider with the URL ${ISSUER} and the client id "o1", "other". Upper and lower case must match, and there is no slash at the end.`,
  )
})

test("audience-not-registered: the token's audience and the provider", () => {
  const error = refused('audience-not-registered', 'InvalidIdentityToken: Incorrect token audience')
  assert.equal(error.exitCode, 4)
  assert.equal(
    error.message,
    'The token\'s audience is "o1", "other", which is not among the client ids of the OIDC provider in account 111111111111: InvalidIdentityToken: Incorrect token audience.',
  )
  assert.equal(
    error.next,
    'Add "o1", "other" to the client ids of the provider oidc.circleci.com/org/o1 in account 111111111111, or pass --audience with one that it has.',
  )
})

/** The message has AWS's words and what is named here; the next step has what decides. */
const OTHERS: [code: Failure['code'], detail: string, exit: number, named: string, next: RegExp][] =
  [
    [
      'token-rejected',
      'IDPRejectedClaim: no',
      4,
      'CIRCLE_OIDC_TOKEN_V2',
      /https:\/\/oidc\.circleci\.com\/org\/o1/,
    ],
    [
      'token-expired',
      'ExpiredTokenException: old',
      3,
      'CIRCLE_OIDC_TOKEN_V2',
      /earlier in the job/,
    ],
    ['session-policy-rejected', 'PackedPolicyTooLarge: 104%', 4, 'session policy', /--policy-arns/],
    ['region-disabled', 'RegionDisabledException: x', 4, '111111111111', /--region/],
    [
      'request-rejected',
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role',
      4,
      ROLE,
      /--duration-seconds than 7200/,
    ],
    ['request-rejected', 'ValidationError: other', 4, ROLE, /option that AWS names/],
    ['issuer-unreachable', 'IDPCommunicationError: x', 5, ISSUER, /--max-attempts/],
    ['aws-unavailable', 'HTTP 503', 5, 'sts.eu-west-1.amazonaws.com', /--max-attempts/],
    [
      'aws-unreachable',
      'ENOTFOUND',
      5,
      'sts.eu-west-1.amazonaws.com',
      /DNS, HTTPS_PROXY and NO_PROXY/,
    ],
    [
      'aws-unreachable',
      'SELF_SIGNED_CERT_IN_CHAIN: x',
      5,
      'sts.eu-west-1.amazonaws.com',
      /AWS_CA_BUNDLE/,
    ],
    ['unexpected-answer', 'HTTP 200, but x', 5, 'sts.eu-west-1.amazonaws.com', /--sts-endpoint/],
  ]

for (const [code, detail, exit, named, next] of OTHERS) {
  test(`${code}: ${detail.slice(0, 50)}`, () => {
    const error = refused(code, detail)
    assert.deepEqual([error.code, error.exitCode], [code, exit])
    assert.ok(error.message.includes(named), error.message)
    assert.ok(error.message.endsWith(`: ${detail}.`), error.message)
    assert.match(error.next ?? '', next)
  })
}

test('token-expired: until when it was valid, and what time it is here', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_060_000 })
  assert.equal(
    refused('token-expired', 'ExpiredTokenException: old').why,
    'The token is valid until 2027-01-15T08:00:00.000Z; it is 2027-01-15T08:01:00.000Z here.',
  )
})

test('request id and attempts stand in the message, with one full stop', () => {
  const failure = { code: 'aws-unavailable', transient: true, detail: 'HTTP 503' } as const
  const { message } = refused('aws-unavailable', failure.detail, { requestId: 'r-1' })
  assert.match(message, /could not answer: HTTP 503 \(request id r-1\)\.$/)
})
