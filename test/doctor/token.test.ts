import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkMissingToken, checkToken } from '../../src/doctor/token.ts'
import { OidcError } from '../../src/errors.ts'
import type { Claims } from '../../src/token/claims.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const seconds = (more: number) => NOW.getTime() / 1000 + more

const USER = 'org/o/project/p/user/u'
const CLAIMS = {
  iss: 'https://oidc.circleci.com/org/o',
  aud: 'o',
  sub: USER,
  exp: seconds(3600),
} satisfies Claims

/** The token without a claim. */
const without = (name: keyof typeof CLAIMS): Claims =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([one]) => one !== name))

const EXPIRED = new OidcError('token-expired', { what: 'The token expired.' })

function check(claims: Claims, expired?: OidcError): string[] {
  const token = { value: 'a.b.c', source: 'TOKEN', claims }
  const findings = checkToken({ token, ...(expired ? { expired } : {}) }, {}, NOW)
  return findings.map(({ level, id, what }) => `${level} ${id} ${what}`)
}

const ABOUT = 'issuer https://oidc.circleci.com/org/o, audience o, subject'
const FINE = `ok token TOKEN: CircleCI V1, ${ABOUT} ${USER}, until 2026-11-21 13:00:00 UTC`
const INCOMPLETE = 'error token-incomplete The token lacks claims that AWS requires:'
const SOON = 'warning token-expires-soon The token is about to expire: in'

describe('what the claims say of the token', () => {
  const v2 = `${USER}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`
  const cases: [name: string, claims: Claims, ...found: string[]][] = [
    ['a V1 token', CLAIMS, FINE],
    ['a V2 token', { ...CLAIMS, sub: v2 }, FINE.replace('V1', 'V2').replace(USER, v2)],
    [
      'of another CI, for two audiences',
      { ...CLAIMS, sub: 'repo:acme/site', aud: ['a', 'b'] },
      FINE.replace('CircleCI V1, ', '').replace(USER, 'repo:acme/site').replace(' o,', ' a, b,'),
    ],
    ['without an issuer', without('iss'), `${INCOMPLETE} iss.`],
    ['without an audience', without('aud'), `${INCOMPLETE} aud.`],
    ['without a subject', without('sub'), `${INCOMPLETE} sub.`],
    ['without an end', without('exp'), `${INCOMPLETE} exp.`],
    ['without any', {}, `${INCOMPLETE} iss, aud, sub, exp.`],
    [
      'that ends in 299 s',
      { ...CLAIMS, exp: seconds(299) },
      `${SOON} 299 s, at 2026-11-21 12:04:59 UTC.`,
      FINE.replace('13:00:00', '12:04:59'),
    ],
    ['that ends in 300 s', { ...CLAIMS, exp: seconds(300) }, FINE.replace('13:00:00', '12:05:00')],
    [
      'of a job that was rerun with SSH',
      { ...CLAIMS, 'oidc.circleci.com/ssh-rerun': true },
      'warning ssh-rerun The job was rerun with SSH: its claim ssh-rerun is true.',
      FINE,
    ],
  ]
  for (const [name, claims, ...found] of cases) {
    test(name, () => assert.deepEqual(check(claims), found))
  }

  test('of an expired token only that it has expired', () => {
    const found = ['error token-expired The token expired.']
    assert.deepEqual(check({ ...CLAIMS, exp: seconds(-60) }, EXPIRED), found)
    assert.deepEqual(check({ ...without('aud'), exp: seconds(-60) }, EXPIRED), [
      `${INCOMPLETE} aud.`,
      ...found,
    ])
  })
})

// Set in pull requests from forks only: https://circleci.com/docs/variables/#built-in-environment-variables
const FORK = { CIRCLE_PR_USERNAME: 'mallory', CIRCLE_PR_NUMBER: '12' }

describe('why there is no token', () => {
  const missing = new OidcError('token-not-found', { what: 'This job has no OIDC token.' })

  test('in the pull request of a fork', () => {
    const [found, ...others] = checkMissingToken(missing, FORK)
    assert.deepEqual(others, [])
    assert.deepEqual([found?.id, found?.level, found?.exit], ['fork-without-token', 'error', 3])
    const of = (number: string) =>
      `CIRCLE_PR_USERNAME is mallory, CIRCLE_PR_NUMBER is ${number}. This job has no OIDC token.`
    assert.equal(found?.evidence, of('12'))
    const [unnumbered] = checkMissingToken(missing, { CIRCLE_PR_USERNAME: 'mallory' })
    assert.equal(unnumbered?.evidence, of('not set'))
  })

  test('elsewhere, or where the token is there and wrong', () => {
    const malformed = new OidcError('token-malformed', { what: 'The token is none.' })
    const ids = [
      checkMissingToken(missing, {}),
      checkMissingToken(missing, { CIRCLE_PR_USERNAME: '' }),
      checkMissingToken(malformed, FORK),
    ].map((found) => found.map(({ id }) => id))
    assert.deepEqual(ids, [['token-not-found'], ['token-not-found'], ['token-malformed']])
  })
})
