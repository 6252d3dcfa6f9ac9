import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, mock, test } from 'node:test'
import { readWorld } from '../src/sandbox/index.ts'
import { openTerminal } from '../src/terminal.ts'
import { CLI } from './acceptance/built-cli.ts'
import { type Environment, Job, ROLE, startJob } from './acceptance/job.ts'
import { without } from './tools/programs.ts'

const CONCEALED = /"\[concealed\]" is not/

test("--debug after -- is the command's", async (t) => {
  const { job } = await startJob(t)
  const args = ['exec', '--role-arn', ROLE]
  const { stdout, stderr } = await job.done([...args, '--', 'echo', 'plan', '--debug'])
  assert.deepEqual([stdout, stderr], ['plan --debug\n', ''])
  const ours = await job.done([...args, '--debug', '--', 'echo', 'plan'])
  assert.match(ours.stderr, /^debug: /m)
})

test('a token that an error quotes is not shown, whole or cut', async (t) => {
  const { job } = await startJob(t)
  const token = job.env['CIRCLE_OIDC_TOKEN_V2'] ?? ''
  for (const length of [token.length, 300, 100, 20]) {
    const env = { AWS_OIDC_POLICY_ARNS: token.slice(0, length) }
    const args = ['assume-role', '--role-arn', ROLE]
    const { stderr } = await job.fails(args, 'invalid-session-policy', CONCEALED, { env })
    assert.doesNotMatch(stderr, /eyJ/)
  }
})

/** What decides of colour, without a terminal and with one. https://no-color.org, https://bixense.com/clicolors */
const COLOURS: [env: Environment, piped: boolean, onTerminal: boolean][] = [
  [{}, false, true],
  [{ NO_COLOR: '1' }, false, false],
  [{ NO_COLOR: '' }, false, true],
  [{ TERM: 'dumb' }, false, false],
  [{ CLICOLOR: '0' }, false, false],
  [{ CLICOLOR_FORCE: '1' }, true, true],
  [{ CLICOLOR_FORCE: '0' }, false, true],
  [{ CLICOLOR_FORCE: '1', TERM: 'dumb' }, true, true],
  [{ CLICOLOR_FORCE: '1', NO_COLOR: '1' }, false, false],
  [{ FORCE_COLOR: '1' }, true, true],
  [{ FORCE_COLOR: '0' }, false, false],
  [{ FORCE_COLOR: 'false' }, false, false],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, true],
]
const COLOUR = '\u001b[31mError invalid-usage:\u001b[0m '

for (const [env, piped] of COLOURS) {
  test(`${piped ? 'colour' : 'no colour'} into a pipe: ${JSON.stringify(env)}`, async (t) => {
    const { stderr } = await new Job(t).run(['whoami', '--nope'], { env })
    assert.equal(stderr.includes(COLOUR), piped)
    assert.equal(stderr.includes('\u001b'), piped)
  })
}

for (const [env, , shown] of COLOURS) {
  const skip = without('script')
  test(`${shown ? 'colour' : 'no colour'} on a terminal: ${JSON.stringify(env)}`, { skip }, (t) => {
    const command = `'${process.execPath}' '${CLI.replace("'", "'\\''")}' whoami --nope`
    const whole = { PATH: process.env['PATH'], TERM: 'xterm', HOME: new Job(t).home, ...env }
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env: whole,
      input: '',
    })
    assert.equal(stdout.includes(COLOUR), shown, stdout)
    assert.match(stdout, /There is no option --nope/)
  })
}

test('what takes more than two seconds is told in a CI, not to a program', async (t) => {
  const { job } = await startJob(t, { world: readWorld({ latencyMs: 2300 }) })
  const args = ['assume-role', '--role-arn', ROLE]
  const { stderr } = await job.done(args, { env: { CI: 'true' } })
  assert.match(
    stderr,
    /^Still waiting for AWS STS at 127\.0\.0\.1:\d+ .*; the time limit is 60 s\.\n$/,
  )
  assert.equal((await job.done(args)).stderr, '')
})

/** What a terminal writes in this environment, to which stream; `use` must not wait. */
function written<Result>(
  env: Environment,
  use: (terminal: ReturnType<typeof openTerminal>) => Result,
  isTTY = false,
) {
  const lines: string[] = []
  const own = process.env
  const streams = ['stdout', 'stderr'] as const
  const mocks = streams.map((name) => {
    const wasTTY = process[name].isTTY
    const write = (text: string, done?: (error?: Error) => void) => {
      lines.push(`${name}: ${text}`)
      done?.()
      return true
    }
    const written = mock.method(process[name], 'write', write as typeof process.stdout.write)
    process[name].isTTY = isTTY
    const restore = () => {
      written.mock.restore()
      process[name].isTTY = wasTTY
    }
    return { restore }
  })
  process.env = { ...env }
  try {
    const result = use(openTerminal())
    return { lines, result }
  } finally {
    process.env = own
    for (const { restore } of mocks) restore()
  }
}

