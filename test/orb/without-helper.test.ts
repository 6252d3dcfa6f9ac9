import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathOf } from '../tools/programs.ts'
import { jobOf } from './config.ts'
import { openHost, runJob } from './job-runner.ts'
import { nodeVersion } from './node-mirror.ts'
import { version } from './packed-orb.ts'
import { SHELLS } from './shells.ts'
import { addTool } from './tools.ts'

const assumeRole = (values = {}) => ({
  'aws-oidc/assume-role': {
    'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc',
    ...values,
  },
})

for (const { command: shell, skip, busybox } of SHELLS) {
  describe(`a job without the helper under ${shell}`, { skip }, () => {
    test('cleanup has nothing to remove where assume-role was skipped', async (t) => {
      const host = await openHost(t, { busybox })
      const job = jobOf(assumeRole({ when: 'on_fail' }), 'aws-oidc/cleanup')
      const { steps } = await runJob(host, job, { shell })
      assert.deepEqual(
        steps.map(({ code, stdout, stderr }) => ({ code, stdout, stderr })),
        [
          {
            code: 0,
            stdout: 'Nothing to remove: no step of this job installed the helper of this orb.\n',
            stderr: '',
          },
        ],
      )
    })

    test('cleanup after an install that failed', async (t) => {
      const host = await openHost(t, { busybox, tools: [] })
      const { steps } = await runJob(host, jobOf(assumeRole(), 'aws-oidc/cleanup'), { shell })
      assert.deepEqual(
        steps.map(({ code }) => code),
        [2, 0],
      )
    })

    for (const [command, next] of [
      ['whoami', "use the orb's command install in an earlier step."],
      [
        'doctor',
        `leave the parameter helper at embedded, or install circleci-aws-oidc@${version} in the image or in an earlier step.`,
      ],
    ] as const) {
      test(`${command} says what to do`, async (t) => {
        const host = await openHost(t, { busybox })
        const values = command === 'doctor' ? { helper: 'installed' } : {}
        const job = jobOf({ [`aws-oidc/${command}`]: values })
        const { steps } = await runJob(host, job, { shell })
        // Before doctor stands what adds its part to the helper, if that is there.
        const step = steps.at(-1)
        assert.equal(step?.code, 6)
        assert.ok(step.stderr.endsWith(`\nNext: ${next}\n`), step.stderr)
      })
    }
  })
}

test('a launcher whose Node is gone says what to do', async (t) => {
  const host = await openHost(t, { tools: ['cp'] })
  // As a cache may restore the home, but not the Node of the image.
  const node = join(host.root, "node's home", `node-${nodeVersion}`)
  addTool(host.bin, 'node', `exec '${node.replaceAll("'", "'\\''")}' "$@"`)
  await runJob(host, jobOf({ run: `mkdir "\${NODE%/*}" && cp ${pathOf('node')} "$NODE"` }), {
    env: { NODE: node },
  })
  const { succeeded, output } = await runJob(host, jobOf('aws-oidc/install'))
  assert.ok(succeeded, output)
  rmSync(node)
  for (const job of [jobOf(assumeRole({ helper: 'installed' })), jobOf('aws-oidc/cleanup')]) {
    const { steps } = await runJob(host, job)
    assert.equal(steps[0]?.code, 6)
    assert.equal(
      steps[0]?.stderr,
      `${node} is gone, the Node that circleci-aws-oidc was installed with.\n` +
        "Next: use the orb's command install in an earlier step of this job.\n",
    )
  }
})
