import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { COMMANDS, type CommandName } from '../../src/command-table.ts'
import { OidcError } from '../../src/errors.ts'
import { readFlagsStrictly } from '../../src/help/flags.ts'

const ARN = 'arn:aws:iam::111111111111:role/circleci-oidc'

interface Said {
  readonly what: string
  readonly why?: string
  readonly likely?: string
}

const noOption = (option: string, more: Omit<Said, 'what'> = {}): Said => ({
  what: `There is no option ${option}.`,
  ...more,
})
const meant = (...options: string[]) => ({
  likely: `${options.join(', ').replace(/, (?=[^,]*$)/, ' or ')} was meant.`,
})
const stray = (word: string, likely?: string): Said => ({
  what: `Unexpected argument "${word}": only options are taken here.`,
  ...(likely ? { likely } : {}),
})
const ofExec = 'It is part of the command to run.'

const CASES: [command: CommandName, args: string[], said: Said][] = [
  ['whoami', ['--profile'], { what: '--profile has no value.' }],
  ['whoami', ['--profile', '--debug'], { what: '--profile has no value.' }],
  ['whoami', ['--proflie', 'x'], noOption('--proflie', meant('--profile'))],
  ['whoami', ['--proflie=x=y'], noOption('--proflie', meant('--profile'))],
  ['whoami', ['--proflie=x\ny'], noOption('--proflie', meant('--profile'))],
  ['whoami', ['-profile', 'x'], noOption('-profile', meant('--profile'))],
  ['whoami', ['-profile=x'], noOption('-profile', meant('--profile'))],
  ['whoami', ['-x'], noOption('-x')],
  ['whoami', ['--xyzxyz'], noOption('--xyzxyz')],
  ['whoami', ['--a.b*'], noOption('--a.b*')],
  ['whoami', ['--SECONDS', '1'], noOption('--SECONDS', meant('--timeout-seconds'))],
  ['whoami', ['--sts_endpoint', 'x'], noOption('--sts_endpoint', meant('--sts-endpoint'))],
  ['assume-role', ['--role', ARN], noOption('--role', meant('--role-arn', '--role-session-name'))],
  ['assume-role', ['--profiles', 'x'], noOption('--profiles', meant('--profiles-file'))],
  [
    'assume-role',
    ['--file', 'x'],
    noOption('--file', meant('--profiles-file', '--export-file', '--token-file')),
  ],
  [
    'whoami',
    ['--trust-policy', 'x'],
    noOption('--trust-policy', { why: 'It is an option of doctor.' }),
  ],
  [
    'whoami',
    ['--export-file', 'x'],
    noOption('--export-file', { why: 'It is an option of assume-role and doctor.' }),
  ],
  [
    'whoami',
    ['--role-arn', ARN],
    noOption('--role-arn', {
      why: 'It is an option of assume-role, exec, credential-process, doctor and trust check.',
    }),
  ],
  ['assume-role', [ARN], stray(ARN, `--role-arn ${ARN} was meant.`)],
  ['assume-role', ['x'], stray('x')],
  ['whoami', [ARN], stray(ARN)],
  ['exec', [ARN], stray(ARN, `--role-arn ${ARN} was meant.`)],
  ['exec', ['aws', 's3'], stray('aws', ofExec)],
  ['assume-role', ['--profile', 'a', 'x', '--xyzxyz'], noOption('--xyzxyz')],
]

describe('what is wrong with a command line, and what was probably meant', () => {
  for (const [name, args, { what, why, likely }] of CASES) {
    test(`${name} ${args.join(' ')}`, () => {
      assert.throws(
        () => readFlagsStrictly(COMMANDS[name], args),
        (error: unknown) => {
          assert.ok(error instanceof OidcError)
          assert.equal(error.code, 'invalid-usage')
          assert.deepEqual([error.message, error.why, error.likely], [what, why, likely])
          const program = name === 'exec' ? ', and put the command to run after "--"' : ''
          const next = `Run circleci-aws-oidc ${name} --help for the options${program}.`
          assert.equal(error.next, next)
          return true
        },
      )
    })
  }
})

test('what the quick way leaves to yargs', () => {
  const read = (...args: string[]) => {
    const { _, $0, ...flags } = readFlagsStrictly(COMMANDS.whoami, args) as Record<string, unknown>
    return flags
  }
  assert.equal(read('-h')['help'], true)
  assert.equal(read('--help')['help'], true)
  assert.equal(read('-V')['version'], true)
  assert.equal(read('--version')['version'], true)
  assert.deepEqual(read('--profile=-x'), { profile: '-x' })
  assert.deepEqual(read('--profile', '007', '--debug'), { profile: '007', debug: true })
})
