import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { PYTHON, withoutModules } from '../tools/python.ts'
import { CLI } from './built-cli.ts'
import { Job, ROLE } from './job.ts'

test('the main job in a sandbox, and nothing of it left in the real home', async (t) => {
  const job = new Job(t, { AWS_PROFILE: 'parent', TMPDIR: '/tmp' })
  const script = `circleci-aws-oidc assume-role --role-arn ${ROLE} --profile dev --region eu-west-1
    circleci-aws-oidc whoami --profile dev --format json
    echo "home=$HOME"`
  const { stdout, stderr } = await job.done(['sandbox', '--', 'bash', '-euc', script])
  assert.equal(stderr, '')
  assert.match(
    stdout,
    /^Role +arn:aws:sts::111111111111:assumed-role\/circleci-oidc\/circleci-42-/m,
  )
  assert.match(stdout, /^ {2}"accountId": "111111111111",$/m)
  const home = /^home=(.+)$/m.exec(stdout)?.[1] ?? ''
  assert.ok(home !== job.home && !existsSync(home), 'the home of the sandbox is removed')
  assert.deepEqual(job.files(), {})
})

test('a command of ours without its program: says how to write it', async (t) => {
  const job = new Job(t)
  for (const command of [['assume-role', '--role-arn', ROLE], [' trust check --policy x']]) {
    const { code, stderr } = await job.run(['sandbox', '--', ...command])
    assert.equal(code, 127)
    const name = command[0]?.trim().split(' ')[0]
    assert.match(stderr, new RegExp(`^sandbox: .* circleci-aws-oidc ${name}$`, 'm'))
  }
  const { stderr } = await job.run(['sandbox', '--', 'no-such-command'])
  assert.doesNotMatch(stderr, /^sandbox: /m)
})

test('later bash steps have the profile through BASH_ENV', async (t) => {
  const job = new Job(t)
  const script = `circleci-aws-oidc assume-role --role-arn ${ROLE} --profile dev --region eu-west-1
    bash -euc 'echo "$AWS_PROFILE $AWS_REGION"; circleci-aws-oidc whoami'`
  const { stdout } = await job.done(['sandbox', '--', 'bash', '-euc', script])
  assert.match(stdout, /^dev eu-west-1\nAccount +111111111111$/m)
})

test('--audience mints with the circleci of the sandbox', async (t) => {
  const job = new Job(t)
  const script = `circleci-aws-oidc assume-role --role-arn ${ROLE} --audience "$CIRCLE_ORGANIZATION_ID"`
  const { stdout } = await job.done(['sandbox', '--', 'sh', '-c', script])
  assert.match(stdout, /\(circleci run oidc get\)$/m)
  const { code, stderr } = await job.run(['sandbox', '--', 'sh', '-c', script.replace('"$', '"x$')])
  assert.equal(code, 4)
  assert.match(stderr, /^Error audience-not-registered: /m)
})

test('faults, with what AWS would not say', async (t) => {
  const job = new Job(t)
  const assume = ['circleci-aws-oidc', 'assume-role', '--role-arn', ROLE, '--max-attempts', '2']
  const spoilt = await job.done(['sandbox', '--fault', 'throttling:1', '--', ...assume])
  assert.match(spoilt.stderr, /^sandbox: fault throttling for AssumeRoleWithWebIdentity$/m)
  assert.match(spoilt.stderr, /^Attempt 1 of 2 failed \(Throttling: Rate exceeded\)/m)
  const refused = await job.run(['sandbox', '--', ...assume.with(3, `${ROLE}-2`)])
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /^sandbox: refused AssumeRoleWithWebIdentity .*AWS would not say: /m)
})

test('without a command: a job for other shells, until a signal ends it', async (t) => {
  const job = new Job(t)
  const script = `export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
    circleci-aws-oidc sandbox > exports 2> log & sandbox=$!
    for i in $(seq 100); do if grep -qs 'listens on' log; then break; fi; sleep 0.1; done
    . ./exports
    rm exports
    circleci-aws-oidc assume-role --role-arn ${ROLE} --profile pasted --region eu-west-1
    circleci-aws-oidc whoami --profile pasted
    ls "$HOME" "$AWS_CONFIG_FILE"
    kill -TERM $sandbox; wait $sandbox; echo "ended with $?"; ls "$AWS_CONFIG_FILE"`
  const { stdout, stderr } = await job.run(['sandbox', '--', 'bash', '-c', script])
  assert.match(stdout, /^Account +111111111111$/m)
  assert.match(stdout, /^ended with 0\n$/m)
  assert.match(stderr, /^ls: .*\/config': No such file or directory\n$/, 'its files are gone')
})

const IN_TERMINAL = `
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
shown = b''
while b'whoami' not in shown:
    shown += os.read(terminal, 4096)
os.kill(pid, signal.SIGINT)
print(shown.decode(), os.waitpid(pid, 0)[1])
`

test('on a terminal, the line to paste is there once', {
  skip: withoutModules('pty'),
}, async (t) => {
  const job = new Job(t)
  const command = [process.execPath, CLI, 'sandbox']
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', IN_TERMINAL, ...command], {
    env: job.env,
  })
  assert.equal(stdout.match(/job\.sh/g)?.length, 1)
  assert.match(stdout, / 0\n$/)
})

test("the command's exit code is the sandbox's", async (t) => {
  const job = new Job(t)
  for (const [script, code] of [
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['circleci-aws-oidc assume-role --no-such 2>/dev/null', 2],
  ] as const) {
    assert.equal((await job.run(['sandbox', '--', 'sh', '-c', script])).code, code)
    // One text is a step's command: the first failure ends it.
    assert.equal((await job.run(['sandbox', '--', `${script}\necho on`])).code, code)
  }
  const { code, stderr } = await job.run(['sandbox', '--', 'no-such-program', 'x'])
  assert.deepEqual([code, stderr], [127, 'sandbox: no-such-program: command not found\n'])
})

test('a world from a pipe, as from process substitution', async (t) => {
  const job = new Job(t)
  const script = 'exec circleci-aws-oidc sandbox --world <(echo "$WORLD") -- printenv CIRCLE_BRANCH'
  const env = { WORLD: '{"job": {"branch": "from-a-pipe"}}' }
  const { stdout } = await job.done(['sandbox', '--env', 'WORLD', '--', 'bash', '-c', script], {
    env,
  })
  assert.equal(stdout, 'from-a-pipe\n')
})

test('wrong input', async (t) => {
  const job = new Job(t)
  const world = job.write('world.json', '{"accounts": 1}')
  await job.fails(
    ['sandbox', '--fault', 'nope', '--', 'true'],
    'invalid-usage',
    /"nope" is not a fault/,
  )
  await job.fails(['sandbox', '--port', '65536'], 'invalid-usage', /from 0 to 65535/)
  await job.fails(['sandbox', 'true'], 'invalid-usage', /true/)
  await job.fails(['sandbox', '--world', world, '--', 'true'], 'invalid-world', /accounts/)
  await job.fails(['sandbox', '--world', '/no/such', '--', 'true'], 'file-unreadable', /no such/)
})
