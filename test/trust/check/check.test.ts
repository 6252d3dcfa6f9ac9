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

test('in colour: the answer, what it is due to, and the findings', () => {
  const paint = (_stream: string, style: string, text: string) => `<${style} ${text}>`
  const wrong = { StringEquals: { ...aud, ...sub('org/o1/project/p1/user/*') } }
  const refused = checkText(report(wrong), paint)
  assert.match(refused, /^<red The policy rejects this token\.>\n/)
  assert.match(refused, /\n {2}✓ StringEquals [^ ]+:aud\n/)
  assert.match(refused, /\n {2}<red ✗> StringEquals [^ ]+:sub\n/)
  assert.match(refused, /\n {2}<yellow !> StringEquals reads a wildcard/)
  assert.match(checkText(report(good), paint), /^<green The policy allows this token\.>\n[^<]*$/)
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

test('that only V2 tokens match is a finding without one', () => {
  const main = `${V1}/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main`
  const limited = { StringEquals: { ...aud, ...sub(main) } }
  const found = (token: object | undefined) =>
    report(limited, { claims: token && { ...claims, ...token } }).findings.map(({ kind }) => kind)
  assert.deepEqual(found({ sub: main }), [])
  assert.deepEqual(found({ sub: main.replace('/main', '/other') }), [])
  assert.deepEqual(found({ sub: V1 }), ['v2-only-subject'])
  assert.deepEqual(found(undefined), ['v2-only-subject'])
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

// aws:EpochTime, aws:SecureTransport: reference_policies_condition-keys.html; STS answers https only.
test('what is known of the request beforehand', () => {
  const now = Math.floor(Date.parse('2026-03-01T12:00:00Z') / 1000)
  const holds = (condition: object, options: Parameters<typeof report>[1] = {}) =>
    report({ ...good, ...condition }, options).verdict
  assert.equal(holds({ NumericEquals: { 'aws:EpochTime': String(now) } }), 'allows')
  assert.equal(holds({ NumericLessThan: { 'aws:EpochTime': String(now) } }), 'rejects')
  assert.equal(holds({ Bool: { 'aws:SecureTransport': 'true' } }), 'allows')
  assert.equal(holds({ Bool: { 'aws:SecureTransport': 'false' } }), 'rejects')
  const named = { StringEquals: { ...aud, 'sts:RoleSessionName': 'job-42' } }
  assert.equal(holds(named), 'undecided')
  assert.equal(holds(named, { sessionName: 'job-42' }), 'allows')
  assert.equal(holds(named, { sessionName: 'job-43' }), 'rejects')
  const identity = { StringEquals: { ...aud, 'sts:SourceIdentity': 'me' } }
  const claim = { ...claims, 'https://aws.amazon.com/source_identity': 'me' }
  assert.equal(holds(identity), 'rejects')
  const source = report({ ...good, ...identity }, { claims: claim })
  assert.equal(source.evaluation?.statements[0]?.conditions[1]?.outcome, 'matched')
})

// id_session-tags.html: sts:TagSession must be allowed, too.
test('of several actions the one that decides', () => {
  const tags = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['ci'] } } }
  const tagging = report(good, { claims: { ...claims, ...tags } })
  assert.equal(tagging.verdict, 'rejects')
  assert.equal(tagging.evaluation?.action, 'sts:TagSession')
  assert.match(checkText(tagging), /\n {2}needs {5}sts:TagSession\n/)
  assert.doesNotMatch(checkText(report(good)), /needs/)
  const both = report(
    { StringEquals: { [`${HOST}:aud`]: 'x' } },
    { claims: { ...claims, ...tags } },
  )
  assert.equal(both.evaluation?.action, 'sts:AssumeRoleWithWebIdentity')
})

test('which provider the token comes through', () => {
  assert.equal(report(good).provider, PROVIDER)
  const role = { partition: 'aws-cn', accountId: '222222222222' }
  assert.equal(
    report(good, { role }).provider,
    `arn:aws-cn:iam::222222222222:oidc-provider/${HOST}`,
  )
  const provider = (federated: string | string[], change: object = {}) => {
    const parsed = parseTrustPolicy({
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::999999999999:root', Federated: federated },
        Action: 'sts:AssumeRoleWithWebIdentity',
      },
    })
    assert.ok('policy' in parsed)
    const question = { policy: parsed.policy, length: 1, clientIds: [], now: new Date() }
    return checkTrust({ ...question, claims: { ...claims, ...change } }).provider
  }
  const of = (host: string) => `arn:aws:iam::222222222222:oidc-provider/${host}`
  assert.equal(provider([of('id.example'), PROVIDER]), PROVIDER)
  assert.equal(provider(of('id.example')), of(HOST))
  assert.equal(provider(of(`x/${HOST}`)), of(HOST))
  assert.equal(provider(of(`${HOST}/x`)), of(HOST))
  assert.equal(provider('accounts.google.com'), `arn:aws:iam::ACCOUNT:oidc-provider/${HOST}`)
  const google = { iss: 'https://accounts.google.com' }
  assert.equal(provider([of('id.example'), 'accounts.google.com'], google), 'accounts.google.com')
})