describe('what is written where', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

  test('the result to stdout, narration to stderr, neither with a secret or control characters', () => {
    const { lines } = written({}, (terminal) => {
      terminal.conceal(SECRET)
      terminal.conceal('short')
      terminal.print(`a ${SECRET} short \u001b[2J`)
      terminal.note(`b ${SECRET}\n\tc`)
      terminal.handOver(SECRET)
      terminal.debug('d')
      terminal.progress('e')
    })
    assert.deepEqual(lines, [
      'stdout: a [concealed] short \\u001b[2J\n',
      'stderr: b [concealed]\n\tc\n',
      `stdout: ${SECRET}\n`,
    ])
    const { result } = written({}, (terminal) => {
      terminal.conceal('12345678')
      return terminal.concealed('a 12345678')
    })
    assert.equal(result, 'a [concealed]')
  })

  test('a mask for GitHub: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands', () => {
    const { lines } = written({}, (terminal) => terminal.mask('a%b\r\nc'))
    assert.deepEqual(lines, ['stderr: ::add-mask::a%25b%0D%0Ac\n'])
  })

  test('progress for who watches, debug for who asks', () => {
    const say = (terminal: ReturnType<typeof openTerminal>) => {
      terminal.progress('p')
      terminal.debug('d')
    }
    const of = (env: Environment, isTTY = false) => written(env, say, isTTY).lines
    assert.deepEqual(of({ CI: 'true' }), ['stderr: p\n'])
    assert.deepEqual(of({}, true), ['stderr: p\n'])
    for (const name of ['AWS_OIDC_DEBUG', 'AWS_OIDC_ORB_DEBUG']) {
      for (const value of ['1', 'true']) {
        assert.deepEqual(of({ [name]: value }), ['stderr: debug: d\n'])
      }
      for (const value of ['0', 'false', '']) assert.deepEqual(of({ [name]: value }), [])
    }
  })

  test('whether there is something on stdout', () => {
    const { result } = written({}, (terminal) => {
      const before = terminal.hasPrinted()
      terminal.note('x')
      const noted = terminal.hasPrinted()
      terminal.print('x')
      return [before, noted, terminal.hasPrinted()]
    })
    assert.deepEqual(result, [false, false, true])
  })
})

test('colours of each kind, and none', () => {
  const paint = (env: Environment, isTTY: boolean) =>
    written(
      env,
      (terminal) =>
        (['bold', 'dim', 'red', 'yellow', 'green'] as const).map((style) =>
          terminal.paint('stdout', style, style),
        ),
      isTTY,
    ).result
  // ECMA-48, 8.3.117.
  const painted = ['[1mbold', '[2mdim', '[31mred', '[33myellow', '[32mgreen']
  assert.deepEqual(
    paint({}, true),
    painted.map((text) => `\u001b${text}\u001b[0m`),
  )
  assert.deepEqual(paint({}, false), ['bold', 'dim', 'red', 'yellow', 'green'])
  for (const [env, piped, onTerminal] of COLOURS) {
    const isPainted = (isTTY: boolean) => paint(env, isTTY)[0] !== 'bold'
    assert.deepEqual([isPainted(false), isPainted(true)], [piped, onTerminal], JSON.stringify(env))
  }
})

test('how wide the terminal is', () => {
  const width = (COLUMNS?: string) =>
    written(COLUMNS === undefined ? {} : { COLUMNS }, (terminal) => terminal.width()).result
  const own = process.stdout.columns
  try {
    process.stdout.columns = 0
    assert.deepEqual(
      [undefined, '', '0', '-5', 'x', '1', '40', '41', '200'].map(width),
      [80, 80, 80, 80, 80, 40, 40, 41, 200],
    )
    process.stdout.columns = 100
    assert.deepEqual([undefined, '-5', '90'].map(width), [100, 100, 90])
  } finally {
    process.stdout.columns = own
  }
})

test('what keeps output from being written is told at the end, but not that a reader left', async () => {
  const failing = (code: string | undefined) => {
    const error = code === undefined ? undefined : Object.assign(new Error('no'), { code })
    const write = (_: string, done: (failed?: Error) => void) => {
      done(error)
      return true
    }
    const written = mock.method(process.stdout, 'write', write as typeof process.stdout.write)
    const terminal = openTerminal()
    terminal.print('x')
    written.mock.restore()
    return terminal.flush()
  }
  assert.equal(await failing(undefined), undefined)
  assert.equal(await failing('EPIPE'), undefined)
  const failure = await failing('ENOSPC')
  assert.deepEqual([failure?.stream, failure?.error.code], ['stdout', 'ENOSPC'])
})
