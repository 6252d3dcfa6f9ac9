import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readWorld, startSandbox } from '../../src/sandbox/index.ts'
import { CLI } from './built-cli.ts'
import { type Environment, type Job, ROLE, startJob } from './job.ts'

const DIRECTORY = '.local/share/circleci-aws-oidc/profiles'

interface Renewing {
  readonly job: Job
  /** What the command that renews has printed, once it has ended. */
  readonly renewal: Promise<{ code: number; stdout: string; stderr: string }>
  readonly cache: string
}

/** A renewal of the default profile whose request is under way, at an STS that takes its time. */
async function renewing(t: TestContext): Promise<Renewing> {
  const { job } = await startJob(t)
  const slow = await startSandbox({ world: readWorld({ latencyMs: 2500 }) })
  t.after(() => slow.close())
  const env = { AWS_ENDPOINT_URL_STS: slow.url, CIRCLE_OIDC_TOKEN_V2: await slow.mint() }
  const args = ['assume-role', '--role-arn', ROLE, '--role-session-name', 'old']
  await job.done([...args, '--credentials', 'refresh'], { env })
  const [name] = Object.keys(job.files()).filter((path) => path.endsWith('/credentials.json'))
  assert.ok(name)
  job.write(name, '')
  const before = slow.requests.length
  const renewal = credentialProcess(job, env)
  while (slow.requests.length === before) await sleep(5)
  return { job, renewal, cache: join(job.home, name) }
}

// What every run must not print is here what is asked for.
function credentialProcess(job: Job, env: Environment = {}): Renewing['renewal'] {
  return new Promise((resolve) => {
    const options = { env: { ...job.env, ...env }, cwd: job.root }
    const child = execFile(
      process.execPath,
      [CLI, 'credential-process'],
      options,
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

async function session(job: Job): Promise<string> {
  const { stdout } = await job.done(['whoami', '--format', 'json'])
  return JSON.parse(stdout).arn.split('/').at(-1)
}

const newRole = ['assume-role', '--role-arn', ROLE, '--role-session-name', 'new', '--credentials']

test('a role set up while the old one is renewed stays, and is what the renewal gives', async (t) => {
  const { job, renewal, cache } = await renewing(t)
  await job.done([...newRole, 'refresh'])
  const written = readFileSync(cache, 'utf8')
  const { code, stdout, stderr } = await renewal
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.equal(stdout.trim(), written.trim())
  assert.equal(readFileSync(cache, 'utf8'), written)
  assert.equal(await session(job), 'new')
})

test('static keys written while the old role is renewed: no kept credentials come back', async (t) => {
  const { job, renewal, cache } = await renewing(t)
  await job.done([...newRole, 'static'])
  const { code, stdout, stderr } = await renewal
  assert.match(stderr, /^Error credentials-not-found: /)
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.equal(existsSync(cache), false)
  assert.equal(await session(job), 'new')
})

test('cleanup while a role is renewed: nothing comes back', async (t) => {
  const { job, renewal } = await renewing(t)
  await job.done(['cleanup'])
  const { code, stdout, stderr } = await renewal
  assert.match(stderr, /^Error credentials-not-found: /)
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.deepEqual(
    Object.keys(job.files()).filter((path) => path.startsWith(DIRECTORY)),
    [],
  )
})
