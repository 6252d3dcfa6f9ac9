import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Job } from '../acceptance/job.ts'
import { jwt, secondsFromNow } from '../token/jwt.ts'
import { withoutModules } from '../tools/python.ts'
import { startMoto } from './moto.ts'

const ROLE = 'arn:aws:iam::123456789012:role/deploy'
const ARN = 'arn:aws:sts::123456789012:assumed-role/deploy/release-7'

test('moto as the STS: exchange, profile, caller identity', {
  skip: withoutModules('moto.server'),
}, async (t) => {
  const url = await startMoto(t)
  const job = new Job(t, {
    AWS_ENDPOINT_URL_STS: url,
    CIRCLE_OIDC_TOKEN_V2: jwt({ sub: 'org/o/project/p/user/u', exp: secondsFromNow(600) }),
  })
  const options = ['--role-session-name', 'release-7', '--profile', 'dev', '--region', 'eu-west-1']
  const { stdout } = await job.done([
    'assume-role',
    '--role-arn',
    ROLE,
    '--duration-seconds',
    '900',
    '--format',
    'json',
    ...options,
  ])
  const [profile] = JSON.parse(stdout).profiles
  assert.deepEqual([profile.assumedRoleArn, profile.accountId], [ARN, '123456789012'])
  const life = Date.parse(profile.expiration) - Date.now()
  assert.ok(Math.abs(life - 900_000) < 20_000, `${life} ms`)

  const { stdout: mine } = await job.done(['whoami', '--profile', 'dev', '--format', 'json'])
  assert.deepEqual([JSON.parse(mine).arn, JSON.parse(mine).accountId], [ARN, '123456789012'])
})
