import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutTokens } from '../../src/text.ts'
import {
  audiences,
  type Claims,
  circleciSubject,
  decodeClaims,
  expiration,
  holderOf,
} from '../../src/token/claims.ts'
import { hasExpired, webIdentityToken } from '../../src/token/web-identity-token.ts'
import { jwt } from './jwt.ts'

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
const CIRCLECI = {
  iss: 'https://oidc.circleci.com/org/o1',
  aud: 'o1',
  sub: 'org/o1/project/p1/user/u1/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/größe',
  iat: 1_800_000_000,
  exp: 1_800_003_600,
  'oidc.circleci.com/project-id': 'p1',
  'oidc.circleci.com/context-ids': ['c1'],
  'oidc.circleci.com/ssh-rerun': false,
}

test('claims are decoded as they are', () => {
  assert.deepEqual(decodeClaims(jwt(CIRCLECI), 'X'), CIRCLECI)
  assert.deepEqual(decodeClaims(jwt({}), 'X'), {})
})

test('blanks and line ends around a token do not belong to it', () => {
  const value = jwt(CIRCLECI)
  assert.deepEqual(webIdentityToken(` ${value}\r\n`, 'X'), { value, claims: CIRCLECI, source: 'X' })
})

const part = (text: string) => Buffer.from(text).toString('base64url')

const MALFORMED: [text: string, why: string][] = [
  ['', 'It is empty.'],
  ['$CIRCLE_OIDC_TOKEN_V2', 'It is the name of a variable that was not expanded.'],
  ['${CIRCLE_OIDC_TOKEN_V2}', 'It is the name of a variable that was not expanded.'],
  [`"${jwt()}"`, 'Quotation marks are part of it.'],
  [`'${jwt()}'`, 'Quotation marks are part of it.'],
  [`{"value":"${jwt()}"}`, 'It is JSON, not the token itself.'],
  [`Bearer ${jwt()}`, 'It begins with "Bearer ", which is not part of the token.'],
  [`${jwt()}\n${jwt()}`, 'It contains spaces or line breaks.'],
  ['****', 'It is only asterisks: what a CI shows instead of a secret.'],
  ['a***', 'It has 1 part instead of 3, separated by dots.'],
  ['***a', 'It has 1 part instead of 3, separated by dots.'],
  [Buffer.from(jwt()).toString('base64'), 'It is encoded in base64 twice.'],
  ['aZXlK', 'It has 1 part instead of 3, separated by dots.'],
  ['token', 'It has 1 part instead of 3, separated by dots.'],
  ['a.b', 'It has 2 parts instead of 3, separated by dots.'],
  ['a.b.c.d.e', 'It has 5 parts instead of 3, separated by dots.'],
  ['a.b.', 'One of its three parts is empty; AWS accepts no unsigned token.'],
  ['a.b+/=.c', 'It has characters that are not base64url.'],
  [`a.${part('no JSON')}.c`, 'Its second part does not decode to JSON.'],
  [`a.${part('[]')}.c`, 'Its second part does not decode to a JSON object.'],
  [`a.${part('null')}.c`, 'Its second part does not decode to a JSON object.'],
  [`a.${'b'.repeat(20_000)}.c`, 'It has 20004 characters; STS accepts at most 20000.'],
  ...Object.entries({ iss: 1, sub: {}, aud: 7, exp: '1800000000', iat: null }).map(
    ([claim, value]): [string, string] => [
      jwt({ [claim]: value }),
      `Its claim "${claim}" has a type that OpenID Connect does not allow.`,
    ],
  ),
  [jwt({ aud: ['o1', 2] }), 'Its claim "aud" has a type that OpenID Connect does not allow.'],
]

for (const [text, why] of MALFORMED) {
  test(`${JSON.stringify(text.slice(0, 30))}: ${why}`, () => {
    assert.throws(() => decodeClaims(text, 'the variable ID_TOKEN'), {
      code: 'token-malformed',
      exitCode: 3,
      message: 'The content of the variable ID_TOKEN is not a web identity token (a signed JWT).',
      why,
    })
  })
}

test('20000 characters are still taken', () => {
  const start = jwt()
  const token = start + 'x'.repeat(20_000 - start.length)
  assert.deepEqual(decodeClaims(token, 'X'), {})
  assert.throws(() => decodeClaims(`${token}x`, 'X'), { code: 'token-malformed' })
})

test('the audience is a string, a list, or missing', () => {
  assert.deepEqual(audiences({ aud: 'o1' }), ['o1'])
  assert.deepEqual(audiences({ aud: ['o1', 'o2'] }), ['o1', 'o2'])
  assert.deepEqual(audiences({}), [])
})

