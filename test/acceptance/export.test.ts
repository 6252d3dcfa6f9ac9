import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Job, ROLE, startJob } from './job.ts'

const STATIC = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'static/secret/static/secret',
  AWS_SESSION_TOKEN: 'static/session/token==',
}

const ALWAYS = { AWS_ACCOUNT_ID: '111111111111', AWS_PAGER: '' }

/** The environment of a later bash step, as far as AWS tools read it. */
function laterStep(bashEnv: string, env: Record<string, string> = STATIC): Record<string, string> {
  const text = execFileSync('bash', ['-euxo', 'pipefail', '-c', 'env -0'], {
    env: { PATH: '/usr/bin:/bin', BASH_ENV: bashEnv, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pairs = text.split('\0').filter((line) => /^AWS_(?!OIDC_EXPORTED=)|^MINE=/.test(line))
  return Object.fromEntries(pairs.map((line) => /^(.*?)=(.*)$/s.exec(line)?.slice(1) ?? []))
}

function writtenKeys(job: Job, name: string): string {
  const match = new RegExp(`^${name} = (.+)$`, 'm').exec(job.read('.aws/credentials') ?? '')
  return match?.[1] ?? 'missing'
}

const ARGS = ['assume-role', '--role-arn', ROLE, '--profile', 'dev']

test('profile: later steps have the profile, both regions, and no static keys', async (t) => {
  const { job } = await startJob(t)
  const bashEnv = join(job.root, 'bash_env')
  writeFileSync(bashEnv, 'export MINE=kept')
  const { stderr } = await job.done([...ARGS, '--region', 'eu-central-1'], {
    env: { BASH_ENV: bashEnv, ...STATIC },
  })
  assert.equal(
    stderr,
    'Warning: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN are set in the environment and would override the profile. Later bash steps no longer see them; sh steps do until they run . "$BASH_ENV".\n',
  )
  assert.deepEqual(laterStep(bashEnv), {
    MINE: 'kept',
    AWS_PROFILE: 'dev',
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    ...ALWAYS,
  })
})

test('profile without BASH_ENV: static keys are named, with what to do', async (t) => {
  const { job } = await startJob(t)
  const { stdout, stderr } = await job.done(ARGS, {
    env: { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
  })
  assert.equal(
    stderr,
    'Warning: AWS_ACCESS_KEY_ID is set in the environment and would override the profile. Unset it, or name the profile in each command with --profile.\n',
  )
  assert.doesNotMatch(stdout, /^Export/m)
  const note = stdout.split('\n').filter((line) => line.startsWith('Note'))
  assert.deepEqual(note, [
    'Note     nothing is exported: BASH_ENV is not set. Name the profile in later commands with --profile dev or AWS_PROFILE=dev',
  ])
  const silent = await job.done([...ARGS, '--export', 'none'])
  assert.doesNotMatch(silent.stdout, /^Note/m)
})

test('several profiles and no default: nothing is exported, and what to choose is said', async (t) => {
  const { job } = await startJob(t)
  const role = `role_arn = ${ROLE}\n`
  const text = `[default]\nregion = eu-west-1\n[profile a]\n${role}[profile b]\n${role}`
  const args = ['assume-role', '--profiles-file', job.write('profiles.ini', text)]
  const env = { BASH_ENV: join(job.root, 'bash_env') }
  const { stdout, stderr } = await job.done(args, { env })
  assert.match(stdout, /^Note +nothing is exported: several profiles, .*Choose one with --profile/m)
  assert.match(stderr, /profiles\.ini, line 1: \[default\] has no role_arn, so it is ignored; /)
  const chosen = await job.done([...args, '--profile', 'b'], { env })
  assert.match(chosen.stdout, /^Export +AWS_PROFILE=b /m)
})

test('keys: later steps have the keys, in a file no one else can read', async (t) => {
  const { job } = await startJob(t)
  const bashEnv = join(job.root, 'bash_env')
  writeFileSync(bashEnv, 'export MINE=kept\n', { mode: 0o644 })
  const { stdout } = await job.done([...ARGS, '--export', 'keys'], {
    env: { BASH_ENV: bashEnv, AWS_REGION: 'eu-west-3', ...STATIC },
  })
  assert.match(stdout, /^Export +the keys and region eu-west-3 for later bash steps$/m)
  assert.equal(statSync(bashEnv).mode & 0o777, 0o600)
  assert.deepEqual(laterStep(bashEnv), {
    MINE: 'kept',
    AWS_ACCESS_KEY_ID: writtenKeys(job, 'aws_access_key_id'),
    AWS_SECRET_ACCESS_KEY: writtenKeys(job, 'aws_secret_access_key'),
    AWS_SESSION_TOKEN: writtenKeys(job, 'aws_session_token'),
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    ...ALWAYS,
  })
})

test('keys without BASH_ENV: refused before anything is exchanged', async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.fails([...ARGS, '--export', 'keys'], 'invalid-usage', /--export keys needs BASH_ENV/)
  assert.equal(sandbox.requests.length, 0)
  assert.deepEqual(job.files(), {})
})

test('none: nothing is exported', async (t) => {
  const { job } = await startJob(t)
  const bashEnv = join(job.root, 'bash_env')
  writeFileSync(bashEnv, 'export MINE=kept\n')
  const { stdout } = await job.done([...ARGS, '--export', 'none'], {
    env: { BASH_ENV: bashEnv },
  })
  assert.doesNotMatch(stdout, /^Export/m)
  assert.deepEqual(laterStep(bashEnv, {}), { MINE: 'kept' })
})

test('the last step wins, whatever was exported before', async (t) => {
  const { job } = await startJob(t)
  const bashEnv = join(job.root, 'bash_env')
  const run = (...more: string[]) =>
    job.done(['assume-role', '--role-arn', ROLE, ...more], {
      env: { BASH_ENV: bashEnv, ...STATIC },
    })
  await run('--profile', 'one', '--export', 'keys')
  await run('--profile', 'two', '--region', 'eu-west-1')
  assert.deepEqual(laterStep(bashEnv), {
    AWS_PROFILE: 'two',
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    ...ALWAYS,
  })
})
