import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readWorld } from '../../src/sandbox/index.ts'
import { PYTHON, withoutModules } from '../tools/python.ts'
import { CLI } from './built-cli.ts'
import { type Job, ROLE, startJob } from './job.ts'

const EXEC = ['exec', '--role-arn', ROLE]

/** The environment that `exec` gives its command, by way of a file: it holds secrets. */
async function environmentOf(job: Job, args: string[], env: Record<string, string> = {}) {
  const path = join(job.root, 'env')
  await job.done([...EXEC, ...args, '--', 'sh', '-c', 'env -0 > "$OUT"'], {
    env: { ...env, OUT: path },
  })
  const lines = readFileSync(path, 'utf8').split('\0').filter(Boolean)
  return Object.fromEntries(lines.map((line) => /^([^=]*)=(.*)$/s.exec(line)?.slice(1) ?? []))
}

test('the command has the credentials, and no others', async (t) => {
  const { job, sandbox } = await startJob(t)
  const parent = {
    AWS_ACCESS_KEY_ID: 'AKIAPARENT',
    AWS_SECRET_ACCESS_KEY: 'parent',
    AWS_SESSION_TOKEN: 'parent',
    AWS_SECURITY_TOKEN: 'parent',
    AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z',
    AWS_PROFILE: 'parent',
    AWS_DEFAULT_PROFILE: 'parent',
    AWS_ROLE_ARN: 'parent',
    AWS_ROLE_SESSION_NAME: 'parent',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/parent',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/parent',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://parent',
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'parent',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/parent',
    AWS_BEARER_TOKEN_BEDROCK: 'parent',
    AWS_OIDC_ROLE_SESSION_NAME: 'from-the-job',
    AWS_CREDENTIAL_SCOPE: 'parent',
    AWS_PAGER: 'kept',
    OTHER: 'kept',
  }
  // Of other programs, by names that only resemble those.
  const others = [
    ...['MY_AWS_PROFILE', 'AWS_PROFILES', 'MY_AWS_SESSION_TOKEN', 'AWS_ACCOUNT_ID_OF_TEST'],
    ...['MY_AWS_OIDC_AUDIENCE', 'AWS_OIDC_', 'MY_BASH_ENV', 'BASH_ENV_FILE'],
  ]
  const theirs = Object.fromEntries(others.map((name) => [name, 'kept']))
  const all = await environmentOf(job, ['--region', 'eu-west-1'], { ...parent, ...theirs })
  const { OTHER, ...env } = all
  for (const name of others) {
    assert.equal(env[name], 'kept', name)
    delete env[name]
  }
  assert.deepEqual(
    Object.keys(env)
      .filter((name) => name.startsWith('AWS_'))
      .sort(),
    [
      'AWS_ACCESS_KEY_ID',
      'AWS_ACCOUNT_ID',
      'AWS_CREDENTIAL_EXPIRATION',
      'AWS_DEFAULT_REGION',
      'AWS_ENDPOINT_URL_STS',
      'AWS_PAGER',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ],
  )
  assert.match(env['AWS_ACCESS_KEY_ID'] ?? '', /^ASIA/)
  assert.ok((env['AWS_SECRET_ACCESS_KEY'] ?? '').length > 30)
  const left = Date.parse(env['AWS_CREDENTIAL_EXPIRATION'] ?? '') - Date.now()
  assert.ok(left > 3_500_000 && left <= 3_600_000, `${left}`)
  assert.deepEqual([env['AWS_REGION'], env['AWS_DEFAULT_REGION']], ['eu-west-1', 'eu-west-1'])
  assert.equal(OTHER, 'kept')
  assert.equal(sandbox.requests[0]?.parameters['RoleSessionName'], 'from-the-job')
  assert.deepEqual(job.files(), {}, 'nothing is written')
})

