import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathOf } from '../tools/programs.ts'
import { ROLE, startJob } from './job.ts'

const ASSUME = ['assume-role', '--role-arn', ROLE]
const SKIP = [...ASSUME, '--missing-token', 'skip']
/** A pull request from a fork: no tokens, no contexts. */
const FORK = { CIRCLE_OIDC_TOKEN_V2: undefined }

const laterStep = (bashEnv: string, env: Record<string, string> = {}) =>
  execFileSync(pathOf('bash'), ['-euc', 'echo "${AWS_OIDC_SKIPPED-}:${AWS_PROFILE-}"'], {
    env: { BASH_ENV: bashEnv, ...env },
    encoding: 'utf8',
    // Bash with a socket as stdin takes itself for a remote shell.
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim()

test('fail is the default', async (t) => {
  const { job } = await startJob(t)
  job.program('circleci', 'echo "no OIDC here" >&2; exit 1')
  await job.fails(ASSUME, 'token-not-found', /no OIDC token/, { env: FORK })
})

test('skip: one line, nothing but the word for later steps, exit 0', async (t) => {
  const { job, sandbox } = await startJob(t)
  const bashEnv = join(job.root, 'bash_env')
  writeFileSync(bashEnv, 'export MINE=1\n')
  const env = { ...FORK, BASH_ENV: bashEnv }
  const { stdout, stderr } = await job.done(SKIP, { env })
  assert.equal(stderr, '')
  assert.match(stdout, /^Skipped +this job has no OIDC token, .*AWS_OIDC_SKIPPED=1\n$/)
  assert.deepEqual(job.files(), {})
  assert.equal(sandbox.requests.length, 0)
  assert.equal(laterStep(bashEnv), '1:')
  // The next job with a token goes on as if nothing had been.
  await job.done([...SKIP, '--profile', 'dev'], { env: { BASH_ENV: bashEnv } })
  assert.equal(laterStep(bashEnv), ':dev')
  await job.done(SKIP, { env })
  assert.equal(laterStep(bashEnv), '1:', 'not with the role of another step')
  await job.done(['cleanup'], { env })
  assert.equal(readFileSync(bashEnv, 'utf8'), 'export MINE=1\n')
})

for (const [name, args, env] of [
  ['a role ARN in a context', ['assume-role', '--role-arn', 'DEPLOY_ROLE_ARN'], {}],
  ['a parameter of a context', ['assume-role'], { AWS_OIDC_ORB_ROLE_ARN: '$DEPLOY_ROLE_ARN' }],
  ['an audience, which is minted', [...ASSUME, '--audience', 'sts.amazonaws.com'], {}],
] as const) {
  test(`skip without ${name}`, async (t) => {
    const { job } = await startJob(t)
    const fork = { ...FORK, ...env, AWS_OIDC_MISSING_TOKEN: 'skip' }
    const { stdout } = await job.done([...args, '--format', 'json'], { env: fork })
    const nothing = { skipped: true, profiles: [], files: [], export: null }
    assert.deepEqual(JSON.parse(stdout), nothing)
  })
}

test('skip forgives nothing else', async (t) => {
  const { job } = await startJob(t)
  await job.fails([...SKIP, '--audience', 'other'], 'token-mint-failed', /other/)
  const cut = { CIRCLE_OIDC_TOKEN_V2: 'eyJhbGciOiJSUzI1NiJ9' }
  await job.fails(SKIP, 'token-malformed', /./, { env: cut })
  const args = ['assume-role', '--role-arn', 'NOT_SET', '--missing-token', 'skip']
  await job.fails(args, 'unset-variable', /NOT_SET/)
})

test('GitHub Actions and dotenv files say it, too', async (t) => {
  const { job } = await startJob(t)
  const github = job.write('github_env', '')
  const env = { ...FORK, GITHUB_ACTIONS: 'true', GITHUB_ENV: github }
  await job.done(SKIP, { env })
  assert.equal(job.read('github_env'), 'AWS_OIDC_SKIPPED=1\n')
  const args = [...SKIP, '--export-file', 'role.env']
  await job.done(args, { env: FORK })
  assert.equal(job.read('role.env'), 'AWS_OIDC_SKIPPED=1\n')
})

test('doctor ends as assume-role would', async (t) => {
  const { job } = await startJob(t)
  const doctor = ['doctor', '--role-arn', 'DEPLOY_ROLE_ARN']
  assert.equal((await job.run(doctor, { env: FORK })).code, 2)
  const { stdout } = await job.done([...doctor, '--missing-token', 'skip'], { env: FORK })
  assert.match(stdout, /^! This job has no OIDC token/m)
  assert.match(stdout, /^! .*DEPLOY_ROLE_ARN, which is unset/m)
  assert.match(stdout, /assume-role assumes no role and exits with 0/)
  const wrong = await job.run([...doctor, '--missing-token', 'skip'])
  assert.equal(wrong.code, 2, 'with a token, nothing is skipped')
})