test('what is said of a token, of a document and of a slash', () => {
  const all = (...question: Parameters<typeof report>) =>
    report(...question).findings.map(({ kind, path, detail }) => [kind, path, detail])
  assert.deepEqual(all(good, { length: 2049 }), [['too-long', '', '2049 characters of 2048']])
  const roles = {
    'https://aws.amazon.com/roles': ['arn:aws:iam::1:role/a', 'arn:aws:iam::1:role/b'],
  }
  assert.deepEqual(all(good, { claims: { ...claims, ...roles } }), [
    ['claim-of-aws', '', 'the token lists arn:aws:iam::1:role/a, arn:aws:iam::1:role/b'],
  ])
  const unclear = { 'https://aws.amazon.com/tags': 1, 'https://aws.amazon.com/roles': [] }
  assert.deepEqual(all(good, { claims: { ...claims, ...unclear } }), [
    [
      'claim-of-aws',
      '',
      'the token lists no role; https://aws.amazon.com/tags does not have the form that AWS documents',
    ],
  ])
  const listed = { clientIds: ['x', 'y'] }
  assert.deepEqual(all(good, listed), [
    ['audience-not-registered', '', "the token's audience is o1; client ids: x, y"],
  ])
  const { aud: _, ...silent } = claims
  assert.deepEqual(all(good, { ...listed, claims: silent })[0], [
    ...['audience-not-registered', '', "the token's audience is missing; client ids: x, y"],
  ])
  assert.deepEqual(
    kinds(good, { clientIds: ['x', 'o1'], claims: { ...claims, aud: ['o1', 'z'] } }),
    [],
  )
  const port = { claims: { ...claims, iss: 'https://ci.example:8443' } }
  assert.deepEqual(all(good, port), [
    ['issuer-with-port', '', "the token's issuer is https://ci.example:8443"],
  ])
})

test('upper and lower case, where that alone keeps the token out', () => {
  const found = (condition: object) =>
    report(condition).findings.filter(({ kind }) => kind === 'wrong-case')
  assert.deepEqual(found({ StringEquals: { ...aud, ...sub('ORG/O1/project/p1/user/u1') } }), [
    {
      kind: 'wrong-case',
      path: `Statement[0].Condition.StringEquals["${HOST}:sub"]`,
      detail: `"ORG/O1/project/p1/user/u1", but the token has "${V1}"`,
    },
  ])
  const two = { StringEquals: { [`${HOST}:aud`]: ['x', 'O1'] } }
  assert.equal(found(two)[0]?.detail, '"x", "O1", but the token has "o1"')
  for (const condition of [
    // A wildcard under StringEquals is a plain character.
    { StringEquals: { [`${HOST}:aud`]: 'O*' } },
    { StringEqualsIfExists: { [`${HOST}:aud`]: 'O1' } },
    { StringNotEquals: { [`${HOST}:aud`]: 'o1' } },
    { StringEquals: { [`${HOST}:aud`]: 'O2' } },
    { StringEquals: { [`${HOST}:amr`]: 'O1' } },
    { 'ForAnyValue:StringEquals': { [`${HOST}:aud`]: 'O1' } },
  ]) {
    assert.deepEqual(found(condition), [], JSON.stringify(condition))
  }
})

test('the report for people: several values, what is absent, what is denied, a fix of its own', () => {
  const text = checkText(
    report({
      StringEquals: { [`${HOST}:aud`]: ['a', 'b'], [`${HOST}:amr`]: 'mfa' },
      StringLike: { 'oidc.circleci.com/project-id': 'x*' },
    }),
  )
  assert.match(text, /\n {6}expected {2}"a" or "b"\n {6}actual {4}"o1"\n/)
  assert.match(text, /\n {6}expected {2}"mfa"\n {6}actual {4}absent\n/)
  assert.match(text, /\n {6}Fix: The key of the project id is oidc\.circleci\.com\/org\/o1:/)
  const nothing = checkText(report(good, { claims: undefined }))
  assert.equal(nothing, 'No token to check the policy with.')
  const many = checkText(report(good, { claims: { ...claims, aud: ['o1', 'o2'] } }))
  assert.match(many, /\n {2}audience {2}o1, o2\n/)
  assert.match(many, /\n {6}actual {4}"o1", "o2"\n/)
  const long = checkText(report(good, { length: 2049 }))
  assert.match(long, /\n\nFindings\n {2}! The policy is longer .*\n {6}2049 characters of 2048\n/)
})

test('the report for programs: a finding with its text and page', () => {
  const json = JSON.parse(JSON.stringify(checkJson(report(good, { length: 2049 }))))
  const [finding] = json.findings
  assert.equal(finding.severity, 'broken')
  assert.equal(finding.kind, 'too-long')
  assert.match(finding.docs, /docs\/findings\/trust-policy\.md#too-long$/)
  const absent = report({ StringEquals: { [`${HOST}:amr`]: 'x' } })
  const [statement] = JSON.parse(JSON.stringify(checkJson(absent))).statements
  assert.equal(statement.conditions[0].actual, null)
})
