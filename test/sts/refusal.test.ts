import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import type { Failure } from '../../src/sts/failure.ts'
import { refusal } from '../../src/sts/refusal.ts'

const ISSUER = 'https://oidc.circleci.com/org/o1'
const SUBJECT = 'org/o1/project/p1/user/u1'
const ROLE = 'arn:aws:iam::111111111111:role/deploy'

function refused(
  code: Failure['code'],
  detail: string,
  change: Partial<Failure> = {},
  claims: object = {},
  env: Record<string, string> = {},
) {
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
    claims: { iss: ISSUER, aud: ['o1', 'other'], sub: SUBJECT, exp: 1_800_000_000, ...claims },
  }
  const failure: Failure = { code, transient: false, detail, ...change }
  const failed = { failure, attempts: 1, cause: new Error('cause') }
  const url = new URL('https://sts.eu-west-1.amazonaws.com/')
  return refusal(failed, { request, token, url, env })
}

const DENIED = 'AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity'

test('access-denied: all that role and policy must agree on, and the command that compares', () => {
  const error = refused('access-denied', DENIED)
  assert.equal(error.exitCode, 4)
  assert.equal(error.message, `AWS does not let this token assume ${ROLE}: AccessDenied.`)
  assert.equal(
    error.why,
    [
      'The role does not exist under exactly this name, or its trust policy does not allow this token:',
      'role      deploy, path /, account 111111111111, partition aws (case counts)',
      'action    sts:AssumeRoleWithWebIdentity, session name job',
      'audience  o1, other',
      `subject   ${SUBJECT}`,
      `AWS said  ${DENIED}`,
    ].join('\n'),
  )
  assert.match(error.likely ?? '', /V1 token/)
  assert.match(
    error.next ?? '',
    /^Use the V2 token, if there is one\. In account 111111111111, .*doctor --role-arn \S+ --trust-policy role\.json$/,
  )
})

const V2 = `${SUBJECT}/vcs-origin/github.com/acme/site/vcs-ref`

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
const SUBJECTS: [
  name: string,
  sub: string,
  env: Record<string, string>,
  likely: RegExp | undefined,
  next: RegExp,
][] = [
  [
    'V1',
    SUBJECT,
    {},
    /^This is the subject of a V1 token/,
    /^Use the V2 token, if there is one\. In/,
  ],
  ['V1, beside the V2', SUBJECT, { CIRCLE_OIDC_TOKEN_V2: 'v2' }, /V1 token/, /^In account/],
  ['V1 in place of V2', SUBJECT, { CIRCLE_OIDC_TOKEN_V2: 'secret' }, /V1/, /^Use the V2 token/],
  ['V2', `${V2}/refs/heads/main`, {}, /policy: the subject of a V1 token \(it ends/, /^In account/],
  [
    'V2, beside the V1',
    `${V2}/refs/heads/main`,
    { CIRCLE_OIDC_TOKEN: 'v1' },
    /policy: vcs-ref without refs\/heads\/, or a wildcard under StringEquals/,
    /^In account/,
  ],
  [
    'a fork',
    `${V2}/refs/pull/12`,
    {},
    /^This token is from a fork's pull request, .*: its vcs-ref is refs\/pull\/12/,
    /^Assume the role in builds of the repository itself, not in pull requests from forks\. In/,
  ],
  ['another issuer', 'repo:acme/site:ref:refs/heads/main', {}, undefined, /^In account/],
]
for (const [name, sub, env, likely, next] of SUBJECTS) {
  test(`access-denied, the subject of ${name}: the likely cause and the next step`, () => {
    const error = refused('access-denied', DENIED, {}, { sub }, env)
    if (likely) assert.match(error.likely ?? '', likely)
    else assert.equal(error.likely, undefined)
    assert.match(error.next ?? '', next)
  })
}

test('access-denied of another action: the one that AWS names', () => {
  const error = refused('access-denied', 'AccessDenied: Not authorized to perform sts:TagSession')
  assert.match(error.why ?? '', /sts:TagSession.*session tags/)
  assert.match(error.next ?? '', /^Add sts:TagSession/)
})

test('provider-not-found: the account and what to register there', () => {
  const detail = `InvalidIdentityToken: No OpenIDConnect provider found in your account for ${ISSUER}`
  const error = refused('provider-not-found', detail)
  assert.equal(error.exitCode, 4)
  assert.equal(
    error.message,
    `Account 111111111111 has no OIDC provider for the token's issuer, ${ISSUER}.`,
  )
  assert.ok(error.why?.startsWith(detail))
  assert.match(
    error.next ?? '',
    /URL https:\/\/oidc\.circleci\.com\/org\/o1 and the client id "o1"/,
  )
})

test("audience-not-registered: the token's audience and the provider", () => {
  const error = refused('audience-not-registered', 'InvalidIdentityToken: Incorrect token audience')
  assert.equal(error.exitCode, 4)
  assert.equal(
    error.message,
    'The token\'s audience "o1", "other" is not among the client ids of the OIDC provider.',
  )
  assert.match(error.why ?? '', /111111111111.*oidc\.circleci\.com\/org\/o1/)
  assert.match(error.next ?? '', /add-client-id-to-open-id-connect-provider.*--audience/)
})

test('a clock that is off by more than AWS puts up with is named', () => {
  const detail = 'ExpiredTokenException: Token expired'
  const awsTime = new Date(Date.now() - 3_600_000)
  const error = refused('token-expired', detail, { awsTime })
  assert.match(error.message, /^The clock of this machine is 60 minutes ahead of AWS\.$/)
  assert.match(error.why ?? '', /Token expired/)
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
    ['aws-unreachable', 'ENOTFOUND', 5, 'sts.eu-west-1.amazonaws.com', /--region.*HTTPS_PROXY/],
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
    assert.ok(`${error.message} ${error.why}`.includes(detail), error.message)
    assert.match(error.next ?? '', next)
  })
}

test('token-expired: until when it was valid, and what time it is here', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_060_000 })
  assert.equal(
    refused('token-expired', 'ExpiredTokenException: old').why,
    'ExpiredTokenException: old. The token is valid until 2027-01-15 08:00:00 UTC; it is 2027-01-15 08:01:00 UTC here.',
  )
})

test('request id and attempts stand behind the reason, with one full stop', () => {
  const failure = { code: 'aws-unavailable', transient: true, detail: 'HTTP 503' } as const
  const { message, why } = refused('aws-unavailable', failure.detail, { requestId: 'r-1' })
  assert.match(message, /could not answer\.$/)
  assert.equal(why, 'HTTP 503 (request id r-1).')
})
