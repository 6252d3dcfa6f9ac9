import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Job, ROLE, startJob } from './job.ts'

const PLAYGROUND = 'arn:aws:iam::222222222222:role/playground'

function chained(job: Job, profile: string, source: string, credentials: string): string[] {
  const text = `[profile ${profile}]\nrole_arn = ${PLAYGROUND}\nsource_profile = ${source}\ncredentials = ${credentials}\n`
  return ['assume-role', '--profiles-file', job.write(`${profile}.ini`, text)]
}

const base = (credentials: string) => [
  ...['assume-role', '--role-arn', ROLE, '--profile', 'base', '--credentials', credentials],
]

test('keys that an earlier step wrote end, so nothing renews itself from them', async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.done(base('static'))
  const end = /credentials expire (\S+)/.exec(job.read('.aws/credentials') ?? '')?.[1] ?? 'none'
  await job.fails(
    chained(job, 'dev', 'base', 'refresh'),
    'invalid-profiles-file',
    new RegExp(
      `"dev" renews itself, but its source "base", which an earlier step wrote, has keys that expire at ${end}`,
    ),
  )
  assert.equal(sandbox.exchanges, 1)
  await job.done(chained(job, 'dev', 'base', 'static'))
  job.write('.aws/config', '[profile mine]\nrole_arn = x\nsource_profile = base\n')
  const through = /its source "base", which an earlier step wrote/
  await job.fails(chained(job, 'dev', 'mine', 'refresh'), 'invalid-profiles-file', through)
})

test('an earlier step whose profile renews itself is a source that lasts', async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.done(base('refresh'))
  await job.done(chained(job, 'dev', 'base', 'refresh'))
  for (const path of Object.keys(job.files())) {
    if (path.endsWith('/credentials.json')) job.write(path, '')
  }
  const { stdout } = await job.done(['whoami', '--profile', 'dev', '--format', 'json'])
  assert.equal(JSON.parse(stdout).accountId, '222222222222')
  assert.equal(
    sandbox.requests.filter(({ parameters }) => parameters['Action'] === 'AssumeRole').length,
    2,
  )
})

test('a circle that two steps make is refused where it closes', async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.done(base('refresh'))
  await job.done(chained(job, 'dev', 'base', 'refresh'))
  const requests = sandbox.requests.length
  const circle = /"base" renews itself with its own credentials: base → dev → base\./
  await job.fails(chained(job, 'base', 'dev', 'refresh'), 'invalid-profiles-file', circle)
  job.write(
    '.aws/config',
    `${job.read('.aws/config')}[profile mine]\nrole_arn = x\nsource_profile = dev\n`,
  )
  const through = /base → mine → dev → base\./
  await job.fails(chained(job, 'base', 'mine', 'refresh'), 'invalid-profiles-file', through)
  assert.equal(sandbox.requests.length, requests)
  // For keys that are had once it is none: AWS is asked.
  const asked = /does not let the profile "dev" assume/
  await job.fails(chained(job, 'base', 'dev', 'static'), 'access-denied', asked)
})
