import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkExchange, plansOfProfile, type TriedRole } from '../../src/doctor/exchange.ts'
import { finding } from '../../src/doctor/findings.ts'
import { type ErrorCode, OidcError } from '../../src/errors.ts'
import type { RolePlan } from '../../src/sts/assume-role.ts'

type Source = RolePlan['source']

/** As far as it is looked at here. */
const plan = (profile: string, source: Source) => ({ profile, source }) as RolePlan
const OWN = plan('dev', { kind: 'token' })
const CHAINED = plan('far', { kind: 'profile', name: 'dev' })

const DOUBTS = (['fork-token', 'root-issuer', 'token-of-another-job', 'ssh-rerun'] as const).map(
  (kind) => finding(kind, 'detail'),
)

function check(tried: RolePlan, code: ErrorCode): string[] {
  const error = new OidcError(code, { what: 'AWS refuses.' })
  return checkExchange({ plan: tried, outcome: { error } }, DOUBTS).map(({ id }) => id)
}

describe('how AWS answered', () => {
  test('it allows the role', () => {
    const credentials = { expiration: new Date('2026-11-21T12:00:00Z') }
    const outcome = { value: { arn: 'ARN', credentials } } as TriedRole['outcome']
    const [found, ...others] = checkExchange({ plan: OWN, outcome }, DOUBTS)
    assert.deepEqual(others, [])
    assert.equal(found?.what, 'AWS allows ARN, until 2026-11-21 12:00:00 UTC')
    assert.deepEqual([found?.id, found?.level], ['exchange', 'ok'])
  })

  test('it was not asked, as the source of the profile failed', () => {
    const [found] = checkExchange({ plan: CHAINED, outcome: undefined }, DOUBTS)
    assert.equal(found?.what, 'exchange: far: its source profile failed')
    assert.equal(found?.level, 'skipped')
  })

  test('a refusal: what is strange about the token and can be why comes first', () => {
    const all = ['fork-token', 'root-issuer', 'token-of-another-job', 'access-denied']
    assert.deepEqual(check(OWN, 'access-denied'), all)
    const issuers = ['root-issuer', 'token-of-another-job', 'provider-not-found']
    assert.deepEqual(check(OWN, 'provider-not-found'), issuers)
    const [likely] = checkExchange(
      { plan: OWN, outcome: { error: new OidcError('access-denied', { what: 'No.' }) } },
      DOUBTS,
    )
    assert.match(likely?.what ?? '', /^Likely cause of AWS's refusal: The token is from a fork's/)
    assert.deepEqual([likely?.level, likely?.exit, likely?.evidence], ['error', 4, 'No.'])
  })

  test('a failure that the token has nothing to do with', () => {
    assert.deepEqual(check(OWN, 'aws-unreachable'), ['aws-unreachable'])
    for (const code of ['access-denied', 'provider-not-found'] as const) {
      assert.deepEqual(check(CHAINED, code), [code], 'it is asked for with credentials')
    }
  })
})

test('a profile, and those it builds on, first', () => {
  const plans = [
    OWN,
    CHAINED,
    plan('farther', { kind: 'profile', name: 'far' }),
    plan('other', { kind: 'token' }),
    plan('shared', { kind: 'shared-profile', name: 'dev' }),
  ]
  const of = (name: string) => plansOfProfile(plans, name).map(({ profile }) => profile)
  assert.deepEqual(of('farther'), ['dev', 'far', 'farther'])
  assert.deepEqual(of('other'), ['other'])
  assert.deepEqual(of('shared'), ['shared'])
  assert.deepEqual(of('none'), [])
})
