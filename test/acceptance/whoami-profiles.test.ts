import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFault } from '../../src/sandbox/index.ts'
import { ROLE, startJob } from './job.ts'

const CHAINED = `[profile b]\nrole_arn = arn:aws:iam::222222222222:role/playground\nsource_profile = a\n`

test('a profile that the SDK chains is retried like any request', async (t) => {
  const faults = ['access-denied', 'throttling'].map((name) => parseFault(`${name}:1`))
  const { job } = await startJob(t, { faults })
  await job.fails(['assume-role', '--role-arn', ROLE, '--profile', 'a'], 'access-denied', /refuses/)
  // The second fault falls on the exchange that succeeds after one more attempt.
  const { stderr } = await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  assert.match(stderr, /^Attempt 1 of 5 failed/m)
  job.write('.aws/config', CHAINED)
  const { stdout } = await job.done(['whoami', '--profile', 'b', '--format', 'json'])
  assert.equal(JSON.parse(stdout).accountId, '222222222222')
})

test('a role that AWS refuses, and an STS that is not there, are told apart', async (t) => {
  const { job } = await startJob(t)
  await job.done(['assume-role', '--role-arn', ROLE, '--profile', 'a'])
  job.write('.aws/config', CHAINED.replace('playground', 'nowhere'))
  await job.fails(['whoami', '--profile', 'b'], 'access-denied', /role of the profile "b"/)
  await job.fails(
    ['whoami', '--profile', 'b', '--sts-endpoint', 'http://127.0.0.1:1', '--max-attempts', '1'],
    'aws-unreachable',
    /127\.0\.0\.1:1/,
  )
})

test('what a credential_process says of its failure is passed on', async (t) => {
  const { job } = await startJob(t)
  job.program('failing', 'echo "the vault is sealed" >&2; exit 1')
  job.write('.aws/config', '[profile v]\ncredential_process = failing now\n')
  await job.fails(['whoami', '--profile', 'v'], 'credentials-not-found', /the vault is sealed/)
})

test('files that may not be read are not taken for missing ones', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', '[dev]\naws_access_key_id = x\n', 0o000)
  await job.fails(['whoami', '--profile', 'dev'], 'file-unreadable', /permission denied/, {
    asNobody: true,
  })
})
