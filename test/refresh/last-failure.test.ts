import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { failedUntil, keepFailure, lastFailure } from '../../src/refresh/last-failure.ts'

const MINUTE = 60_000
const now = Date.parse('2026-11-21T12:00:00Z')

function failurePath(t: TestContext): string {
  t.mock.method(Date, 'now', () => now)
  const directory = mkdtempSync(join(tmpdir(), 'failure-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'failure.json')
}

// How long the credentials still serve, and for how long nobody asks again, in seconds.
const WAITS: [left: number, wait: number][] = [
  [-3600, 10],
  [0, 10],
  [40, 10],
  [100, 25],
  [240, 60],
  [3600, 60],
]

for (const [left, wait] of WAITS) {
  test(`${left} s before the end, nobody asks again for ${wait} s`, () => {
    assert.equal(failedUntil(now + left * 1000, now), now + wait * 1000)
  })
}

const FAILURE = { code: 'access-denied', what: 'Refused.', next: 'Ask again.' } as const

// In seconds from now.
const TIMES: [name: string, at: number, until: number, isTold: boolean][] = [
  ['a moment ago', 0, 10, true],
  ['a while ago', -50, 10, true],
  ['that is over', -60, 0, false],
  ['of a clock ahead of ours', 1, 10, false],
  ['that would hold for too long', -1, 60, false],
]

for (const [name, at, until, isTold] of TIMES) {
  test(`a failure ${name} is ${isTold ? 'told' : 'forgotten'}`, (t) => {
    const path = failurePath(t)
    const failure = { ...FAILURE, at: now + at * 1000, until: now + until * 1000 }
    keepFailure(path, failure)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(lastFailure(path), isTold ? failure : undefined)
  })
}

test('no failure, none that can be kept, and none that can be read', (t) => {
  const path = failurePath(t)
  assert.equal(lastFailure(path), undefined)
  keepFailure(join(path, 'below'), { ...FAILURE, at: now, until: now + MINUTE })
  writeFileSync(path, '{')
  assert.equal(lastFailure(path), undefined)
})
