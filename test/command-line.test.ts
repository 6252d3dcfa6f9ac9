import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { asksForJson } from '../src/cli.ts'
import { findCommand } from '../src/command-table.ts'
import { runHere } from './acceptance/run-here.ts'

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
    [['explain'], /No code is given to explain\./, /Choose one of/],
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
