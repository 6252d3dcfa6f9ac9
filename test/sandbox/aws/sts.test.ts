import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalJWKSet } from 'jose'
import { StsError } from '../../../src/sandbox/aws/answer.ts'
import { Sessions } from '../../../src/sandbox/aws/session.ts'
import { answerSts } from '../../../src/sandbox/aws/sts.ts'
import { TokenVerification } from '../../../src/sandbox/aws/token-verification.ts'
import { readWorld } from '../../../src/sandbox/index.ts'

const world = readWorld({})
const keys = { names: [world.issuer], findKey: createLocalJWKSet({ keys: [] }) }
const sts = { world, tokens: new TokenVerification(world, keys), sessions: new Sessions(world) }
const EXCHANGE = {
  Action: 'AssumeRoleWithWebIdentity',
  Version: '2011-06-15',
  RoleArn: 'arn:aws:iam::111111111111:role/circleci-oidc',
  RoleSessionName: 'job-42',
  WebIdentityToken: `x.${Buffer.from(JSON.stringify({ iss: world.issuer })).toString('base64url')}.x`,
}

function answerTo(query: Record<string, string>, headers: Record<string, string> = {}) {
  const request = { method: 'POST', target: '/', headers, body: '' }
  return (forced?: StsError, parts = sts) =>
    answerSts(parts, { ...request, query: new Map(Object.entries(query)) }, forced)
}

test('what the sandbox did not foresee is a failure of its own, and the log has the cause', async () => {
  const tokens = { verify: () => Promise.reject(new TypeError('x is not a function')) }
  const { answer, refusal, requestId } = await answerTo(EXCHANGE)(undefined, {
    ...sts,
    tokens: tokens as unknown as TokenVerification,
  })
  assert.deepEqual([answer.status, refusal?.code], [500, 'InternalFailure'])
  assert.equal(refusal?.reason, 'TypeError: x is not a function')
  assert.ok(!answer.body.includes('not a function'))
  assert.ok(answer.body.includes(`<RequestId>${requestId}</RequestId>`))
})

test('a fault comes in place of the answer, in the format that was asked for', async () => {
  const fault = new StsError('Throttling', 'Rate exceeded')
  for (const [accept, type] of [
    ['application/json', 'application/json'],
    ['text/plain, application/json;q=0.9', 'application/json'],
    ['*/*', 'text/xml'],
  ] as const) {
    const { answer, refusal } = await answerTo(EXCHANGE, { accept })(fault)
    assert.deepEqual([answer.status, answer.contentType], [400, type])
    assert.match(answer.body, /Rate exceeded/)
    assert.equal(refusal, fault)
  }
  assert.equal((await answerTo(EXCHANGE)(fault)).answer.contentType, 'text/xml')
})

// "Common errors" of the AWS STS API Reference
test('an action without a name, of another name, of another version', async () => {
  for (const [query, code, message] of [
    [{}, 'MissingAction', /^Request is missing the Action parameter\.$/],
    [{ Action: '' }, 'MissingAction', /^Request is missing the Action parameter\.$/],
    [{ Action: 'assumeRole' }, 'InvalidAction', /operation assumeRole for version 2011-06-15$/],
    [{ Action: 'constructor' }, 'InvalidAction', /operation constructor for version 2011-06-15$/],
    [{ Action: 'AssumeRole', Version: '' }, 'InvalidAction', /version NO_VERSION_SPECIFIED$/],
    [{ Action: 'AssumeRole', Version: '2011' }, 'InvalidAction', /AssumeRole for version 2011$/],
  ] as const) {
    const { answer, refusal } = await answerTo({ Version: '2011-06-15', ...query })()
    assert.deepEqual([answer.status, refusal?.code], [400, code])
    assert.match(refusal?.message ?? '', message)
  }
  const { refusal } = await answerTo({ Action: 'AssumeRole' })()
  assert.match(refusal?.message ?? '', /version NO_VERSION_SPECIFIED$/)
  assert.match(refusal?.reason ?? '', /^the sandbox knows AssumeRole, .* version 2011-06-15$/)
})
