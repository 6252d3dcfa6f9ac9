import assert from 'node:assert/strict'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { deadProcess, ID, lockText } from '../files/left-lock.ts'
import { type Job, ROLE, startJob } from './job.ts'

const CONFIG = '# mine\n[default]\nregion = us-east-1\ns3 =\n  addressing_style = path\n\n[plugins]'
const CREDENTIALS = '[personal]\r\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\n'
const BASH_ENV = 'export X=1'

const assume = (job: Job, ...args: string[]) => {
  const env = { BASH_ENV: join(job.home, 'bash_env') }
  return job.done(['assume-role', '--role-arn', ROLE, ...args], { env })
}
const cleanup = (job: Job, ...args: string[]) => {
  const env = { BASH_ENV: join(job.home, 'bash_env') }
  return job.done(['cleanup', ...args], { env })
}
/** The files of the home but for the installed copy of the helper, which stays. */
const filesOf = (job: Job) =>
  Object.fromEntries(Object.entries(job.files()).filter(([path]) => !path.includes('/versions/')))

for (const end of ['\n', '']) {
  test(`files are as before, byte by byte, after every kind${end ? '' : ', no line end last'}`, async (t) => {
    const { job } = await startJob(t)
    job.write('.aws/config', CONFIG + end, 0o644)
    job.write('.aws/credentials', CREDENTIALS + end)
    job.write('bash_env', BASH_ENV + end)
    const before = filesOf(job)
    await assume(job, '--profile', 'one', '--region', 'eu-west-1', '--output', 'json')
    await assume(job, '--profile', 'two', '--credentials', 'refresh')
    await assume(job, '--profile', 'three')
    await assume(job, '--profile', 'three', '--credentials', 'token-file')
    await assume(job, '--profile', 'one', '--credentials', 'refresh', '--export', 'keys')
    assert.equal(Object.keys(filesOf(job)).length, 8, 'two recipes, two caches and a token')
    const { stdout } = await cleanup(job)
    assert.deepEqual(filesOf(job), before)
    assert.match(stdout, /^Changed {2}.*\.aws\/config$/m)
    assert.match(stdout, /^Removed {2}.*\/recipe\.json$/m)
    assert.equal(fs.statSync(join(job.home, '.aws/config')).mode & 0o777, 0o644)
    assert.equal((await cleanup(job)).stdout, 'There is nothing to clean up.\n')
    assert.deepEqual(filesOf(job), before)
  })
}

test('files that were not there are gone again; the file of exports stays, empty', async (t) => {
  const { job } = await startJob(t)
  await assume(job, '--region', 'eu-west-1', '--credentials', 'token-file')
  await assume(job, '--profile', 'dev')
  const { stdout } = await cleanup(job, '--format', 'json')
  const paths = ['.aws/config', '.aws/credentials'].map((path) => join(job.home, path))
  const { changed, removed } = JSON.parse(stdout)
  assert.deepEqual(changed, [join(job.home, 'bash_env')])
  assert.deepEqual(removed.slice(0, 2), paths)
  assert.match(removed[2], /\/default\/token$/)
  assert.equal(removed.length, 3)
  assert.deepEqual(job.files(), { bash_env: '' })
  const again = await cleanup(job, '--format', 'json')
  assert.deepEqual(JSON.parse(again.stdout), { changed: [], removed: [] })
})

