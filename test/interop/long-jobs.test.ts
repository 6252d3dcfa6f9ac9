import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { utimesSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readWorld, type Sandbox } from '../../src/sandbox/index.ts'
import { type Job, ROLE, type SandboxJob, startJob } from '../acceptance/job.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { withoutModules } from '../tools/python.ts'
import { addReaders } from './readers.ts'

const execute = promisify(execFile)

const PLAYGROUND = 'arn:aws:iam::222222222222:role/playground'
const LIFE = 4

interface Call {
  readonly code: number | null
  readonly text: string
}

function aws(job: Job, args: readonly string[], env: Record<string, string> = {}): Promise<Call> {
  const child: ChildProcess = spawn(AWS_CLI, [...args], {
    env: { ...job.env, AWS_DEFAULT_REGION: 'us-east-1', ...env },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  return once(child, 'close').then(([code]) => ({ code, text }))
}

const whoAmI = ['sts', 'get-caller-identity', '--query', 'Account', '--output', 'text']

/** A `circleci` that mints as the CircleCI agent does. */
function withAgent(job: Job, sandbox: Sandbox): void {
  job.env['CIRCLE_SANDBOX_URL'] = sandbox.url
  job.program(
    'circleci',
    `exec "${process.execPath}" "${process.cwd()}/dist/sandbox-circleci.cjs" "$@"`,
  )
}

/** Calls the AWS CLI again and again until credentials were renewed three times; each call must succeed. */
async function acrossExpiries(
  { job, sandbox }: SandboxJob,
  profile: string,
  account: string,
): Promise<void> {
  const start = sandbox.exchanges
  const end = Date.now() + 90_000
  while (sandbox.exchanges < start + 3) {
    assert.ok(Date.now() < end, `${sandbox.exchanges - start} renewals in 90 s`)
    const { code, text } = await aws(job, [...whoAmI, '--profile', profile])
    assert.equal(code, 0, text)
    assert.equal(text.trim(), account)
  }
}

const short = () => readWorld({ credentialsLifetimeSeconds: LIFE })

test('an AWS CLI loop outlives its credentials three times', { skip: withoutAwsCli }, async (t) => {
  const running = await startJob(t, { world: short() })
  await running.job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  await acrossExpiries(running, 'default', '111111111111')
})

test('the same with a job token that has expired', { skip: withoutAwsCli }, async (t) => {
  const running = await startJob(t, { world: short() })
  const { job, sandbox } = running
  withAgent(job, sandbox)
  job.env['CIRCLE_OIDC_TOKEN_V2'] = await sandbox.mint({ expiresIn: 3 })
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  await sleep(3000)
  await acrossExpiries(running, 'default', '111111111111')
})

test('the same for a chained profile', { skip: withoutAwsCli }, async (t) => {
  const running = await startJob(t, { world: short() })
  const path = running.job.write(
    'p.ini',
    `[default]\nrole_arn = ${ROLE}\n[profile playground]\nrole_arn = ${PLAYGROUND}\nsource_profile = default\n`,
  )
  await running.job.done(['assume-role', '--profiles-file', path, '--credentials', 'refresh'])
  await acrossExpiries(running, 'playground', '222222222222')
})

test('without an agent, an expired token is told of on stderr, and nothing is lost', async (t) => {
  const { job, sandbox } = await startJob(t, { world: short() })
  job.env['CIRCLE_OIDC_TOKEN_V2'] = await sandbox.mint({ expiresIn: 2 })
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  const before = job.files()
  await sleep(LIFE * 1000 + 500)
  await job.fails(['credential-process'], 'token-expired', /no new one could be minted/)
  // What failed is remembered for a while; nothing else is new.
  const after = Object.entries(job.files()).filter(([path]) => !path.endsWith('/failure.json'))
  assert.deepEqual(Object.fromEntries(after), before)
})

test('50 calls on a cold cache make one exchange', { skip: withoutAwsCli }, async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  for (const name of Object.keys(job.files())) {
    if (name.endsWith('credentials.json')) job.write(name, '')
  }
  const before = sandbox.exchanges
  const calls = Array.from({ length: 50 }, () => aws(job, whoAmI))
  for (const { code, text } of await Promise.all(calls)) {
    assert.equal(code, 0, text)
    assert.equal(text.trim(), '111111111111')
  }
  assert.equal(sandbox.exchanges - before, 1)
})

test('the helper stays where the profile names it, on paths with blanks too', async (t) => {
  const { job } = await startJob(t)
  job.env['XDG_DATA_HOME'] = `${job.home}/with blanks, it's`
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  assert.match(
    job.read('.aws/config') ?? '',
    /credential_process = \/bin\/sh "[^"]*with blanks, it's[^"]*" /,
  )
  const { stdout } = await job.done(['whoami', '--format', 'json'])
  assert.equal(JSON.parse(stdout).accountId, '111111111111')
  await t.test('for the AWS CLI', { skip: withoutAwsCli }, async () => {
    assert.equal((await aws(job, whoAmI)).text.trim(), '111111111111')
  })
})

