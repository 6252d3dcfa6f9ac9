import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLE, startJob } from './acceptance/job.ts'

const CONCEALED = /"\[concealed\]" is not/

test("--debug after -- is the command's", async (t) => {
  const { job } = await startJob(t)
  const args = ['exec', '--role-arn', ROLE]
  const { stdout, stderr } = await job.done([...args, '--', 'echo', 'plan', '--debug'])
  assert.deepEqual([stdout, stderr], ['plan --debug\n', ''])
  const ours = await job.done([...args, '--debug', '--', 'echo', 'plan'])
  assert.match(ours.stderr, /^debug: /m)
})

test('a token that an error quotes is not shown, whole or cut', async (t) => {
  const { job } = await startJob(t)
  const token = job.env['CIRCLE_OIDC_TOKEN_V2'] ?? ''
  for (const length of [token.length, 300, 100, 20]) {
    const env = { AWS_OIDC_POLICY_ARNS: token.slice(0, length) }
    const args = ['assume-role', '--role-arn', ROLE]
    const { stderr } = await job.fails(args, 'invalid-session-policy', CONCEALED, { env })
    assert.doesNotMatch(stderr, /eyJ/)
  }
})