test('a token expires at its exp; without one, or with an impossible one, nobody knows', () => {
  assert.equal(expiration({ exp: 1_800_000_000 })?.toISOString(), '2027-01-15T08:00:00.000Z')
  assert.equal(expiration({}), undefined)
  assert.equal(expiration({ exp: 1e300 }), undefined)
  const token = webIdentityToken(jwt({ exp: 1_800_000_000 }), 'X')
  assert.equal(hasExpired(token, 1_799_999_999_999), false)
  assert.equal(hasExpired(token, 1_800_000_000_000), true)
  assert.equal(hasExpired(webIdentityToken(jwt({}), 'X')), false)
})

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
const V1 = 'org/6d2b/project/9f01/user/77aa'
const SUBJECTS: [sub: string, names: string | undefined][] = [
  [V1, 'v1 6d2b 9f01'],
  [
    `${V1}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`,
    'v2 6d2b 9f01 github.com/acme/site refs/heads/main',
  ],
  // A branch may be named like a part of the subject; an origin may not.
  [
    `${V1}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/a/vcs-ref/b`,
    'v2 6d2b 9f01 github.com/acme/site refs/heads/a/vcs-ref/b',
  ],
  ['repo:acme/site:ref:refs/heads/main', undefined],
  [`prefix/${V1}`, undefined],
]

for (const [sub, names] of SUBJECTS) {
  test(`the subject ${sub} is ${names ? `CircleCI's: ${names}` : 'of another issuer'}`, () => {
    const subject = circleciSubject({ sub })
    const { version, organization, project, origin, ref } = subject ?? {}
    const found = [version, organization, project, origin, ref].filter((one) => one !== undefined)
    assert.equal(subject && found.join(' '), names)
  })
}

test('tokens are hidden in a text, whole or cut; host names stay', () => {
  const token = jwt(CIRCLECI)
  for (const secret of [token, token.slice(0, 60), token.slice(0, 20)]) {
    assert.equal(withoutTokens(`sent "${secret}" to it`), 'sent "[token]" to it')
  }
  const host = 'dial tcp: lookup runner-agent.circleci-internal.com: eyes only'
  assert.equal(withoutTokens(host), host)
  for (const name of ['role/eyewitness-deploy', 'KeyIdentifier0', 'publicKeyBase64', 'eyJob']) {
    assert.equal(withoutTokens(name), name)
  }
})

/** Claims as the documentation of the CIs has them. */
const HOLDERS: [claims: Claims, text: string][] = [
  [
    {
      iss: 'https://oidc.circleci.com/org/o',
      sub: `${V1}/vcs-origin/github.com/a/b/vcs-ref/refs/heads/main`,
    },
    'CircleCI, github.com/a/b, branch main',
  ],
  [
    {
      iss: 'https://oidc.circleci.com/org/o',
      sub: `${V1}/vcs-origin/github.com/a/b/vcs-ref/refs/tags/v1`,
    },
    'CircleCI, github.com/a/b, tag v1',
  ],
  [
    {
      iss: 'https://oidc.circleci.com/org/o',
      sub: V1,
      'oidc.circleci.com/vcs-origin': 'github.com/a/b',
      'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    },
    'CircleCI, github.com/a/b, branch main',
  ],
  [{ iss: 'https://oidc.circleci.com/org/o', sub: V1 }, 'CircleCI, project 9f01'],
  [
    {
      iss: 'https://token.actions.githubusercontent.com',
      sub: 'repo:octo-org/octo-repo:environment:prod',
      repository: 'octo-org/octo-repo',
      ref: 'refs/heads/main',
    },
    'GitHub Actions, octo-org/octo-repo, branch main',
  ],
  [
    {
      iss: 'https://gitlab.com',
      sub: 'project_path:my-group/my-project:ref_type:branch:ref:feature-branch-1',
      project_path: 'my-group/my-project',
      ref: 'feature-branch-1',
    },
    'GitLab CI, my-group/my-project, feature-branch-1',
  ],
  [
    {
      iss: 'https://agent.buildkite.com',
      sub: 'organization:acme:pipeline:site:ref:refs/heads/main:commit:1:step:x',
      pipeline_slug: 'site',
      build_branch: 'main',
    },
    'Buildkite, site, main',
  ],
  [{ iss: 'https://id.example', sub: 'job/a' }, 'https://id.example, job/a'],
  [{ iss: 'https://id.example', sub: 'x', repository: 7 }, 'https://id.example, x'],
  [{}, 'an issuer that it does not name, without a subject'],
]
for (const [claims, text] of HOLDERS) {
  test(`whose token: ${text}`, () => assert.equal(holderOf(claims), text))
}
