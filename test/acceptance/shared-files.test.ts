import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Job, ROLE, startJob } from './job.ts'

const ARGS = ['assume-role', '--role-arn', ROLE, '--profile', 'dev', '--region', 'eu-west-1']
const NOBODY = 65534

/** The whole home belongs to the user the CLI runs as, so that permissions count. */
function giveToNobody(job: Job): void {
  if (process.getuid?.() !== 0) return
  const names = readdirSync(job.home, { recursive: true, encoding: 'utf8' })
  for (const name of ['', ...names]) chownSync(join(job.home, name), NOBODY, NOBODY)
}

test('malformed files: file and line are named, nothing is written', async (t) => {
  const { job } = await startJob(t)
  const secret = 'aws_secret_access_key = user/secret/user/secret'
  for (const [path, text, line] of [
    ['.aws/credentials', `[dev]\n${secret}\n[dev]\n${secret}\n`, 3],
    ['.aws/credentials', `[one]\n${secret}\nuser/secret/user/secret\n`, 3],
    ['.aws/config', '[default\nregion = x\n', 1],
    ['.aws/config', 'region = x\n', 1],
  ] as const) {
    job.write('.aws/config', '# mine\n')
    job.write('.aws/credentials', '')
    job.write(path, text)
    const before = job.files()
    const where = new RegExp(`: ${join(job.home, path)}, line ${line}: `)
    await job.fails(ARGS, 'file-malformed', where)
    assert.deepEqual(job.files(), before)
  }
})

test('a file in place of ~/.aws', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws', 'mine')
  await job.fails(ARGS, 'file-unwritable', /\.aws\/(config|credentials).*not a directory/)
  assert.deepEqual(job.files(), { '.aws': 'mine' })
})

test('a directory where none can be made', {
  skip: process.platform !== 'linux' && 'only Linux has /proc',
}, async (t) => {
  const { job } = await startJob(t)
  const env = { AWS_SHARED_CREDENTIALS_FILE: '/proc/none/such/credentials' }
  await job.fails(
    ARGS,
    'file-unwritable',
    /Cannot write \/proc\/none\/such\/credentials \(AWS_SHARED_CREDENTIALS_FILE\): no /,
    {
      env,
    },
  )
  assert.deepEqual(job.files(), {})
})

test('a read-only home', async (t) => {
  const { job } = await startJob(t)
  giveToNobody(job)
  chmodSync(job.home, 0o500)
  const outcome = await job.fails(ARGS, 'file-unwritable', /permission denied \(EACCES\)/, {
    asNobody: true,
  })
  assert.match(outcome.stderr, /Why: .*Nothing was changed/)
  assert.deepEqual(job.files(), {})
})

test('a credentials file that must not be read: both files stay', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/config', '[default]\nregion = eu-west-2\n')
  job.write('.aws/credentials', '[mine]\n')
  giveToNobody(job)
  chmodSync(join(job.home, '.aws/credentials'), 0o000)
  const unreadable = /credentials can't be read: permission denied/
  await job.fails(ARGS, 'file-unreadable', unreadable, { asNobody: true })
  assert.equal(job.read('.aws/config'), '[default]\nregion = eu-west-2\n')
  assert.deepEqual(readdirSync(join(job.home, '.aws')).sort(), ['config', 'credentials'])
  assert.equal(statSync(join(job.home, '.aws/credentials')).mode & 0o777, 0)
})

test('a BASH_ENV that cannot be written', async (t) => {
  const { job } = await startJob(t)
  giveToNobody(job)
  const bashEnv = join(job.root, 'bash_env')
  writeFileSync(bashEnv, 'export MINE=1\n', { mode: 0o644 })
  const options = { asNobody: true, env: { BASH_ENV: bashEnv } }
  await job.fails(ARGS, 'file-unwritable', /bash_env \(BASH_ENV\): permission denied/, options)
})

for (const kind of ['static', 'refresh', 'token-file']) {
  test(`${kind}: no file changes when one of them cannot`, async (t) => {
    const { job } = await startJob(t)
    const args = [...ARGS, '--credentials', kind]
    const before = job.files()
    for (const bashEnv of [job.root, '/dev/null']) {
      const env = { BASH_ENV: bashEnv }
      await job.fails(args, 'file-unwritable', /\(BASH_ENV\): it is .*not a regular file/, { env })
      assert.deepEqual(job.files(), before)
    }
    job.write('.aws/config', 'oops\n')
    await job.fails(args, 'file-malformed', /config, line 1/)
    assert.deepEqual(job.files(), { '.aws/config': 'oops\n' })
  })
}

test('files that cannot be written are found while AWS is asked', async (t) => {
  const { job } = await startJob(t, { faults: [{ name: 'slow', count: 9 }] })
  job.write('.aws/config', 'oops\n')
  const { milliseconds } = await job.fails(ARGS, 'file-malformed', /config, line 1/)
  assert.ok(milliseconds < 4000, `${milliseconds} ms`)
})

test('files of another kind of credentials that cannot be removed', async (t) => {
  const { job } = await startJob(t)
  await job.done([...ARGS, '--credentials', 'refresh'])
  const recipe = Object.keys(job.files()).find((path) => path.endsWith('recipe.json')) ?? ''
  giveToNobody(job)
  chmodSync(join(job.home, recipe, '..'), 0o500)
  const before = job.files()
  await job.fails(ARGS, 'file-unwritable', /permission denied \(EACCES\)/, { asNobody: true })
  assert.deepEqual(job.files(), before)
})

test('a BASH_ENV of someone else, in a directory where only its owner may replace it', async (t) => {
  const { job } = await startJob(t)
  giveToNobody(job)
  const shared = join(job.root, 'shared')
  mkdirSync(shared)
  chmodSync(shared, 0o1777)
  const bashEnv = join(shared, 'bash_env')
  writeFileSync(bashEnv, 'export A=1\n')
  chmodSync(bashEnv, 0o666)
  const options = { asNobody: true, env: { BASH_ENV: bashEnv } }
  await job.fails(
    ARGS,
    'file-unwritable',
    /bash_env \(BASH_ENV\): operation not permitted/,
    options,
  )
  assert.deepEqual(job.files(), {})
  assert.equal((await job.done(['cleanup'], options)).stdout, 'There is nothing to clean up.\n')
})

test('files in order are left alone where nobody can lock them', async (t) => {
  const { job } = await startJob(t)
  giveToNobody(job)
  const elsewhere = join(job.root, 'elsewhere')
  mkdirSync(elsewhere, { mode: 0o755 })
  const config = join(elsewhere, 'config')
  writeFileSync(config, '[default]\nregion = eu-west-1\n')
  const args = ['assume-role', '--role-arn', ROLE, '--profile', 'dev']
  for (const path of ['/dev/null', config]) {
    const options = { asNobody: true, env: { AWS_CONFIG_FILE: path } }
    await job.done(args, options)
    assert.match(job.read('.aws/credentials') ?? '', /^\[dev\]$/m)
    await job.done(['cleanup'], { asNobody: true, env: { ...options.env, BASH_ENV: path } })
    assert.equal(job.read('.aws/credentials'), undefined)
  }
})

test('paths in the variables that AWS tools read differently', async (t) => {
  const { job } = await startJob(t)
  const env = { AWS_CONFIG_FILE: '~someone/config' }
  await job.fails(ARGS, 'invalid-usage', /AWS_CONFIG_FILE is "~someone\/config"/, { env })
})
