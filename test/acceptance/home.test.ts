import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { withoutRoot } from '../orb/plain-user.ts'
import { ROLE, startJob } from './job.ts'

test('an empty HOME counts as unset: the home of the account, never the working directory', async (t) => {
  const { job } = await startJob(t)
  const account = join(job.home, 'account')
  // What Node does, with a home of ours in the place of the one in the machine's list of accounts.
  const preload = job.write(
    'account.cjs',
    `require('node:os').homedir = () => process.env.HOME ?? ${JSON.stringify(account)}`,
  )
  const env = { HOME: '', NODE_OPTIONS: `--require "${preload}"` }
  const args = ['assume-role', '--role-arn', ROLE, '--profile', 'dev']
  const { stdout, stderr } = await job.done(args, { env })
  assert.ok(stdout.includes(join(account, '.aws', 'credentials')), stdout)
  assert.match(stderr, /^Warning: HOME is empty/)
  await job.done(['whoami', '--profile', 'dev'], { env })
  await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'], { env })
  const [, command = ''] =
    /^credential_process = (.*)$/m.exec(job.read('account/.aws/config') ?? '') ?? []
  // What it starts; it would take the preload away.
  const [, directory = ''] = /^\/bin\/sh "(.*)\/credential-process\.sh"/.exec(command) ?? []
  const launcher = [join(directory, 'launcher.cjs'), 'credential-process', '--profile', 'default']
  const options = { env: { ...job.env, ...env }, cwd: job.home, encoding: 'utf8' } as const
  assert.equal(JSON.parse(execFileSync(process.execPath, launcher, options)).Version, 1)
  const written = Object.keys(job.files()).filter((name) => name !== 'account.cjs')
  assert.ok(written.length > 0)
  assert.deepEqual(
    written.filter((name) => !name.startsWith('account/')),
    [],
  )
})

describe('no HOME, and a user who is in no list of accounts', { skip: withoutRoot }, () => {
  const EVERYTHING = [
    ['assume-role', '--role-arn', ROLE],
    ['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'],
    ['whoami', '--profile', 'default'],
    ['exec', '--profile', 'default', '--', 'true'],
    ['credential-process', '--profile', 'default'],
    ['cleanup'],
  ]

  const UNKNOWN = 54_321

  async function startHomeless(t: TestContext) {
    const { job } = await startJob(t)
    const files = join(job.home, 'files')
    mkdirSync(files)
    chownSync(files, UNKNOWN, UNKNOWN)
    const preload = job.write(
      'homeless.cjs',
      `process.setgroups([]); process.setuid(${UNKNOWN})`,
      0o644,
    )
    const env = {
      HOME: undefined,
      NODE_OPTIONS: `--require "${preload}"`,
      AWS_CONFIG_FILE: join(files, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(files, 'credentials'),
    }
    return { job, files, env }
  }

  for (const args of EVERYTHING) {
    test(`${args.join(' ')}: says what to set, and touches nothing`, async (t) => {
      const { job, files, env } = await startHomeless(t)
      const others = { AWS_CONFIG_FILE: undefined, AWS_SHARED_CREDENTIALS_FILE: undefined }
      for (const one of [env, { ...env, ...others }]) {
        await job.fails(args, 'invalid-usage', /There is no home directory: .*Next: {3}Set HOME/s, {
          env: one,
        })
      }
      assert.deepEqual(readdirSync(files), [])
    })
  }

  test('doctor says so first', async (t) => {
    const { job, env } = await startHomeless(t)
    const { stdout, code } = await job.run(['doctor', '--role-arn', ROLE], { env })
    assert.match(stdout, /^✗ There is no home directory: /)
    assert.equal(code, 2)
  })

  test('with HOME, or with a place for every file, all of it works', async (t) => {
    const { job, files, env } = await startHomeless(t)
    const home = { ...env, HOME: files, AWS_CONFIG_FILE: undefined }
    for (const args of EVERYTHING) await job.done(args, { env: home })
    const data = { ...env, XDG_DATA_HOME: join(files, 'data') }
    const [assume = [], refresh = [], , , renew = [], clean = []] = EVERYTHING
    for (const args of [assume, refresh, renew, clean]) await job.done(args, { env: data })
  })
})
