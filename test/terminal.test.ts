import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { readWorld } from '../src/sandbox/index.ts'
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
