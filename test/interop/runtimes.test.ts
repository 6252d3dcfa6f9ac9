import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { CLI } from '../acceptance/built-cli.ts'
import { ROLE, startJob } from '../acceptance/job.ts'
import { npmTool, withoutNpmTools } from './npm-tools.ts'

const execute = promisify(execFile)

// A profile that renews itself starts what it was set up with.
for (const [name, tool, args] of [
  ['Bun', '@oven/bun-linux-x64/bin/bun', []],
  ['Deno', '@deno/linux-x64-glibc/deno', ['run', '-A']],
] as const) {
  test(`${name} sets up a profile that renews itself`, {
    skip: withoutNpmTools(tool),
  }, async (t) => {
    const { job, sandbox } = await startJob(t)
    const env = { ...job.env, DENO_NO_UPDATE_CHECK: '1' }
    const role = ['assume-role', '--role-arn', ROLE, '--credentials', 'refresh']
    await execute(npmTool(tool), [...args, CLI, ...role], { env })
    const [, command = ''] =
      /^credential_process = (.*)$/m.exec(job.read('.aws/config') ?? '') ?? []
    for (const exchanges of [1, 2]) {
      const { stdout } = await execute('sh', ['-c', command], { env })
      assert.equal(JSON.parse(stdout).Version, 1)
      assert.equal(sandbox.exchanges, exchanges)
      for (const path of Object.keys(job.files())) {
        if (path.endsWith('/credentials.json')) job.write(path, '')
      }
    }
  })
}
