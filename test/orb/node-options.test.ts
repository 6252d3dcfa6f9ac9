import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jobOf } from './config.ts'
import { openHost, runJob } from './job-runner.ts'
import { SHELLS } from './shells.ts'

const role = { 'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc' }
/** As Yarn and tracers set it; a Node that heeds it ends at once. */
const NODE_OPTIONS = '--require "./it\'s missing.cjs"'
/** Has the command show what concerns Node in its environment, and no secret. */
const EXEC = `circleci-aws-oidc exec --role-arn ${role['role-arn']} -- sh -c 'env | grep NODE_OPT || echo'`
const env = { NODE_OPTIONS }

for (const { command: shell, skip, busybox } of SHELLS) {
  describe(`NODE_OPTIONS of the job under ${shell}`, { skip }, () => {
    test('no step of the orb heeds them', async (t) => {
      const host = await openHost(t, { busybox })
      const job = jobOf(
        { 'aws-oidc/assume-role': role },
        'aws-oidc/whoami',
        { 'aws-oidc/doctor': role },
        'aws-oidc/cleanup',
      )
      const { succeeded, output } = await runJob(host, job, { shell, env })
      assert.ok(succeeded, output)
    })

    test('exec gives them to its command, and nothing of ours', async (t) => {
      const host = await openHost(t, { busybox })
      const job = jobOf('aws-oidc/install', { run: `. "$BASH_ENV"; ${EXEC}` })
      const { succeeded, steps, output } = await runJob(host, job, { shell, env })
      assert.ok(succeeded, output)
      assert.equal(steps[1]?.stdout, `NODE_OPTIONS=${NODE_OPTIONS}\n`)
    })
  })
}

test('a job without them gets none', async (t) => {
  const host = await openHost(t)
  const { succeeded, steps, output } = await runJob(host, jobOf('aws-oidc/install', { run: EXEC }))
  assert.ok(succeeded, output)
  assert.equal(steps[1]?.stdout, '\n')
})
