import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skippedTests, unexcused } from '../../scripts/test.ts'

const TAP = String.raw`TAP version 13
# Subtest: a # of things
ok 1 - a \# SKIP of things
# Subtest: under dash
    # Subtest: works
    ok 1 - works # SKIP there is no dash: the package dash has it
    ok 2 - too # SKIP there is no dash: the package dash has it
    1..2
ok 2 - under dash
ok 3 - terraform fmt # SKIP as TEST_WITHOUT says, there is no terraform: install Terraform
ok 4 - why \#4 \\ # SKIP it is \#5 \\
not ok 5 - broken
ok 6 - silent # SKIP
ok 7 - later # TODO soon
# skipped 4
`

test('what was skipped is counted by its reason', () => {
  assert.deepEqual(Object.fromEntries(skippedTests(TAP)), {
    'there is no dash: the package dash has it': 2,
    'as TEST_WITHOUT says, there is no terraform: install Terraform': 1,
    'it is #5 \\': 1,
    'no reason given': 1,
  })
})

test('in CI only what it says it cannot install may be', () => {
  const reasons = ['there is no dash: the package dash has it', 'as TEST_WITHOUT says, no Go']
  assert.deepEqual(unexcused(reasons, true), reasons.slice(0, 1))
  assert.deepEqual(unexcused(reasons, false), [])
})
