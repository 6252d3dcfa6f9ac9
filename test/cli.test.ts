import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readFlags } from '../src/cli.ts'
import { COMMANDS, type Command } from '../src/command-table.ts'
import { readFlagsStrictly } from '../src/help/flags.ts'
import type { Flags } from '../src/option-values.ts'
import { OPTIONS, type OptionName, type OptionSpec } from '../src/options.ts'

const NAMES = ['role-arn', 'policy-arns', 'duration-seconds', 'format', 'debug'] as const

const PLAIN: [args: string[], flags: Record<string, unknown>][] = [
  [[], {}],
  [['--role-arn', 'a'], { 'role-arn': 'a' }],
  [['--role-arn=a=b'], { 'role-arn': 'a=b' }],
  [['--debug', '--format', 'json'], { debug: true, format: 'json' }],
  [['--policy-arns', 'a', '--policy-arns', 'b,c'], { 'policy-arns': ['a', 'b,c'] }],
]
for (const [args, flags] of PLAIN) {
  test(`${JSON.stringify(args)} is read without yargs`, () => {
    assert.deepEqual(readFlags(NAMES, args), flags)
  })
}

for (const args of [
  ['--help'],
  ['-h'],
  ['x'],
  ['--role-arn'],
  ['--role-arn', '--debug'],
  ['--x=1'],
]) {
  test(`${JSON.stringify(args)} is left to yargs`, () => {
    assert.equal(readFlags(NAMES, args), undefined)
  })
}

const ODD_VALUES = [
  ...['', ' ', '-', '=', 'a=b', '=x', '0', '007', '1e3', '0x10', '-1', 'true', 'false', 'null'],
  ...[
    'a,b',
    'a.b',
    '"x"',
    "it's",
    'line\nbreak',
    'é',
    '[]',
    '{}',
    '__proto__',
    'no-debug',
    '$HOME',
  ],
]

/** Words of a command line, more often right for this command than not. */
function wordsFor(names: readonly OptionName[]): fc.Arbitrary<string[]> {
  const own = fc.constantFrom(...names)
  const any = fc.constantFrom(...(Object.keys(OPTIONS) as OptionName[]))
  const value = fc.oneof(fc.constantFrom(...ODD_VALUES), fc.string())
  const given = fc.tuple(own, value, fc.boolean()).map(([name, text, inline]) => {
    const { kind }: OptionSpec = OPTIONS[name]
    if (kind === 'flag') return [`--${name}`]
    return inline ? [`--${name}=${text}`] : [`--${name}`, text]
  })
  const stray = fc.oneof(
    value.filter((text) => text !== '--'),
    own.map((name) => `--${name}`),
    own.map((name) => `--no-${name}`),
    any.map((name) => `--${name}`),
    fc.tuple(any, value).map(([name, text]) => `-${name}=${text}`),
    fc.constantFrom('-h', '--help', '-x', '--debug=1', '--debug=', '--x.y=1', '---debug'),
  )
  const word = fc.oneof(
    { weight: 9, arbitrary: given },
    { weight: 1, arbitrary: stray.map((one) => [one]) },
  )
  return fc.array(word, { maxLength: 7 }).map((words) => words.flat())
}

for (const [name, command] of Object.entries<Command>(COMMANDS)) {
  test(`${name}: what is read without yargs, yargs reads alike`, () => {
    let compared = 0
    fc.assert(
      fc.property(wordsFor(command.options), (args) => {
        const flags = withoutStrayValue(() => readFlags(command.options, args))
        if (!flags) return
        compared += 1
        const { _, $0, ...strictly } = readFlagsStrictly(command, args) as Record<string, unknown>
        assert.deepEqual(_, [])
        assert.deepEqual({ ...flags }, strictly)
      }),
      { numRuns: 300 },
    )
    assert.ok(compared > 100, `${compared} compared`)
  })
}

/** Undefined where a flag has a value, which is refused before yargs could read it as no. */
function withoutStrayValue(read: () => Flags | undefined): Flags | undefined {
  try {
    return read()
  } catch (error) {
    assert.match(String(error), /takes no value/)
    return undefined
  }
}
