import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { version } from '../../package.json'
import { COMMANDS } from '../../src/command-table.ts'
import { npmTool, withoutNpmTools } from '../interop/npm-tools.ts'
import { CLI } from './built-cli.ts'
import { ROLE, startJob } from './job.ts'

// A Node that is too old to parse the helper must say so: it has done nothing, or printed a stack, before.
for (const [name, release] of [
  ['node12', '12.22.12'],
  ['node14', '14.21.3'],
  ['node16', '16.20.2'],
  ['node18', '18.20.4'],
] as const) {
  const tool = `${name}/bin/node`
  describe(`Node ${release}`, { skip: withoutNpmTools(tool) }, () => {
    const node = npmTool(tool)
    const expected = {
      status: 2,
      stdout: '',
      stderr: `circleci-aws-oidc ${version} needs Node 20 or newer, but this is Node ${release} (${node}).\n`,
    }
    const run = (args: readonly string[], env: Record<string, string> = {}) => {
      const { status, stdout, stderr } = spawnSync(node, args, { env, encoding: 'utf8' })
      return { status, stdout, stderr }
    }

    for (const args of [...Object.keys(COMMANDS), '', '--version', '--help', 'no-such-command']) {
      test(`circleci-aws-oidc ${args}`, () => {
        assert.deepEqual(run([CLI, ...args.split(' ')]), expected)
      })
    }

    for (const file of [
      'embedded/circleci-aws-oidc.cjs',
      'sandbox.cjs',
      'sandbox-circleci.cjs',
    ] as const) {
      test(file, () => assert.deepEqual(run([join(dirname(CLI), file)]), expected))
    }

    test('the launcher of a profile that renews itself', async (t) => {
      const { job } = await startJob(t)
      await job.done(['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'])
      const launcher = Object.keys(job.files()).find((path) => path.endsWith('launcher.cjs')) ?? ''
      const args = [join(job.home, launcher), 'credential-process', '--profile', 'default']
      assert.deepEqual(run(args, job.env), expected)
    })
  })
}
