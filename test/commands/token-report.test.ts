import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { expiryInWords, otherClaims, tokenJson, tokenLines } from '../../src/commands/token.ts'
import type { Claims } from '../../src/token/claims.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const V1 = 'org/o/project/p/user/u'

describe('expiry in words', () => {
  const cases: [seconds: number, words: string][] = [
    [2580, 'in 43 minutes'],
    [2579.9, 'in 42 minutes'],
    [119, 'in 119 seconds'],
    [1, 'in 1 second'],
    [0.5, 'in 0 seconds'],
    [7199, 'in 119 minutes'],
    [7200, 'in 2 hours'],
    [172_800, 'in 2 days'],
    [0, 'expired 0 seconds ago'],
    [-300, 'expired 5 minutes ago'],
    [-9000, 'expired 2 hours ago'],
  ]
  for (const [seconds, words] of cases) {
    test(words, () => {
      assert.equal(expiryInWords(new Date(NOW.getTime() + seconds * 1000), NOW), words)
    })
  }
})

describe('report', () => {
  const lines = (claims: Claims) =>
    Object.fromEntries(tokenLines({ value: 'secret', claims, source: 'T' }, NOW))

  test('of a token with everything', () => {
    const claims = {
      iss: 'https://oidc.circleci.com/org/o',
      aud: ['a', 'b'],
      sub: V1,
      exp: 1795263000,
      iat: 1795259400,
      'oidc.circleci.com/context-ids': ['c'],
      name: 'x\u001b[2J\u202ey',
    }
    const token = { value: 'secret', claims, source: 'CIRCLE_OIDC_TOKEN' }
    assert.deepEqual(tokenLines(token, NOW), [
      ['Source', 'CIRCLE_OIDC_TOKEN'],
      ['Kind', 'CircleCI V1, whose subject does not name repository and branch'],
      ['Issuer', 'https://oidc.circleci.com/org/o'],
      ['Audience', 'a, b'],
      ['Subject', V1],
      ['Expires', '2026-11-21 12:10:00 UTC, in 10 minutes'],
    ])
    assert.deepEqual(otherClaims(token), [
      ['iat', '2026-11-21 11:10:00 UTC'],
      ['oidc.circleci.com/context-ids', '["c"]'],
      ['name', 'x\\u001b[2J\\u202ey'],
    ])
    assert.deepEqual(tokenJson(token, NOW), {
      source: 'CIRCLE_OIDC_TOKEN',
      kind: 'circleci-v1',
      issuer: claims.iss,
      audience: ['a', 'b'],
      subject: V1,
      expiration: '2026-11-21T12:10:00Z',
      expired: false,
      claims,
    })
  })

  test('every time in one form; a number that is none stays', () => {
    const times = { iat: 1795259400, nbf: 1795259400, auth_time: 1795259400, jti: 1795259400 }
    const claims = { ...times, nbf: 1e20 }
    const at = '2026-11-21 11:10:00 UTC'
    const shown = otherClaims({ value: 'secret', claims: times, source: 'T' })
    assert.deepEqual(shown, [
      ['iat', at],
      ['nbf', at],
      ['auth_time', at],
      ['jti', '1795259400'],
    ])
    const [, nbf] = otherClaims({ value: 'secret', claims, source: 'T' })
    assert.deepEqual(nbf, ['nbf', '100000000000000000000'])
    const text = { iat: '1795259400' } as unknown as Claims
    assert.deepEqual(otherClaims({ value: 'secret', claims: text, source: 'T' }), [
      ['iat', '1795259400'],
    ])
  })

  test('of a token with nothing', () => {
    assert.deepEqual(lines({}), {
      Source: 'T',
      Issuer: '(none)',
      Audience: '(none)',
      Subject: '(none)',
      Expires: '(it does not say when)',
    })
  })

  test('the kind is in the subject', () => {
    const v2 = `${V1}/vcs-origin/github.com/o/r/vcs-ref/refs/heads/main`
    assert.match(lines({ sub: v2 })['Kind'] ?? '', /^CircleCI V2, /)
    assert.match(lines({ sub: V1 })['Kind'] ?? '', /^CircleCI V1, /)
    assert.equal(lines({ sub: 'repo:o/r:ref:refs/heads/main' })['Kind'], undefined)
  })
})
