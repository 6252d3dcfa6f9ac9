import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { Home } from '../in-process.ts'

const ROLE = 'arn:aws:iam::222222222222:role/deploy'
const OTHER = 'arn:aws:iam::333333333333:role/deploy'
const CLAIMS = { iss: 'https://id.example', aud: 'a', sub: 's' }
const POLICY = {
  Statement: {
    Effect: 'Allow',
    Principal: { Federated: 'arn:aws:iam::222222222222:oidc-provider/id.example' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { 'id.example:aud': 'a', 'id.example:sub': 's' } },
  },
}

function homeOf(t: TestContext) {
  const home = new Home(t)
  const policy = home.write('policy.json', JSON.stringify(POLICY))
  const claims = home.write('claims.json', JSON.stringify(CLAIMS))
  const Role = { Arn: ROLE, AssumeRolePolicyDocument: POLICY }
  const printed = home.write('role.json', JSON.stringify({ Role }))
  const check = (args: readonly string[], env = {}) => home.run(['trust', 'check', ...args], env)
  return { home, policy, claims, printed, check }
}

test('allowed: exit code 0; not allowed: 4, with the findings', async (t) => {
  const { home, policy, claims, check } = homeOf(t)
  assert.equal((await check(['--policy', policy, '--claims', claims])).code, 0)
  const other = home.write('other.json', JSON.stringify({ ...CLAIMS, sub: 'x' }))
  const refused = await check(['--policy', policy, '--claims', other, '--format', 'json'])
  assert.equal(refused.code, 4)
  assert.equal(refused.out, JSON.stringify(JSON.parse(refused.out), null, 2))
  assert.equal('error' in JSON.parse(refused.out), false)
})

test('without a token: the findings and the error, exit code 3', async (t) => {
  const { policy, check } = homeOf(t)
  const text = await check(['--policy', policy])
  assert.deepEqual([text.code, text.error?.code], [3, 'token-not-found'])
  assert.match(text.out, /^No token to check the policy with\./)
  const json = await check(['--policy', policy, '--format', 'json'])
  assert.equal(JSON.parse(json.out).error.code, 'token-not-found')
  const malformed = await check(['--policy', policy], { CIRCLE_OIDC_TOKEN_V2: 'x' })
  assert.equal(malformed.error?.code, 'token-malformed')
})

describe('the role of the policy', () => {
  test('is that of the file, whatever the variables of the job say', async (t) => {
    const { printed, claims, check } = homeOf(t)
    const args = ['--policy', printed, '--claims', claims]
    assert.equal((await check(args)).code, 0)
    assert.equal((await check(args, { AWS_OIDC_ROLE_ARN: OTHER })).code, 0)
    assert.equal((await check([...args, '--role-arn', ROLE])).code, 0)
    const { code, error } = await check([...args, '--role-arn', OTHER])
    assert.equal(code, 2)
    assert.equal(error?.message, `--role-arn is ${OTHER}, but the file describes the role ${ROLE}.`)
  })

  test('is the one given where the file says none, also by a variable', async (t) => {
    const { policy, claims, check } = homeOf(t)
    const args = ['--policy', policy, '--claims', claims]
    assert.equal((await check(args, { AWS_OIDC_ROLE_ARN: OTHER })).code, 4)
    assert.equal((await check(args, { AWS_OIDC_ROLE_ARN: ROLE })).code, 0)
    assert.equal((await check([...args, '--role-arn', 'DEPLOY'], { DEPLOY: OTHER })).code, 4)
  })
})

test('stdin can be read once', async (t) => {
  const { claims, check } = homeOf(t)
  for (const [args, message] of [
    [['--claims', '-'], /--policy - and --claims - cannot be combined/],
    [['--token-source', 'stdin'], /--policy - and --token-source stdin cannot be combined/],
  ] as const) {
    const { code, error } = await check(['--policy', '-', ...args])
    assert.equal(code, 2)
    assert.match(error?.message ?? '', message)
  }
  const none = await check(['--claims', claims])
  assert.match(none.error?.message ?? '', /--policy is missing/)
})
