import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { asksForJson, readFlags } from '../src/cli.ts'
import { COMMANDS, type Command, findCommand } from '../src/command-table.ts'
import { readFlagsStrictly } from '../src/help/flags.ts'
import type { Flags } from '../src/option-values.ts'
import { OPTIONS, type OptionName, type OptionSpec } from '../src/options.ts'
import { runHere } from './acceptance/run-here.ts'

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

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const page = (name: string) => readFileSync(`test/acceptance/help/80/${name}.txt`, 'utf8')

test('the command that a command line begins with', () => {
  const cases: [args: string[], found: ReturnType<typeof findCommand>][] = [
    [['trust', 'check', '--x'], { name: 'trust check', args: ['--x'] }],
    [['exec', 'check', 'x'], { name: 'exec', args: ['check', 'x'] }],
    [['trust'], undefined],
    [['--debug', 'exec'], undefined],
    [['toString'], undefined],
    [[], undefined],
  ]
  for (const [args, found] of cases) assert.deepEqual(findCommand(args), found)
})

describe('what needs no command, or shows its page', () => {
  const cases: [args: string[], code: number, stdout: string][] = [
    ...['--version', '-V', '-v', 'version'].map((arg): [string[], number, string] => [
      [arg],
      ...([0, `${version}\n`] as const),
    ]),
    [['whoami', '--version'], 0, `${version}\n`],
    [[], 2, page('overview')],
    [['--help'], 0, page('overview')],
    [['help', 'trust'], 0, page('trust')],
    [['trust', 'check', '-h'], 0, page('trust-check')],
    [['whoami', '--profile', 'x', '--help'], 0, page('whoami')],
  ]
  for (const [args, code, stdout] of cases) {
    test(args.join(' '), async () => {
      assert.deepEqual(await runHere(args, {}), { code, stdout, stderr: '' })
    })
  }
})

describe('what is wrong with a command line', () => {
  const cases: [args: string[], first: RegExp, next: RegExp][] = [
    [['whoam'], /There is no command "whoam"\./, /Choose one of/],
    [['whoami', '--nope'], /There is no option --nope\./, /whoami --help/],
    [['whoami', '--debug=1'], /--debug takes no value\./, /Give --debug alone, or leave it out\./],
    [
      ['whoami', '--', 'x'],
      /whoami takes no command after "--"\./,
      /Run whoami first, then the command\./,
    ],
    [['whoami', '--'], /whoami takes no command after "--"\./, /Run whoami first/],
    [['explain', 'x'], /There is no error or finding "x"\./, /explain for a list/],
    [['explain', 'x', 'y'], /Unexpected argument "y"/, /explain --help/],
  ]
  for (const [args, first, next] of cases) {
    test(args.join(' '), async () => {
      const { code, stdout, stderr } = await runHere(args, {})
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, new RegExp(`^Error invalid-usage: ${first.source}`))
      assert.match(stderr, new RegExp(`^  Next: .*${next.source}`, 'm'))
    })
  }
})

test('the word of a command, and what stands after it', async () => {
  const { code, stdout } = await runHere(['explain', 'clock-skew'], {})
  assert.equal(code, 0)
  assert.match(stdout, /^## clock-skew\n/)
  const zsh = await runHere(['completion', 'zsh'], {})
  assert.match(zsh.stdout, /^#compdef circleci-aws-oidc\n/)
})

test('a variable that is spelt wrongly is told before all else, by doctor among its findings', async () => {
  const env = { AWS_OIDC_ROLE_ARM: 'x', 'AWS_OIDC_PROFIL\u001b': 'x' }
  const { stderr } = await runHere(['explain', 'clock-skew'], env)
  assert.deepEqual(stderr.split('\n').slice(0, -1).sort(), [
    'Warning: AWS_OIDC_PROFIL\\u001b is ignored; you probably mean AWS_OIDC_PROFILE.',
    'Warning: AWS_OIDC_ROLE_ARM is ignored; you probably mean AWS_OIDC_ROLE_ARN.',
  ])
  const args = ['doctor', '--sts-endpoint', 'http://127.0.0.1:9', '--timeout-seconds', '5']
  const doctor = await runHere(args, { ...env, HOME: '/nowhere' })
  assert.doesNotMatch(doctor.stderr, /Warning/)
  assert.match(doctor.stdout, /^! A variable is ignored: AWS_OIDC_ROLE_ARM; you probably/m)
})

describe('whether the result is to be JSON', () => {
  const cases: [args: string[], env: Record<string, string>, isJson: boolean][] = [
    [['whoami', '--format', 'json'], {}, true],
    [['whoami', '--format=json'], {}, true],
    [['whoami', '--format', 'json', '--nope'], {}, true],
    [['trust', 'check', '--nope', '--format=json'], {}, true],
    [['whoami', '--format', 'text', '--format', 'json'], {}, true],
    [['whoami', '--format', 'json', '--format', 'text'], {}, false],
    [['whoami'], { AWS_OIDC_FORMAT: 'json' }, true],
    [['whoami', '--format', 'text'], { AWS_OIDC_FORMAT: 'json' }, false],
    [['whoami', '--format', 'yaml'], { AWS_OIDC_FORMAT: 'json' }, false],
    [['whoami', '--format'], {}, false],
    [['whoami'], {}, false],
    [['whoami', 'json'], {}, false],
    [['whoami', '--', '--format', 'json'], {}, false],
    [['whoami', '--format', 'json', '--', 'x'], {}, true],
    // These have no such result.
    [['exec', '--format', 'json'], { AWS_OIDC_FORMAT: 'json' }, false],
    [['--format', 'json'], {}, false],
  ]
  for (const [args, env, isJson] of cases) {
    test(`${args.join(' ')} ${JSON.stringify(env)}`, () => {
      assert.equal(asksForJson(args, env), isJson)
    })
  }
})
