import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { CLI } from './built-cli.ts'
import { ROLE, startJob } from './job.ts'

const execute = promisify(execFile)

const KINDS = ['static', 'refresh', 'token-file'] as const

const KEYS: Record<(typeof KINDS)[number], { config: string[]; credentials: string[] }> = {
  static: {
    config: [],
    credentials: ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'],
  },
  refresh: { config: ['credential_process'], credentials: [] },
  'token-file': {
    config: ['role_arn', 'role_session_name', 'web_identity_token_file'],
    credentials: [],
  },
}

const keysIn = (text = '') => [...text.matchAll(/^(\w+) =/gm)].map(([, key]) => key).sort()

for (const before of KINDS) {
  for (const after of KINDS.filter((kind) => kind !== before)) {
    test(`from ${before} to ${after}: no key and no file of the other kind stays`, async (t) => {
      const { job } = await startJob(t)
      const args = ['assume-role', '--role-arn', ROLE, '--profile', 'dev', '--credentials']
      await job.done([...args, before])
      await job.done([...args, after])
      assert.deepEqual(keysIn(job.read('.aws/config')), KEYS[after].config)
      assert.deepEqual(keysIn(job.read('.aws/credentials')), KEYS[after].credentials)
      const ours = Object.keys(job.files())
        .filter((name) => name.includes('/profiles/'))
        .map((name) => name.split('/').at(-1))
      const expected = {
        static: [],
        refresh: ['credentials.json', 'recipe.json'],
        'token-file': ['token'],
      }
      assert.deepEqual(ours, expected[after])
      const { stdout } = await job.done(['whoami', '--profile', 'dev', '--format', 'json'])
      assert.equal(JSON.parse(stdout).accountId, '111111111111')
    })
  }
}

// In double quotes, a POSIX shell gives these a meaning; botocore and the SDKs for Go differ from it.
for (const special of ['"', '$', '`', '\\', '\n']) {
  test(`refresh below a directory with ${JSON.stringify(special)}: refused`, async (t) => {
    const { job } = await startJob(t)
    const env = { XDG_DATA_HOME: join(job.home, `a${special}b`) }
    const args = ['assume-role', '--role-arn', ROLE, '--credentials', 'refresh']
    await job.fails(args, 'invalid-usage', /can't be used in credential_process\./, { env })
    assert.deepEqual(job.files(), {})
  })
}

test('what is kept is for its owner only', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a', '--credentials', 'refresh'])
  await job.done([
    'assume-role',
    '--role-arn',
    ROLE,
    '--profile',
    'b',
    '--credentials',
    'token-file',
  ])
  for (const name of Object.keys(job.files()).filter((path) => path.startsWith('.local'))) {
    assert.equal(statSync(join(job.home, name)).mode & 0o077, 0, name)
  }
})

test('the recipe of a refresh profile holds no secret', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  const [recipe] = Object.entries(job.files()).filter(([name]) => name.endsWith('recipe.json'))
  assert.ok(recipe)
  for (const secret of job.secrets) assert.ok(!recipe[1].includes(secret))
})

test('a token from stdin cannot be renewed, and the SDK takes no session policy from a profile', async (t) => {
  const { job } = await startJob(t)
  const args = ['assume-role', '--role-arn', ROLE, '--credentials']
  await job.fails([...args, 'refresh', '--token-source', 'stdin'], 'invalid-usage', /stdin/)
  await job.fails(
    [...args, 'token-file', '--duration-seconds', '900'],
    'invalid-usage',
    /without the duration/,
  )
  assert.deepEqual(job.files(), {})
})

test('credential-process without anything to go by says what to run', async (t) => {
  const { job } = await startJob(t)
  await job.fails(
    ['credential-process', '--profile', 'dev'],
    'credentials-not-found',
    /assume-role with --credentials refresh/,
  )
})

test('credential-process prints the JSON of AWS and nothing else', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
  // What every run must not print is here what is asked for.
  const { stdout } = await execute(process.execPath, [CLI, 'credential-process'], { env: job.env })
  const { Version, AccessKeyId, Expiration, ...keys } = JSON.parse(stdout)
  assert.equal(Version, 1)
  assert.match(AccessKeyId, /^ASIA[A-Z0-9]{16}$/)
  assert.match(Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual(Object.keys(keys), ['SecretAccessKey', 'SessionToken'])
})