test('S5: the AWS CLI exchanges the token of a token-file profile itself', {
  skip: withoutAwsCli,
}, async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.done([
    'assume-role',
    '--role-arn',
    ROLE,
    '--profile',
    'oidc',
    '--credentials',
    'token-file',
  ])
  assert.equal(sandbox.exchanges, 1)
  const { code, text } = await aws(job, whoAmI, { AWS_PROFILE: 'oidc' })
  assert.equal(code, 0, text)
  assert.equal(text.trim(), '111111111111')
  assert.equal(sandbox.exchanges, 2)
})

/** Sets the credentials that a profile keeps to end in so many minutes, of an hour. */
function endIn(job: Job, minutes: number): void {
  const name = Object.keys(job.files()).find((path) => path.endsWith('/credentials.json'))
  assert.ok(name)
  const end = Date.now() + minutes * 60_000
  const expiration = `${new Date(end).toISOString().slice(0, 19)}Z`
  const text = JSON.parse(job.read(name) ?? '')
  const path = job.write(name, JSON.stringify({ ...text, Expiration: expiration }))
  const start = (end - 3_600_000) / 1000
  utimesSync(path, start, start)
}

for (const minutes of [50, 12, 8]) {
  test(`boto3: 40 requests, ${minutes} minutes before the end, start the helper once or twice`, {
    skip: withoutModules('boto3'),
  }, async (t) => {
    const { job } = await startJob(t)
    await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
    const config = job.read('.aws/config') ?? ''
    const [line = '', command = ''] = /^credential_process = (.*)$/m.exec(config) ?? []
    job.program('counted', `echo >> "$HOME/calls"; exec ${command}`)
    job.write('.aws/config', config.replace(line, `credential_process = ${job.bin}/counted`))
    endIn(job, minutes)
    addReaders(job)
    const env = { ...job.env, CALLS: '40' }
    const { stdout } = await execute('sh', ['-c', 'boto3-identity'], { env })
    assert.equal(JSON.parse(stdout).Account, '111111111111')
    const calls = job.read('calls')?.length ?? 0
    assert.ok(calls === 1 || calls === 2, `${calls} calls`)
  })
}

test('profiles whose names differ in case only keep their credentials apart', async (t) => {
  const { job } = await startJob(t)
  const file = job.write(
    'p.ini',
    `[profile prod]\nrole_arn = ${ROLE}\n[profile Prod]\nrole_arn = ${PLAYGROUND}\nsource_profile = prod\n`,
  )
  await job.done(['assume-role', '--profiles-file', file, '--credentials', 'refresh'])
  const kept = Object.keys(job.files()).filter((path) => path.endsWith('/recipe.json'))
  assert.equal(new Set(kept.map((path) => path.toLowerCase())).size, 2)
  for (const [profile, account] of [
    ['prod', '111111111111'],
    ['Prod', '222222222222'],
  ] as const) {
    const { stdout } = await job.done(['whoami', '--profile', profile, '--format', 'json'])
    assert.equal(JSON.parse(stdout).accountId, account)
  }
})

test('where the Node of the profile is gone, the helper says what to do', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  const name = Object.keys(job.files()).find((path) => path.endsWith('credential-process.sh')) ?? ''
  const text = job.read(name) ?? ''
  assert.ok(text.includes(`node='${process.execPath}'\n`))
  const path = job.write(name, text.replace(process.execPath, '/gone/node'))
  const failed = await execute('sh', [path], { env: job.env }).catch((error) => error)
  assert.equal(failed.code, 2)
  assert.match(
    failed.stderr,
    /^Error credentials-not-found: \/gone\/node is gone, .*\n {2}Next: {3}Run assume-role/,
  )
})
