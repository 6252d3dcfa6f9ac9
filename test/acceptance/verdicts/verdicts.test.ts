import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import { CLAIMS, NOW, PAGES, type Verdict, type VerdictCase } from './case.ts'
import { OPERATORS } from './operators.ts'
import { STATEMENTS } from './statements.ts'
import { STRINGS } from './strings.ts'
import { VALIDITY } from './validity.ts'

const CASES: readonly VerdictCase[] = [...STRINGS, ...OPERATORS, ...STATEMENTS, ...VALIDITY]

function verdictOf({ policy, claims }: VerdictCase): Verdict | undefined {
  const parsed = parseTrustPolicy(policy)
  if (!('policy' in parsed)) return 'invalid'
  const token = { ...CLAIMS, ...claims } as Parameters<typeof checkTrust>[0]['claims']
  return checkTrust({
    policy: parsed.policy,
    length: JSON.stringify(policy).length,
    claims: token,
    clientIds: [],
    now: NOW,
  }).verdict
}

describe("AWS's documentation decides", () => {
  for (const one of CASES) {
    test(`${one.page}: ${one.name}: ${one.verdict} (${PAGES[one.page]})`, () => {
      assert.equal(verdictOf(one), one.verdict)
    })
  }
})

test('at least 200 cases, no two of one name', () => {
  const names = CASES.map(({ page, name }) => `${page}: ${name}`)
  assert.ok(names.length >= 200, `${names.length}`)
  assert.deepEqual(names, [...new Set(names)])
})
