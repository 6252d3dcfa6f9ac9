import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesWildcard } from '../../../src/trust/policy/wildcard.ts'

// "*" any combination of zero or more characters, "?" any single character:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String
const CASES: [text: string, pattern: string, matches: boolean][] = [
  ['', '', true],
  ['', '*', true],
  ['', '?', false],
  ['a', '?', true],
  ['ab', '?', false],
  ['abc', 'a*c', true],
  ['ac', 'a*c', true],
  ['abcd', 'a*c', false],
  ['abcbc', 'a*bc', true],
  ['a/b/c', 'a/*', true],
  ['A', 'a', false],
  ['a.c', 'a.c', true],
  ['abc', 'a.c', false],
  ['a+b', 'a+b', true],
  ['line\nbreak', 'line*break', true],
  ['é', '?', true],
  ['😀', '?', true],
  ['abc', '**c', true],
  ['abc', 'abc*', true],
  ['org/o/project/p/user/u', 'org/o/project/p/user/*', true],
  ['org/o/project/p2/user/u', 'org/o/project/p/user/*', false],
]

for (const [text, pattern, matches] of CASES) {
  test(`"${text}" ${matches ? 'matches' : 'does not match'} "${pattern}"`, () => {
    assert.equal(matchesWildcard(text, pattern), matches)
  })
}

test('a hostile pattern does not stall', () => {
  const started = performance.now()
  assert.equal(matchesWildcard('a'.repeat(2000), `${'*a'.repeat(500)}b`), false)
  assert.ok(performance.now() - started < 1000)
})
