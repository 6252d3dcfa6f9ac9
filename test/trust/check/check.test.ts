import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { checkJson, checkText } from '../../../src/trust/check/report.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

const HOST = 'oidc.circleci.com/org/o1'
const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${HOST}`
const V1 = 'org/o1/project/p1/user/u1'
const claims = { iss: `https://${HOST}`, aud: 'o1', sub: V1 }

function report(condition: object, options: Partial<Parameters<typeof checkTrust>[0]> = {}) {
  const parsed = parseTrustPolicy({
    Version: '2012-10-17',
    Statement: {
      Sid: 'Deploy',
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    },
  })
  assert.ok('policy' in parsed)
  return checkTrust({
    policy: parsed.policy,
    length: 500,
    claims,
    clientIds: [],
    now: new Date('2026-03-01T12:00:00Z'),
    ...options,
  })
}

const aud = { [`${HOST}:aud`]: 'o1' }
const sub = (value: string) => ({ [`${HOST}:sub`]: value })
const good = { StringEquals: aud, StringLike: sub('org/o1/project/p1/user/*') }

test('the text of a refusal names condition, key, expected, actual and finding', () => {
  const text = checkText(
    report({
      StringEquals: { ...aud, ...sub('org/o1/project/p1/user/*') },
      DateLessThan: { 'aws:CurrentTime': '2026-01-01' },
    }),
  )
  assert.equal(
    text,
    `The policy rejects this token.
  issuer    https://${HOST}
  audience  o1
  subject   ${V1}

Statement 1 (Deploy), Allow: does not apply
  ✓ Principal: Federated ${PROVIDER}
  ✓ Action: sts:AssumeRoleWithWebIdentity
  ✓ StringEquals ${HOST}:aud
      expected  "o1"
      actual    "o1"
  ✗ StringEquals ${HOST}:sub
      expected  "org/o1/project/p1/user/*"
      actual    "${V1}"
  ✗ DateLessThan aws:CurrentTime
      expected  "2026-01-01"
      actual    "2026-03-01T12:00:00.000Z"

Findings
  ! StringEquals reads a wildcard as a plain character (equals-with-wildcard)
      Statement[0].Condition.StringEquals["${HOST}:sub"]: "org/o1/project/p1/user/*"
      Fix: Use StringLike.
      More: npx circleci-aws-oidc explain equals-with-wildcard`,
  )
})

test('an undecided condition says why', () => {
  const text = checkText(report({ ...good, IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }))
  assert.match(text, /^Whether the policy allows this token depends on what only AWS knows\.\n/)
  assert.match(
    text,
    / {2}\? IpAddress aws:SourceIp\n.*\n {6}actual {4}known to AWS only\n {6}undecided only AWS knows/,
  )
})

test('JSON holds everything, with null where there is nothing', () => {
  const json = JSON.parse(JSON.stringify(checkJson(report(good))))
  assert.deepEqual(json, {
    verdict: 'allows',
    token: { issuer: `https://${HOST}`, audiences: ['o1'], subject: V1 },
    statements: [
      {
        index: 0,
        sid: 'Deploy',
        effect: 'Allow',
        outcome: 'applies',
        principal: { outcome: 'matched', reason: `Federated ${PROVIDER}` },
        action: { outcome: 'matched', reason: 'sts:AssumeRoleWithWebIdentity' },
        conditions: [
          {
            operator: 'StringEquals',
            key: `${HOST}:aud`,
            expected: ['o1'],
            actual: ['o1'],
            outcome: 'matched',
            reason: `${HOST}:aud is "o1"`,
          },
          {
            operator: 'StringLike',
            key: `${HOST}:sub`,
            expected: ['org/o1/project/p1/user/*'],
            actual: [V1],
            outcome: 'matched',
            reason: `${HOST}:sub is "${V1}"`,
          },
        ],
      },
    ],
    findings: [],
  })
  const absent = checkJson(
    report({ Null: { [`${HOST}:amr`]: 'true' }, ...good }, { claims: undefined }),
  )
  assert.deepEqual(JSON.parse(JSON.stringify(absent)), {
    verdict: null,
    token: null,
    statements: [],
    findings: [],
  })
})

const kinds = (...question: Parameters<typeof report>) =>
  report(...question).findings.map(({ kind }) => kind)

test('an audience that the provider does not list is refused before the policy is asked', () => {
  const refused = report(good, { clientIds: ['sts.amazonaws.com'] })
  assert.equal(refused.verdict, 'rejects')
  assert.equal(refused.evaluation?.verdict, 'allows')
  assert.equal(
    refused.findings[0]?.detail,
    "the token's audience is o1; client ids: sts.amazonaws.com",
  )
  assert.equal(report(good, { clientIds: ['x', 'o1'] }).verdict, 'allows')
})

test('a document beyond the quota', () => {
  assert.deepEqual(kinds(good, { length: 2049 }), ['too-long'])
  assert.deepEqual(kinds(good, { length: 2048 }), [])
  const long = report(good, { length: 2049 })
  assert.equal(long.verdict, 'undecided')
  assert.match(checkText(long), /^The policy would allow this token, but AWS may refuse the policy/)
  const wrong = report({ StringEquals: { [`${HOST}:aud`]: 'x' } }, { length: 2049 })
  assert.equal(wrong.verdict, 'rejects')
})

