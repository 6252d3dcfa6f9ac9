import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { credentialsOf, credentialsSection, homeWithSandbox } from './in-process.ts'

const ARN = 'arn:aws:sts::111111111111:assumed-role/circleci-oidc/session'

/** A home whose profile `dev` has credentials. */
async function homeOf(t: TestContext) {
  const { home, sandbox, token } = await homeWithSandbox(t)
  const keys = await credentialsOf(sandbox, token)
  home.write('.aws/credentials', credentialsSection('dev', keys))
  home.write('.aws/config', '[profile dev]\nregion = eu-west-1\n')
  return { home, keys }
}

test('who a profile is, and nothing secret of it', async (t) => {
  const { home, keys } = await homeOf(t)
  const { code, out, notes, concealed, painted, error } = await home.run([
    'whoami',
    '--profile',
    'dev',
  ])
  assert.deepEqual([code, notes], [0, ''], error?.message)
  const lines = `Account 111111111111\nARN     ${ARN}\nUser id AROA\\w+:session\nSource  profile dev`
  assert.match(out, new RegExp(`^${lines}$`))
  assert.deepEqual(
    painted,
    ['Account ', 'ARN     ', 'User id ', 'Source  '].map((label) => ['stdout', 'bold', label]),
  )
  assert.deepEqual(concealed, [keys.SecretAccessKey, keys.SessionToken])
  const json = await home.run(['whoami', '--profile', 'dev', '--format', 'json'])
  const { userId, ...found } = JSON.parse(json.out)
  assert.match(userId, /^AROA\w+:session$/)
  assert.deepEqual(found, { accountId: '111111111111', arn: ARN, source: 'profile dev' })
  assert.equal(json.out, JSON.stringify(JSON.parse(json.out), null, 2))
})

test('where other tools would take other credentials, a warning says so', async (t) => {
  const { home } = await homeOf(t)
  const env = { AWS_DEFAULT_PROFILE: 'dev', AWS_PROFILE: 'other' }
  const { notes, painted } = await home.run(['whoami'], env)
  assert.match(notes, /^Warning: AWS_DEFAULT_PROFILE is "dev"/)
  assert.ok(painted.some((one) => one.join() === `stderr,yellow,${notes}`))
})

test('the endpoint is that of the region given, of the profile, or the first', async (t) => {
  const { home } = await homeOf(t)
  // Nobody answers at this port, so the error names the host that was asked.
  const env = { AWS_ENDPOINT_URL_STS: '', HTTPS_PROXY: 'http://127.0.0.1:9' }
  const asked = async (args: string[], more = {}) => {
    const one = ['whoami', '--max-attempts', '1', '--timeout-seconds', '50']
    const { error } = await home.run([...one, ...args], { ...env, ...more })
    return /sts[\w.-]*amazonaws\.com/.exec(`${error?.message} ${error?.why} ${error?.next}`)?.[0]
  }
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-key' }
  const of = (region: string) => `sts.${region}.amazonaws.com`
  assert.equal(await asked(['--profile', 'dev']), of('eu-west-1'))
  assert.equal(await asked(['--region', 'eu-north-1'], keys), of('eu-north-1'))
  assert.equal(await asked([], { ...keys, AWS_REGION: 'eu-south-1' }), of('eu-south-1'))
  assert.equal(await asked([], keys), of('us-east-1'))
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
  assert.match(below.error?.message ?? '', /below .*can't be read: a part of its path is not/)
})