const REGIONS: [given: Record<string, string>, sdk: string | undefined, cli: string | undefined][] =
  [
    [{}, undefined, undefined],
    [{ AWS_REGION: 'eu-west-1' }, 'eu-west-1', 'eu-west-1'],
    [{ AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-2', 'eu-west-2'],
    [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, 'eu-west-1', 'eu-west-2'],
  ]
for (const [given, sdk, cli] of REGIONS) {
  test(`regions: ${JSON.stringify(given)}`, async (t) => {
    const { job } = await startJob(t)
    const env = await environmentOf(job, [], given)
    assert.deepEqual([env['AWS_REGION'], env['AWS_DEFAULT_REGION']], [sdk, cli])
  })
}

test('the credentials serve the command; its arguments and output are its own', async (t) => {
  const { job } = await startJob(t)
  job.program('show', 'circleci-aws-oidc whoami --format json; printf "%s|" "$@"; cat')
  job.program('circleci-aws-oidc', `exec '${process.execPath}' "${CLI}" "$@"`)
  const args = [...EXEC, '--', 'show', 'a b', '--role-arn', '--', '$X']
  const { stdout, stderr } = await job.done(args, { input: 'from stdin' })
  const [identity = '', rest = ''] = stdout.split(/(?<=\n\})\n/)
  assert.equal(JSON.parse(identity).accountId, '111111111111')
  assert.equal(rest, 'a b|--role-arn|--|$X|from stdin')
  assert.equal(stderr, '')
})

const CODES: [command: string[], code: number, stderr: RegExp][] = [
  [['sh', '-c', 'exit 7'], 7, /^$/],
  [['sh', '-c', 'kill -9 $$'], 137, /^$/],
  [['no-such'], 127, /^circleci-aws-oidc: no-such: command not found\n$/],
  [['./no-such'], 127, /^circleci-aws-oidc: \.\/no-such: command not found\n$/],
  [['./plain'], 126, /^circleci-aws-oidc: \.\/plain: permission denied\n$/],
]
for (const [command, code, stderr] of CODES) {
  test(`${command.join(' ')}: ${code}`, async (t) => {
    const { job } = await startJob(t)
    job.write('plain', 'echo no', 0o644)
    const outcome = await job.run([...EXEC, '--', ...command])
    assert.deepEqual([outcome.code, outcome.stdout], [code, ''])
    assert.match(outcome.stderr, stderr)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
  test(`${signal} reaches the command, which decides`, async (t) => {
    const { job } = await startJob(t)
    const trap = `trap 'echo got ${signal}; exit 5' ${signal.slice(3)}`
    const script = `${trap}; echo ready; while :; do sleep 0.05; done`
    const child = spawn(process.execPath, [CLI, ...EXEC, '--', 'sh', '-c', script], {
      env: job.env,
    })
    let stdout = ''
    child.stdout.on('data', (text) => {
      if (stdout === '') child.kill(signal)
      stdout += text
    })
    assert.deepEqual(await once(child, 'close'), [5, null])
    assert.equal(stdout, `ready\ngot ${signal}\n`)
  })
}

test('a signal that ends the command makes the exit code 128+n', async (t) => {
  const { job } = await startJob(t)
  const script = 'echo ready; exec sleep 20'
  const child = spawn(process.execPath, [CLI, ...EXEC, '--', 'sh', '-c', script], { env: job.env })
  child.stdout.once('data', () => child.kill('SIGTERM'))
  assert.deepEqual(await once(child, 'close'), [143, null])
})

test("the job's NODE_OPTIONS, which the orb's launcher keeps from our Node, are the command's", async (t) => {
  const { job } = await startJob(t)
  const kept = { CIRCLECI_AWS_OIDC_NODE_OPTIONS: '--no-warnings' }
  const env = await environmentOf(job, [], kept)
  assert.equal(env['NODE_OPTIONS'], '--no-warnings')
  assert.equal(env['CIRCLECI_AWS_OIDC_NODE_OPTIONS'], undefined)
})

test('a signal before the command starts ends us, and it never starts', async (t) => {
  const world = readWorld({ latencyMs: 3000 })
  const { job } = await startJob(t, { world })
  const child = spawn(process.execPath, [CLI, ...EXEC, '--', 'touch', 'ran'], {
    env: job.env,
    cwd: job.home,
  })
  setTimeout(() => child.kill('SIGTERM'), 1500)
  assert.deepEqual(await once(child, 'close'), [null, 'SIGTERM'])
  assert.deepEqual(job.files(), {})
})

test('the time limit ends with the start of the command', async (t) => {
  const { job } = await startJob(t)
  await job.done([...EXEC, '--timeout-seconds', '2', '--', 'sleep', '2.5'])
})

test('without a command: a usage error, and nothing is asked', async (t) => {
  const { job, sandbox } = await startJob(t)
  const missing = /There is no command to run\.\n {2}Next: {3}Write it after "--"/
  await job.fails(EXEC, 'invalid-usage', missing)
  await job.fails([...EXEC, '--'], 'invalid-usage', missing)
  await job.fails([...EXEC, '--', ''], 'invalid-usage', missing)
  await job.fails([...EXEC, 'aws', 's3'], 'invalid-usage', /Unexpected argument "aws"/)
  await job.fails(['exec', '--', 'true'], 'invalid-usage', /The role ARN is missing/)
  assert.equal(sandbox.requests.length, 0)
})

test('refused by AWS: the command is not run', async (t) => {
  const { job } = await startJob(t)
  const other = 'arn:aws:iam::111111111111:role/no-such'
  const args = ['exec', '--role-arn', other, '--', 'touch', 'ran']
  await job.fails(args, 'access-denied', /no-such/)
  assert.deepEqual(job.files(), {})
})

test('a bash in the command does not go back to the profile of an earlier step', async (t) => {
  const { job } = await startJob(t)
  const bashEnv = join(job.root, 'bash_env')
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'dev'], {
    env: { BASH_ENV: bashEnv },
  })
  const { stdout } = await job.done(
    [...EXEC, '--', 'bash', '-c', 'echo "${AWS_PROFILE-none} ${AWS_ACCESS_KEY_ID:0:4}"'],
    { env: { BASH_ENV: bashEnv } },
  )
  assert.equal(stdout, 'none ASIA\n')
})

// What a shell does with a job in the background of its terminal, where ^C does not reach it.
const IN_BACKGROUND = `
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    reader, writer = os.pipe()
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.dup2(writer, 1)
        os.execv(sys.argv[1], sys.argv[1:])
    os.read(reader, 16)
    time.sleep(0.3)
    os.kill(job, signal.SIGINT)
    code = os.waitpid(job, 0)[1]
    os._exit(os.WEXITSTATUS(code) if os.WIFEXITED(code) else 99)
code = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(code))
`

test('a SIGINT sent to it alone in a terminal reaches the command', {
  skip: withoutModules('pty'),
}, async (t) => {
  const { job } = await startJob(t)
  const script = "trap 'exit 5' INT; echo ready; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.3; done"
  const command = [process.execPath, CLI, ...EXEC, '--', 'sh', '-c', script]
  const child = spawn(PYTHON, ['-c', IN_BACKGROUND, ...command], { env: job.env })
  assert.deepEqual(await once(child, 'close'), [5, null])
})

test('nohup after the dashes keeps a hangup from the command', async (t) => {
  const { job } = await startJob(t)
  const script = 'echo ready; sleep 0.5; exit 5'
  const command = [CLI, ...EXEC, '--', 'nohup', 'sh', '-c', script]
  const child = spawn(process.execPath, command, { env: job.env })
  child.stdout.once('data', () => child.kill('SIGHUP'))
  assert.deepEqual(await once(child, 'close'), [5, null])
})
