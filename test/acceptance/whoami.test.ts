import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLE, startJob } from './job.ts'

const ASSUME = ['assume-role', '--role-arn', ROLE, '--profile', 'dev']
const ARN = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy'

test('text and json, by profile and by the keys in the environment', async (t) => {
  const { job } = await startJob(t)
  await job.done(ASSUME)
  const { stdout, stderr } = await job.done(['whoami', '--profile', 'dev'])
  assert.equal(stderr, '')
  assert.match(
    stdout,
    new RegExp(
      `^Account +111111111111\nARN +${ARN}\nUser id +AROA\\w+:[\\w-]+\nSource +.*dev.*\n$`,
    ),
  )
  const keys = Object.fromEntries(
    ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'].map((name) => [
      name.toUpperCase(),
      new RegExp(`^${name} = (.+)$`, 'm').exec(job.read('.aws/credentials') ?? '')?.[1] ?? '',
    ]),
  )
  const json = await job.done(['whoami', '--format', 'json'], { env: keys })
  const { userId, source, ...rest } = JSON.parse(json.stdout)
  assert.match(userId, /^AROA\w+:circleci-42-website-deploy$/)
  assert.match(source, /AWS_ACCESS_KEY_ID|environment/)
  assert.deepEqual(rest, { accountId: '111111111111', arn: ARN })
})

test('no such profile, no credentials at all', async (t) => {
  const { job, sandbox } = await startJob(t)
  await job.fails(['whoami', '--profile', 'nope'], 'credentials-not-found', /nope/)
  const here = /the step of assume-role has no AWS_PROFILE yet/
  await job.fails(['whoami'], 'credentials-not-found', here)
  const skipped =
    /Likely: {1,2}This job has no OIDC token, so assume-role was skipped \(AWS_OIDC_SKIPPED\)/
  await job.fails(['whoami'], 'credentials-not-found', skipped, { env: { AWS_OIDC_SKIPPED: '1' } })
  assert.equal(sandbox.requests.length, 0)
})

test('keys that AWS does not know, or that are cut', async (t) => {
  const { job } = await startJob(t)
  await job.done(ASSUME)
  const credentials = job.read('.aws/credentials') ?? ''
  const whoami = ['whoami', '--profile', 'dev', '--max-attempts', '2']
  job.write(
    '.aws/credentials',
    credentials.replace(/^(aws_access_key_id = ).*/m, '$1ASIANOSUCHKEY000001'),
  )
  const unknown = await job.fails(whoami, 'credentials-rejected', /InvalidClientTokenId/)
  assert.match(unknown.stderr, /^Attempt 1 of 2 failed/m, 'fresh keys may not be known yet')
  job.write('.aws/credentials', credentials.replace(/^(aws_secret_access_key = )(.*)...$/m, '$1$2'))
  const cut = await job.fails(whoami, 'credentials-rejected', /SignatureDoesNotMatch/)
  assert.match(cut.stderr, /^Attempt 1 of 2 failed/m, 'so may their signature')
})

test('a malformed credentials file', async (t) => {
  const { job } = await startJob(t)
  job.write('.aws/credentials', '[dev]\naws_access_key_id AKIAIOSFODNN7EXAMPLE\n')
  const { stderr, code } = await job.run(['whoami', '--profile', 'dev'])
  assert.ok(code === 2 || code === 6, stderr)
})
