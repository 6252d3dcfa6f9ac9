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

const words = (length: number) =>
  'word '
    .repeat(length)
    .slice(0, length - 1)
    .trim()
    .padEnd(length - 1, 'x')
const sentence = (length: number) => `${words(length)}.`

// The first line of an error has 160 characters at most, with its mark.
const LONG: readonly [name: string, what: string, first: string, why: string | undefined][] = [
  ['a line', sentence(158), sentence(158), undefined],
  ['a line and a sentence', `${sentence(100)} ${sentence(59)}`, sentence(100), sentence(59)],
  [
    'a short sentence and a long one',
    `${sentence(20)} ${sentence(150)}`,
    `${`${sentence(20)} ${words(150)}`.slice(0, 155).trim()}…`,
    undefined,
  ],
  ['a word that is longer', 'x'.repeat(200), 'x'.repeat(200), undefined],
]
for (const [name, what, first, why] of LONG) {
  test(`the first line of ${name}`, () => {
    const [line = '', next = ''] = reportText([one('error', what)], paint).split('\n')
    assert.equal(line, `✗ ${first}`)
    if (why) assert.equal(next, `    Why:  ${why}`)
    else if (first.endsWith('…')) assert.match(next, /^ {4}Why: {2}…/)
    else assert.doesNotMatch(next, /Why/)
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
