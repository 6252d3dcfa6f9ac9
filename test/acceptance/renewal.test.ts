import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rmSync, symlinkSync, utimesSync } from 'node:fs'
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

test('what another process met a moment ago is told with its time, and AWS is not asked', async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.done(REFRESH)
  const cache = kept(job, 'credentials.json')
  const failure = (at: number, until: number) => {
    job.write(cache, '')
    const told = { what: 'AWS refuses the role.', why: 'It said so.', next: 'Ask them.' }
    const text = JSON.stringify({ code: 'access-denied', ...told, at, until })
    job.write(cache.replace('credentials.json', 'failure.json'), text)
  }
  const asked = sandbox.requests.length
  const now = Date.now()
  failure(now - 20_500, now + 35_000)
  const { stderr } = await job.fails(
    ['credential-process'],
    'access-denied',
    /AWS refuses the role/,
  )
  const [, ago, later] =
    /It said so\. That was (\d+) s ago; AWS is asked again in (\d+) s\./.exec(stderr) ?? []
  assert.ok(Number(ago) >= 21 && Number(ago) < 40, ago)
  assert.ok(Number(later) > 5 && Number(later) <= 35, later)
  assert.equal(sandbox.requests.length, asked)
  failure(now - 20_500, now - 1)
  await job.done(['credential-process'])
  assert.equal(sandbox.requests.length, asked + 1)
})

test('for how long nobody tries again follows from what is left of the credentials', async (t) => {
  const { job } = await startJob(t)
  await job.done(REFRESH)
  const cache = kept(job, 'credentials.json')
  const values = JSON.parse(job.read(cache) ?? '')
  const hourAgo = Date.now() / 1000 - 3_600
  for (const [left, held] of [
    [160, 40],
    [-1, 10],
  ] as const) {
    const Expiration = new Date(Date.now() + left * 1000).toISOString()
    job.write(cache, JSON.stringify({ ...values, Expiration }))
    utimesSync(join(job.home, cache), hourAgo, hourAgo)
    const failed = await job.run(['credential-process'], { env: { CIRCLE_OIDC_TOKEN_V2: 'none' } })
    assert.equal(failed.code, left > 0 ? 0 : 3)
    const failure = cache.replace('credentials.json', 'failure.json')
    const { code, at, until } = JSON.parse(job.read(failure) ?? '')
    assert.equal(code, 'token-malformed')
    assert.ok(Math.abs((until - at) / 1000 - held) < 5, `${until - at} ms`)
    rmSync(join(job.home, failure))
  }
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
