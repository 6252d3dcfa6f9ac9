import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type Job, ROLE, startJob } from './job.ts'

const execute = promisify(execFile)

const REFRESH = ['assume-role', '--role-arn', ROLE, '--credentials', 'refresh']

function kept(job: Job, name: string): string {
  const path = Object.keys(job.files()).find((one) => one.endsWith(`/${name}`))
  assert.ok(path, `${name} is kept`)
  return path
}

/** Runs the profile's credential_process as AWS tools do. */
async function accessKeyId(job: Job, env: Record<string, string> = {}): Promise<string> {
  const line = /^credential_process = (.*)$/m.exec(job.read('.aws/config') ?? '')?.[1] ?? ''
  const { stdout } = await execute('sh', ['-c', line], {
    env: { ...job.env, ...env },
    cwd: job.root,
  })
  return JSON.parse(stdout).AccessKeyId
}

test('a cache that is not whole is renewed, not printed', async (t) => {
  const { job } = await startJob(t)
  await job.done(REFRESH)
  job.write(kept(job, 'credentials.json'), '{"Expiration":"2099-01-01T00:00:00Z"}')
  assert.match(await accessKeyId(job), /^ASIA/)
})

test('a recipe that is not whole is told of, with what to run', async (t) => {
  const { job } = await startJob(t)
  await job.done(REFRESH)
  job.write(kept(job, 'credentials.json'), '')
  for (const text of ['{}', '{"plan":{"endpoint":{}}}', 'null', '[', '']) {
    job.write(kept(job, 'recipe.json'), text)
    await job.fails(['credential-process'], 'file-malformed', /Run assume-role with .* again/)
  }
})

test('the token file of a recipe is found from any directory', async (t) => {
  const { job } = await startJob(t)
  job.write('token.jwt', job.env['CIRCLE_OIDC_TOKEN_V2'] ?? '')
  delete job.env['CIRCLE_OIDC_TOKEN_V2']
  await job.done([...REFRESH, '--token-source', 'file', '--token-file', 'token.jwt'])
  job.write(kept(job, 'credentials.json'), '')
  assert.match(await accessKeyId(job), /^ASIA/)
})

test('AWS_CONFIG_FILE may be another link to the same file', async (t) => {
  const { job } = await startJob(t)
  await job.done(REFRESH)
  const link = join(job.root, 'config')
  symlinkSync(join(job.home, '.aws/config'), link)
  const id = await accessKeyId(job)
  assert.equal(await accessKeyId(job, { AWS_CONFIG_FILE: link }), id)
  job.write(kept(job, 'credentials.json'), '')
  const renewed = await accessKeyId(job, { AWS_CONFIG_FILE: link })
  assert.notEqual(renewed, id)
  assert.equal(await accessKeyId(job), renewed)
  await job.done(['cleanup'], { env: { AWS_CONFIG_FILE: link } })
  assert.ok(!Object.keys(job.files()).some((path) => path.endsWith('recipe.json')))
})

test('where nothing is found, the error names the variables that decide', async (t) => {
  const { job } = await startJob(t)
  await job.done(REFRESH)
  await job.fails(
    ['credential-process'],
    'credentials-not-found',
    /HOME, XDG_DATA_HOME and AWS_CONFIG_FILE/,
    { env: { XDG_DATA_HOME: join(job.root, 'data') } },
  )
})

test('a profile that renews itself needs a source that does', async (t) => {
  const { job, sandbox } = await startJob(t)
  const chained = `[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\n`
  const file = job.write(
    'p.ini',
    `[profile base]\nrole_arn = ${ROLE}\n${chained}credentials = refresh\n`,
  )
  await job.fails(
    ['assume-role', '--profiles-file', file],
    'invalid-profiles-file',
    /"dev" renews itself, but its source "base" does not\.[\s\S]*Set credentials = refresh for the source/,
  )
  assert.equal(sandbox.requests.length, 0)
})