test('--profile: that profile alone, and the exports if they are of it', async (t) => {
  const { job } = await startJob(t)
  for (const name of ['a', 'b', 'c']) {
    await assume(job, '--profile', name, '--credentials', 'refresh')
  }
  await cleanup(job, '--profile', 'a')
  const files = filesOf(job)
  assert.deepEqual(files['.aws/config']?.match(/^\[.*\]$/gm), ['[profile b]', '[profile c]'])
  assert.deepEqual(
    Object.keys(files).map((path) => path.replace(/^.*\/config\//, '')),
    [
      '.aws/config',
      'b/credentials.json',
      'b/recipe.json',
      ...['c/credentials.json', 'c/recipe.json'],
      'bash_env',
    ],
  )
  assert.match(files['bash_env'] ?? '', /AWS_PROFILE='c'/)
  await cleanup(job, '--profile', 'b, c')
  assert.deepEqual(filesOf(job), { bash_env: '' })
})

test('--profile: several names, with commas and blanks; a list of none is told of', async (t) => {
  const { job } = await startJob(t)
  for (const name of ['a', 'b', 'c'])
    await job.done(['assume-role', '--role-arn', ROLE, '--profile', name])
  await job.fails(['cleanup', '--profile', ' , '], 'invalid-profile-name', /" , "/)
  await job.done(['cleanup', '--profile', ' a,  c,'])
  const names = (job.read('.aws/credentials') ?? '').match(/^\[.*\]$/gm)
  assert.deepEqual(names, ['[b]'])
})

test('--profile: exported keys go with their profile', async (t) => {
  const { job } = await startJob(t)
  await assume(job, '--profile', 'other', '--export', 'none')
  await assume(job, '--profile', 'dev', '--export', 'keys')
  await cleanup(job, '--profile', 'other')
  assert.match(job.read('bash_env') ?? '', /AWS_SECRET_ACCESS_KEY/)
  await cleanup(job, '--profile', 'dev')
  assert.deepEqual(job.files(), { bash_env: '' })
})

test('what killed processes left goes, with the secrets in it', async (t) => {
  const { job } = await startJob(t)
  await assume(job, '--credentials', 'refresh')
  const ours = '.config.circleci-aws-oidc-0123456789abcdef01234567.tmp'
  const [recipe = ''] = Object.keys(job.files()).filter((path) => path.endsWith('recipe.json'))
  const left = ['.aws', dirname(recipe), '.'].map((directory) => join(directory, ours))
  for (const path of left) job.write(path, 'aws_secret_access_key = x\n')
  const { stdout } = await cleanup(job)
  // That of the config file goes with the edit of it.
  for (const path of left.slice(1)) assert.ok(stdout.includes(join(job.home, path)), stdout)
  assert.deepEqual(filesOf(job), { bash_env: '' })
})

test('files that cannot be read or be there do not keep the rest', async (t) => {
  const { job } = await startJob(t)
  await assume(job, '--profile', 'dev', '--export', 'none')
  fs.writeFileSync(join(job.home, '.aws/config'), Buffer.from('# caf\xe9\n[default]\n', 'latin1'))
  const file = job.write('file', '')
  await job.done(['cleanup'], { env: { BASH_ENV: join(file, 'bash_env') } })
  assert.equal(job.read('.aws/credentials'), undefined)
  const env = { AWS_CONFIG_FILE: join(file, 'config') }
  assert.match((await job.done(['cleanup'], { env })).stdout, /^There is nothing to clean up/)
})

test('locks of dead processes go', async (t) => {
  const { job } = await startJob(t)
  const holder = lockText({ pid: deadProcess(), ageSeconds: 10 })
  job.write('.aws/.credentials.circleci-aws-oidc.lock', holder)
  job.write(`.aws/.credentials.circleci-aws-oidc.queue/00000001-00000001-1-1-0-${ID}`, '')
  await cleanup(job)
  assert.deepEqual(job.files(), {})
})

test('what replaced keys of the user goes, and theirs do not come back', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', '[dev]\n# since May\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n')
  await assume(job, '--profile', 'dev', '--overwrite')
  await cleanup(job)
  assert.equal(job.read('.aws/credentials'), '[dev]\n# since May\n')
})

test('nothing there, and nothing of ours in files that no one can read', async (t) => {
  const { job } = await startJob(t)
  assert.equal((await cleanup(job)).stdout, 'There is nothing to clean up.\n')
  job.write('.aws/config', 'oops\n')
  job.write('bash_env', '')
  const before = job.files()
  assert.equal((await cleanup(job)).stdout, 'There is nothing to clean up.\n')
  assert.deepEqual(job.files(), before)
})

test('a malformed file with something of ours is an error, and everything stays', async (t) => {
  const { job } = await startJob(t)
  await assume(job, '--profile', 'dev', '--region', 'eu-west-1')
  job.write('.aws/config', `${job.read('.aws/config')}oops\n`)
  const before = job.files()
  await job.fails(['cleanup'], 'file-malformed', /\.aws\/config, line 4: it is neither/)
  await job.fails(['cleanup', '--profile', 'a b]'], 'invalid-profile-name', /"b\]"/)
  await job.fails(['cleanup', '--profile', ','], 'invalid-profile-name', /","/)
  assert.deepEqual(job.files(), before)
})

test('a link to an empty file stays', async (t) => {
  const { job } = await startJob(t)
  fs.mkdirSync(join(job.home, '.aws'))
  fs.symlinkSync(job.write('dotfiles/credentials', ''), join(job.home, '.aws/credentials'))
  await assume(job, '--profile', 'dev', '--export', 'none')
  await cleanup(job)
  assert.deepEqual(job.files(), { '.aws/credentials': '', 'dotfiles/credentials': '' })
})

test('many at once do not get in each other’s way', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/config', CONFIG)
  const names = ['a', 'b', 'c', 'd']
  for (const name of names) await assume(job, '--profile', name, '--region', 'eu-west-1')
  await Promise.all(names.map((name) => cleanup(job, '--profile', name)))
  assert.deepEqual(job.files(), { '.aws/config': CONFIG, bash_env: '' })
})

test('--profile: a name of no profile is an error with the nearest, and nothing goes', async (t) => {
  const { job } = await startJob(t)
  assert.match((await cleanup(job, '--profile', 'prd')).stdout, /^There is nothing to clean up/)
  await assume(job, '--profile', 'prod')
  const before = job.files()
  const message = /for a profile "prd", only for: prod\.\n {2}Likely: "prod" was meant/
  await job.fails(['cleanup', '--profile', 'prd'], 'invalid-usage', message)
  assert.deepEqual(job.files(), before)
})

test('keys of an STS that is not AWS go, too; keys put in their place stay', async (t) => {
  const { job } = await startJob(t)
  await assume(job, '--profile', 'dev')
  const written = job.read('.aws/credentials') ?? ''
  job.write('.aws/credentials', written.replace(/= ASIA\w+/, '= Q1W2E3R4T5Y6U7I8O9P0'))
  await cleanup(job)
  assert.deepEqual(job.files(), { bash_env: '' })
  const own = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'
  job.write('.aws/credentials', written.replace(/aws_access_key_id = .*\n/, own))
  await cleanup(job)
  assert.match(
    job.read('.aws/credentials') ?? '',
    /^\[dev\]\naws_access_key_id = AKIA\w+\naws_secret/,
  )
})
