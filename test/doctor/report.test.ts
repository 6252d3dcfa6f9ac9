import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LEVELS } from '../../src/doctor/findings.ts'
import {
  exitCode,
  type Findings,
  inOrder,
  reportJson,
  reportText,
} from '../../src/doctor/report.ts'

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

test('what is said of a finding: why, what to do, and where more stands, as far as there is any', () => {
  const whole = { evidence: 'one\ntwo', fix: 'Mend it.', exit: 4 }
  const text = reportText(
    [
      { ...one('error', 'It broke.'), ...whole, id: 'clock-skew' },
      { ...one('warning'), fix: 'Mind it.', id: 'static-keys' },
      { ...one('skipped'), evidence: 'Why not.' },
      one('ok'),
    ],
    paint,
  )
  assert.equal(
    text,
    `✗ It broke.
    Why:  one
          two
    Fix:  Mend it.
    More: npx circleci-aws-oidc explain clock-skew
! warning
    Fix:  Mind it.
    More: npx circleci-aws-oidc explain static-keys
- Not checked: skipped
    Why:  Why not.
✓ ok

1 error, 1 warning, 1 check not made.`,
  )
})

test('each mark has its colour', () => {
  const text = reportText(
    (['error', 'warning', 'skipped', 'ok'] as const).map((level) => one(level)),
    (stream, style, mark) => `<${stream} ${style} ${mark}>`,
  )
  assert.deepEqual(text.match(/<.*>/g), [
    '<stdout red ✗>',
    '<stdout yellow !>',
    '<stdout dim - Not checked:>',
    '<stdout green ✓>',
  ])
})

test('only of an error the rest of a long line begins the next', () => {
  const long = `${sentence(100)} ${sentence(90)}`
  assert.equal(reportText([one('warning', long)], paint).split('\n')[0], `! ${long}`)
  const [, rest] = reportText([{ ...one('error', long), evidence: 'So.' }], paint).split('\n    ')
  assert.equal(rest, `Why:  ${sentence(90)}\n          So.`.split('\n    ')[0])
})

test('findings that are alike are told once, the raised one instead of its warning', () => {
  const warning = { ...one('warning', 'a'), id: 'fork-token' } as const
  const [raised, other] = [
    { ...warning, level: 'error', what: 'b' },
    { ...warning, what: 'c' },
  ] as const
  assert.deepEqual(inOrder({ token: [warning, warning] }), [warning])
  assert.deepEqual(inOrder({ token: [warning], exchange: [raised] }), [raised])
  assert.deepEqual(inOrder({ token: [warning, other] }), [warning, other])
  const errors = [one('error', 'a'), one('error', 'b')]
  assert.deepEqual(inOrder({ files: errors }), errors)
  const elsewhere = { ...one('warning', 'a'), id: 'static-keys' } as const
  assert.deepEqual(inOrder({ token: [warning], files: [elsewhere] }), [warning, elsewhere])
})

test('the exit code is that of wrong options, else of the worst', () => {
  const of = (...exits: number[]) => exitCode(exits.map((exit) => ({ ...one('error'), exit })))
  assert.deepEqual([of(), of(4, 5), of(4, 2), of(0, 0)], [0, 4, 2, 0])
})

test('for programs', () => {
  const warning = { ...one('warning', 'w'), id: 'static-keys', fix: 'f', evidence: 'e' } as const
  assert.deepEqual(reportJson([warning, one('ok')]), {
    ...{ result: 'warning', exitCode: 0 },
    findings: [
      {
        ...{ id: 'static-keys', level: 'warning', what: 'w', evidence: 'e', fix: 'f' },
        docs: 'docs/findings/doctor.md#static-keys',
      },
      { id: 'files', level: 'ok', what: 'ok', evidence: null, fix: null, docs: null },
    ],
  })
  const result = (...levels: Level[]) =>
    (reportJson(levels.map((level) => one(level))) as { result: string }).result
  assert.deepEqual(
    [result(), result('skipped', 'ok'), result('warning', 'error'), result('error')],
    ['ok', 'ok', 'error', 'error'],
  )
  const docs = (id: 'access-denied' | 'trust-policy-rejects') => {
    const report = reportJson([{ ...one('error'), id }]) as { findings: { docs: string }[] }
    return report.findings[0]?.docs
  }
  assert.equal(docs('access-denied'), 'docs/errors/aws.md#access-denied')
  assert.equal(docs('trust-policy-rejects'), 'docs/findings/trust-policy.md#trust-policy-rejects')
})
