import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseRoleArn } from '../../src/role/arn.ts'
import type { Failure } from '../../src/sts/failure.ts'
import { chainedRefusal, refusal } from '../../src/sts/refusal.ts'

const ISSUER = 'https://oidc.circleci.com/org/o1'
const SUBJECT = 'org/o1/project/p1/user/u1'
const ROLE = 'arn:aws:iam::111111111111:role/deploy'

function refused(
  code: Failure['code'],
  detail: string,
  change: Partial<Failure> = {},
  claims: object = {},
  env: Record<string, string> = {},
  { value = 'secret', source = 'CIRCLE_OIDC_TOKEN_V2' } = {},
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
    value,
    source,
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

test('access-denied by a server that is not AWS: its own settings decide', () => {
  const env = { AWS_ENDPOINT_URL_STS: 'https://sts.eu-west-1.amazonaws.com' }
  const error = refused('access-denied', 'AccessDenied: no', { isForeign: true }, {}, env)
  assert.equal(
    error.message,
    `The STS at sts.eu-west-1.amazonaws.com (from AWS_ENDPOINT_URL_STS) does not let this token assume ${ROLE}: AccessDenied: no.`,
  )
  assert.match(error.next ?? '', /If you mean AWS, remove AWS_ENDPOINT_URL_STS\.$/)
  for (const [detail, told] of [
    ['AccessDenied: ', 'AccessDenied'],
    ['AccessDenied: Unknown', 'AccessDenied'],
    ['AccessDenied: UnknownError', 'AccessDenied'],
    ['AccessDenied: Unknown key', 'AccessDenied: Unknown key'],
  ] as const) {
    const bare = refused('access-denied', detail, { isForeign: true })
    assert.ok(bare.message.endsWith(`${ROLE}: ${told}.`), bare.message)
    assert.match(bare.next ?? '', /If you mean AWS, check the proxy\.$/)
  }
})

test('access-denied for a source identity, and at an endpoint of its own', () => {
  const identity = refused('access-denied', 'AccessDenied: Not … perform sts:SetSourceIdentity')
  assert.match(
    identity.why ?? '',
    /has a source identity, for which .* allow sts:SetSourceIdentity/,
  )
  assert.match(identity.next ?? '', /^Add sts:SetSourceIdentity/)
  const env = { AWS_ENDPOINT_URL_STS: 'https://sts.eu-west-1.amazonaws.com' }
  assert.match(
    refused('access-denied', DENIED, {}, {}, env).why ?? '',
    /^endpoint {2}sts\.eu-west-1\.amazonaws\.com \(from AWS_ENDPOINT_URL_STS\), so the role/m,
  )
})

test('access-denied for a token without subject and audience says so', () => {
  const { why } = refused('access-denied', DENIED, {}, { sub: undefined, aud: undefined })
  assert.match(why ?? '', /^audience {2}\(none\)\nsubject {3}\(none\)$/m)
})

describe('what can be seen of a token that AWS rejects', () => {
  const jwt = (alg: string, length: number) =>
    `${Buffer.from(JSON.stringify({ typ: 'JWT', alg })).toString('base64url')}.e30.${'s'.repeat(length)}`
  // RFC 7518, section 3: 256 octets of RSA with 2048 bits, 64 of P-256, in base64url
  for (const [name, value, claims, likely] of [
    ['whole, by RSA', jwt('RS256', 342), {}, undefined],
    ['cut off, by RSA', jwt('RS256', 341), {}, /cut off: it has 341 characters .* at least 342\.$/],
    ['whole, by P-256', jwt('ES256', 86), {}, undefined],
    ['cut off, by P-256', jwt('ES256', 85), {}, /cut off: it has 85 characters .* at least 86\.$/],
    ['without a signature', 'a.b', {}, /it has 0 characters/],
    [
      'without claims',
      jwt('RS256', 342),
      { iss: undefined, exp: undefined },
      /lacks the claims iss, exp: /,
    ],
  ] as const) {
    test(name, () => {
      const error = refused('token-rejected', 'IDPRejectedClaim: no', {}, claims, {}, { value })
      if (likely) assert.match(error.likely ?? '', likely)
      else assert.equal(error.likely, undefined)
    })
  }
})

test('how the token of another CI gets another audience', () => {
  const next = (claims: object, token = {}) =>
    refused('audience-not-registered', 'Incorrect token audience', {}, claims, {}, token).next ?? ''
  assert.match(next({}), /in CircleCI: another --audience, or none/)
  assert.match(
    next({ iss: 'https://gitlab.example' }),
    /aud under id_tokens in \.gitlab-ci\.yml\.$/,
  )
  const ofGitlab = { source: 'GITLAB_OIDC_TOKEN' }
  assert.match(next({ iss: 'https://git.example' }, ofGitlab), /in \.gitlab-ci\.yml\.$/)
  assert.match(next({ aud: undefined, iss: undefined }), /^Add \(none in the token\) to its/)
})

describe('a role that the credentials of a profile fail to get', () => {
  const OTHER = 'arn:aws:iam::222222222222:role/team/next'
  const by = 'User: arn:aws:sts::111111111111:assumed-role/deploy/job-42 is not authorized'
  const on = `on resource: ${OTHER}`
  function chained(
    code: Failure['code'],
    detail: string,
    change: object = {},
    { isForeign, env = {} }: { isForeign?: true; env?: Record<string, string> } = {},
  ) {
    const request = {
      ...{ role: parseRoleArn(OTHER), roleSessionName: 'job', durationSeconds: 3600 },
      ...{ policyArns: [], sessionTags: [], transitiveTagKeys: [] },
    }
    const failure: Failure = { code, transient: false, detail, ...(isForeign && { isForeign }) }
    return chainedRefusal(
      { failure, attempts: 1, cause: undefined },
      {
        request: { ...request, ...change },
        ...{ sourceProfile: 'base', url: new URL('https://sts.eu-west-1.amazonaws.com'), env },
      },
    )
  }

  test('access-denied: who must allow what to whom', () => {
    const detail = `AccessDenied: ${by} to perform: sts:AssumeRole ${on}`
    const error = chained('access-denied', detail)
    assert.equal(error.message, `AWS does not let the profile "base" assume ${OTHER}.`)
    assert.equal(error.why, `${detail}.`)
    assert.match(error.likely ?? '', /\(sts:ExternalId\), and the profile has no external_id/)
    assert.equal(
      error.next,
      `Give the external_id if the trust policy requires one. In account 222222222222, the role's trust policy must allow sts:AssumeRole to the role deploy of account 111111111111 ("base"); in the account of "base", its permissions must allow the same on ${OTHER}.`,
    )
  })

  test('access-denied with an external id, tags and a source identity', () => {
    const error = chained('access-denied', 'AccessDenied: no', {
      ...{ externalId: 'x', sessionTags: [{ key: 'a', value: 'b' }], sourceIdentity: 'ann' },
    })
    assert.match(error.likely ?? '', /or it requires another external id, or/)
    assert.match(
      error.next ?? '',
      /^In account 222222222222, .* allow sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity to the role of "base"; /,
    )
  })

  for (const action of ['sts:TagSession', 'sts:SetSourceIdentity']) {
    test(`access-denied of ${action}`, () => {
      const error = chained('access-denied', `AccessDenied: ${by} to perform: ${action} ${on}`)
      assert.match(error.likely ?? '', new RegExp(`allows sts:AssumeRole, but not ${action}, `))
      assert.match(error.next ?? '', /^In account 222222222222, /)
    })
  }

  for (const [detail, next] of [
    ['ValidationError: The requested DurationSeconds exceeds the 1 hour session limit', /3600/],
    ['ValidationError: exceeds the MaxSessionDuration set for this role', /3600/],
    ['ValidationError: exceeds the 1 hour session limit', /lower duration_seconds\.$/],
    ['ValidationError: other', /^Correct the setting that AWS names\.$/],
  ] as const) {
    test(`request-rejected: ${detail}`, () => {
      const error = chained('request-rejected', detail)
      assert.equal(error.message, `AWS rejects the request for ${OTHER}.`)
      assert.match(error.next ?? '', next)
    })
  }

  test('session-policy-rejected names the settings of the profiles file', () => {
    const error = chained('session-policy-rejected', 'PackedPolicyTooLarge: x')
    assert.match(error.next ?? '', /policy, policy_arns or session_tags/)
  })

  test('what is of the connection is told as that', () => {
    assert.equal(
      chained('aws-unavailable', 'HTTP 503').message,
      'AWS STS at sts.eu-west-1.amazonaws.com could not answer.',
    )
  })

  test('access-denied by a server that is not AWS', () => {
    const foreign = { isForeign: true } as const
    assert.match(
      chained('access-denied', 'AccessDenied: ', {}, foreign).message,
      new RegExp(
        `^The STS at .* does not let the profile "base" assume ${OTHER}: AccessDenied\\.$`,
      ),
    )
    assert.match(chained('request-rejected', 'x', {}, foreign).message, /^AWS rejects the request/)
  })
})
