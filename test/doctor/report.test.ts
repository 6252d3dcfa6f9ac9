import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LEVELS } from '../../src/doctor/findings.ts'
import { type Findings, inOrder, reportText } from '../../src/doctor/report.ts'

type Level = (typeof LEVELS)[number]

const one = (level: Level, what: string = level) => ({ id: 'files', level, what, exit: 0 }) as const

const paint = (_stream: unknown, _style: unknown, text: string) => text

const CASES: readonly [levels: readonly Level[], last: string][] = [
  [[], 'No problems found.'],
  [['ok', 'ok'], 'No problems found.'],
  [['error'], '1 error.'],
  [['error', 'error'], '2 errors.'],
  [['warning'], '1 warning.'],
  [['warning', 'warning', 'ok'], '2 warnings.'],
  [['error', 'warning', 'skipped'], '1 error, 1 warning, 1 check not made.'],
  [['skipped', 'skipped', 'ok'], 'No problems found, 2 checks not made.'],
]
for (const [levels, last] of CASES) {
  test(`${levels.join(', ') || 'no finding'}: ${last}`, () => {
    const text = reportText(
      levels.map((level, index) => one(level, `${level} ${index}`)),
      paint,
    )
    assert.equal(text.split('\n').at(-1), last)
  })
}

test('the worst comes first, and what could not be checked before what is fine', () => {
  const findings: Partial<Findings> = {
    token: [one('ok'), one('skipped')],
    files: [{ ...one('warning'), id: 'environment' }, one('error')],
  }
  assert.deepEqual(
    inOrder(findings).map(({ level }) => level),
    ['error', 'warning', 'skipped', 'ok'],
  )
})
