import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { homeWithSandbox, ROLE } from './in-process.ts'

const SESSION = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42'
const ASSUME = ['assume-role', '--role-arn', ROLE, '--profile', 'dev']

test('who a profile is, and nothing secret of it', async (t) => {
  const { home } = await homeWithSandbox(t)
  assert.equal((await home.run(ASSUME)).code, 0)
  const { code, out, notes, concealed, painted } = await home.run(['whoami', '--profile', 'dev'])
  assert.deepEqual([code, notes], [0, ''])
  assert.match(
    out,
    new RegExp(
      `^Account {2}?111111111111\nARN     ${SESSION}\\S*\nUser id AROA\\w+:circleci-42\\S*\nSource  profile dev$`,
    ),
  )
  assert.deepEqual(
    painted,
    ['Account ', 'ARN     ', 'User id ', 'Source  '].map((label) => ['stdout', 'bold', label]),
  )
  const credentials = home.read('.aws/credentials')
  for (const name of ['aws_secret_access_key', 'aws_session_token']) {
    const secret = new RegExp(`^${name} = (.+)$`, 'm').exec(credentials)?.[1] ?? name
    assert.ok(concealed.includes(secret), name)
  }
  const json = await home.run(['whoami', '--profile', 'dev', '--format', 'json'])
  const { accountId, arn, source } = JSON.parse(json.out)
  assert.deepEqual(
    [accountId, arn.slice(0, SESSION.length), source],
    ['111111111111', SESSION, 'profile dev'],
  )
  assert.equal(json.out, JSON.stringify(JSON.parse(json.out), null, 2))
})

test('where other tools would take other credentials, a warning says so', async (t) => {
  const { home } = await homeWithSandbox(t)
  await home.run(ASSUME)
  const env = { AWS_DEFAULT_PROFILE: 'dev', AWS_PROFILE: 'other' }
  const { notes, painted } = await home.run(['whoami'], env)
  assert.match(notes, /^Warning: AWS_DEFAULT_PROFILE is "dev"/)
  assert.ok(painted.some((one) => one.join() === `stderr,yellow,${notes}`))
})

test('the endpoint is that of the region given, of the profile, or the first', async (t) => {
  const { home } = await homeWithSandbox(t)
  await home.run([...ASSUME, '--region', 'eu-west-1'])
  // Nobody answers at this port, so the error names the host that was asked.
  const env = { AWS_ENDPOINT_URL_STS: '', HTTPS_PROXY: 'http://127.0.0.1:9' }
  const asked = async (args: string[], more = {}) => {
    const one = ['whoami', '--max-attempts', '1', '--timeout-seconds', '5']
    const { error } = await home.run([...one, ...args], { ...env, ...more })
    return /sts[\w.-]*amazonaws\.com/.exec(`${error?.message} ${error?.why} ${error?.next}`)?.[0]
  }
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-key' }
  assert.equal(await asked(['--profile', 'dev']), 'sts.eu-west-1.amazonaws.com')
  assert.equal(await asked(['--region', 'eu-north-1'], keys), 'sts.eu-north-1.amazonaws.com')
  assert.equal(
    await asked([], { ...keys, AWS_REGION: 'eu-south-1' }),
    'sts.eu-south-1.amazonaws.com',
  )
  assert.equal(await asked([], keys), 'sts.us-east-1.amazonaws.com')
})

test('shared files that can be read by nobody are an error, not missing ones', async (t) => {
  const { home } = await homeWithSandbox(t)
  const file = home.write('.aws/config', '')
  execFileSync('mkfifo', [join(dirname(file), 'credentials')])
  const { error } = await home.run(['whoami', '--profile', 'dev'])
  assert.equal(error?.code, 'file-unreadable')
  assert.match(error?.message ?? '', /credentials can't be read: it is a FIFO\.$/)
  const env = { AWS_SHARED_CREDENTIALS_FILE: join(file, 'below') }
  const below = await home.run(['whoami', '--profile', 'dev'], env)
  assert.match(below.error?.message ?? '', /below can't be read: a part of its path is not/)
})