/** The report on a statement that trusts this principal, for a token of this issuer. */
function trusting(federated: string, condition: object, iss: string) {
  const token = { iss, aud: 'app', azp: 'app', sub: '123', repository_id: '456' }
  const parsed = parseTrustPolicy({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Federated: federated },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: condition,
    },
  })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  const { policy } = parsed
  return checkTrust({ policy, length: 0, claims: token, clientIds: [], now: new Date() })
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
test('a shared issuer without the condition that IAM asks for', () => {
  const host = 'token.actions.githubusercontent.com'
  const byId = { StringEquals: { [`${host}:aud`]: 'app', [`${host}:repository_id`]: '456' } }
  const arn = `arn:aws:iam::111111111111:oidc-provider/${host}`
  const { verdict, evaluation, findings } = trusting(arn, byId, `https://${host}`)
  assert.deepEqual([verdict, evaluation?.verdict], ['undecided', 'allows'])
  assert.deepEqual(findings, [
    {
      kind: 'missing-control',
      path: 'Statement[0].Condition',
      detail: `no condition on ${host}:sub`,
    },
  ])
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html: Google is built in
test('Google by its host, and other principals that are no ARNs', () => {
  const google = 'https://accounts.google.com'
  const app = (host: string) => ({
    StringEquals: { [`${host}:aud`]: 'app', [`${host}:sub`]: '123' },
  })
  const asked = (federated: string, condition: object, iss: string) =>
    trusting(federated, condition, iss).verdict
  assert.equal(asked('accounts.google.com', app('accounts.google.com'), google), 'allows')
  assert.equal(
    asked('accounts.google.com', app('accounts.google.com'), 'https://id.example'),
    'rejects',
  )
  const other = { StringEquals: { 'accounts.google.com:aud': 'other' } }
  assert.equal(asked('accounts.google.com', other, google), 'rejects')
  const facebook = { StringEquals: { 'graph.facebook.com:app_id': '1' } }
  assert.equal(asked('graph.facebook.com', facebook, 'https://graph.facebook.com'), 'undecided')
  assert.equal(asked('*', app('id.example'), 'https://id.example'), 'undecided')
})

test('an issuer that ends in a slash itself, as those of Auth0', () => {
  const host = 'acme.eu.auth0.com/'
  const arn = `arn:aws:iam::111111111111:oidc-provider/${host}`
  const condition = { StringEquals: { [`${host}:aud`]: 'app', [`${host}:sub`]: '123' } }
  const { verdict, findings } = trusting(arn, condition, `https://${host}`)
  assert.deepEqual([verdict, findings], ['allows', []])
  const without = trusting(arn, condition, 'https://acme.eu.auth0.com')
  assert.equal(without.verdict, 'rejects')
  assert.ok(without.findings.some(({ kind }) => kind === 'trailing-slash'))
})

test('control characters of policy and token are shown, not obeyed', () => {
  const text = checkText(
    report(
      { StringEquals: { ...aud, ...sub('\u001b[2K\u0085needle\n  x forged') } },
      { claims: { ...claims, sub: 'org/\u009b31m' } },
    ),
  )
  assert.doesNotMatch(text, /(?!\n)\p{Cc}|^ {2}x forged/mu)
  assert.match(text, /"\\u001b\[2K\\u0085needle\\u000a {2}x forged"/)
})

test('a value that differs by case only', () => {
  assert.deepEqual(kinds({ StringEquals: aud, StringLike: sub('org/o1/project/P1/user/*') }), [
    'wrong-case',
  ])
  assert.deepEqual(kinds({ ...good, StringEquals: { [`${HOST}:aud`]: 'O1' } }), ['wrong-case'])
})

test('a token of another issuer meets a provider of the same account', () => {
  const other = report(good, { claims: { ...claims, iss: 'https://id.example' } })
  assert.equal(other.verdict, 'rejects')
  assert.match(
    other.evaluation?.statements[0]?.principal.reason ?? '',
    /the caller is Federated arn:aws:iam::111111111111:oidc-provider\/id\.example$/,
  )
})

test('an empty token, and a policy without providers, are no defect', () => {
  assert.equal(report(good, { claims: {} }).verdict, 'rejects')
  const parsed = parseTrustPolicy({
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  })
  assert.ok('policy' in parsed)
  const question = { policy: parsed.policy, length: 1, claims, clientIds: [], now: new Date() }
  assert.equal(checkTrust(question).verdict, 'rejects')
})

// API_CreateOpenIDConnectProvider.html: "The URL should not contain a port number."
test('an issuer with a port: its keys are read with it, and IAM has no provider for it', () => {
  const host = 'ci.example:8443/oidc'
  const arn = `arn:aws:iam::111111111111:oidc-provider/${host}`
  const condition = { StringEquals: { [`${host}:aud`]: 'app', [`${host}:sub`]: '123' } }
  const { verdict, evaluation, findings } = trusting(arn, condition, `https://${host}`)
  assert.deepEqual([verdict, evaluation?.verdict], ['undecided', 'allows'])
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['issuer-with-port'],
  )
  const without = arn.replace(':8443', '')
  const other = trusting(without, condition, `https://${host}`)
  assert.equal(other.verdict, 'rejects')
  assert.ok(other.findings.some(({ kind }) => kind === 'issuer-with-port'))
})
