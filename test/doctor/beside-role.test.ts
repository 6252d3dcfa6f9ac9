import assert from 'node:assert/strict'
import { chmodSync, mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { ROLE, startJob } from '../acceptance/job.ts'

const NO_ROLE = ['--role-arn', 'arn:aws:iam::1111:role/deploy']
const OPTIONS = [
  ...['--profile', 'my profile', '--region', 'eu-cental-1'],
  ...['--role-session-name', 'a b', '--policy', '{'],
]
const KEYS =
  '[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMIK7MDENG\n'

test('a role that is none hides nothing of the other options, the token and the files', async (t) => {
  const { job } = await startJob(t)
  mkdirSync(`${job.home}/.aws`, { mode: 0o555 })
  chmodSync(job.home, 0o555)
  const wrong = { env: { CIRCLE_OIDC_TOKEN_V2: 'eyJhbGciOiJSUzI1NiJ9.e30' }, asNobody: true }
  const args = [...NO_ROLE, ...OPTIONS]
  const { stdout, code } = await job.run(['doctor', ...args], wrong)
  for (const word of [
    /^✗ The content of CIRCLE_OIDC_TOKEN_V2 is not [^✗]* cut off after \d+ characters\./m,
    /^✗ The role ARN [^✗]* has 4 digits instead of 12\./m,
    /^✗ "my profile" cannot be a profile name\./m,
    /^✗ The role session name "a b" has characters/m,
    /^✗ The session policy is not JSON/m,
    /^✗ "eu-cental-1" .* is not an AWS region; you probably mean eu-central-1/m,
    /^✗ Cannot write .*\.aws.*: permission denied/m,
  ]) {
    assert.match(stdout, word)
  }
  assert.match(stdout, /^7 errors, /m)
  const { code: ofAssumeRole } = await job.run(['assume-role', ...args], wrong)
  assert.deepEqual([code, ofAssumeRole], [2, 2])
})

test('keys of the user in the profile that the role was meant for', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', KEYS)
  const own = /has static keys that circleci-aws-oidc did not write/
  assert.match((await job.run(['doctor', ...NO_ROLE])).stdout, own)
  assert.doesNotMatch((await job.run(['doctor', ...NO_ROLE, '--profile', 'dev'])).stdout, own)
  const file = job.write('roles', `[profile dev]\nrole_arn = ${ROLE}\nrole_arm = x\n`)
  const { stdout } = await job.run(['doctor', '--profiles-file', file])
  assert.match(stdout, /^✗ .*role_arm/m)
  assert.doesNotMatch(stdout, own, 'which profile is meant is not known')
})
