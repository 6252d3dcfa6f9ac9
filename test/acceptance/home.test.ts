import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
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
  const { stdout } = await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'dev'], {
    env,
  })
  assert.match(stdout, /~\/\.aws\/credentials/)
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
