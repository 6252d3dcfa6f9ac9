import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import {
  type FileSection,
  type NoteProblem,
  problemText,
  readSectionFile,
} from '../../src/trust/section-file.ts'

const GRAMMAR = {
  code: 'invalid-allow-file',
  kinds: {
    settings: { named: false, keys: ['region', 'output'] },
    account: { named: true, keys: ['id', 'note'] },
  },
} as const

const ENV = { ID: '111111111111', EMPTY: '' }

async function sectionsOf(text: string): Promise<object[]> {
  const read = (sections: readonly FileSection[]) =>
    sections.map(({ kind, name, line, settings }) => {
      const values = [...settings].map(([key, setting]) => [key, setting.line, setting.value])
      return { kind, name, line, values }
    })
  return readSectionFile(text, 'x.ini', GRAMMAR, ENV, read)
}

/** The lines of the error. */
async function problemsOf(text: string, read = (_: unknown, __: NoteProblem): unknown => 0) {
  let lines: readonly string[] = []
  await assert.rejects(readSectionFile(text, 'x.ini', GRAMMAR, ENV, read), (error: OidcError) => {
    assert.equal(error.code, 'invalid-allow-file')
    lines = error.message.split('\n')
    return true
  })
  return lines
}

test('sections, keys, and values over several lines, with their lines', async () => {
  const text = `\ufeff# first
[settings]
region = eu-west-1
[account one]
id = \${ID}
note: a
  b
  # between
  c
[ account   two  words ]
id=2
`
  assert.deepEqual(await sectionsOf(text), [
    { kind: 'settings', name: '', line: 2, values: [['region', 3, 'eu-west-1']] },
    {
      ...{ kind: 'account', name: 'one', line: 4 },
      values: [
        ['id', 5, '111111111111'],
        ['note', 6, 'a\nb\nc'],
      ],
    },
    { kind: 'account', name: 'two  words', line: 10, values: [['id', 11, '2']] },
  ])
  assert.deepEqual(await sectionsOf(''), [])
})

const PROBLEMS: readonly (readonly [text: string, ...problems: string[]])[] = [
  [
    '[acount one]',
    '  line 1: "[acount one]" is not a section of this file. Did you mean "account"?',
  ],
  [
    '[something]',
    '  line 1: "[something]" is not a section of this file. Write one of [settings], [account NAME].',
  ],
  [
    '[constructor]',
    '  line 1: "[constructor]" is not a section of this file. Write one of [settings], [account NAME].',
  ],
  ['[account]', '  line 1: [account] takes a name: [account NAME].'],
  ['[settings x]', '  line 1: [settings] takes no name.'],
  [
    '[account a]\n[account b]\n[account a]',
    '  line 3: "[account a]" is on line 1 already. Keep one of the two.',
  ],
  [
    '[settings]\nregoin = x',
    '  line 2: "regoin" is not a key of [settings]. Did you mean "region"?',
  ],
  ['[settings]\nx = y', '  line 2: "x" is not a key of [settings]. It takes region, output.'],
  [
    '[settings]\nregion = x\nregion = y',
    '  line 3: "region" is on line 2 already. Keep one of the two.',
  ],
  ['[settings]\nregion =', '  line 2: region has no value. Give one, or remove the line.'],
  [
    '[settings]\nregion = ${EMPTY:-}',
    '  line 2: region has no value. Give one, or remove the line.',
  ],
]
for (const [text, ...problems] of PROBLEMS) {
  test(problems.join(), async () => {
    assert.deepEqual(await problemsOf(text), ['x.ini has a problem:', ...problems])
  })
}

test('a variable that is not set is told of, and only that', async () => {
  const [count, line, ...more] = await problemsOf('[settings]\nregion = ${NOT_SET}')
  assert.deepEqual([count, more], ['x.ini has a problem:', []])
  assert.match(line ?? '', /^ {2}line 2: .*NOT_SET/)
})

test('all that is wrong is told of at once, in the order of the lines', async () => {
  const text = '[settings]\nregion\nregion = x\n[nonsense]\noops\n'
  const [count, ...lines] = await problemsOf(text)
  assert.equal(count, 'x.ini has 3 problems:')
  assert.deepEqual(
    lines.map((line) => line.slice(0, 9)),
    ['  line 2:', '  line 4:', '  line 5:'],
  )
})

test('of a file that is no text of ours, no more than twenty lines', async () => {
  const [count, ...lines] = await problemsOf('oops\n'.repeat(100))
  assert.deepEqual([count, lines.length], ['x.ini has 20 problems:', 20])
})

test('what the reader notes counts, too, but is not asked of a file that is not in order', async () => {
  const note = (_: unknown, noteProblem: NoteProblem) => noteProblem(7, 'It is odd.')
  assert.deepEqual(await problemsOf('[settings]\n', note), [
    'x.ini has a problem:',
    '  line 7: It is odd.',
  ])
  let asked = false
  await problemsOf('[nonsense]', () => {
    asked = true
  })
  assert.equal(asked, false)
})

test('an error of a value says all that it knows, with the names of the keys', () => {
  const error = new OidcError('invalid-usage', {
    what: '--max-session-duration is "x".',
    next: 'Give --role-arn, not pre--fix or x--y-z.',
  })
  const text = 'max_session_duration is "x". Give role_arn, not pre--fix or x--y-z.'
  assert.equal(problemText(error), text)
})
