import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FaultName } from '../../src/sandbox/index.ts'
import { describeFault, FAULT_NAMES, parseFault } from '../../src/sandbox/index.ts'
import { CIRCLECI_ROLE, exchange, post, refused, sandboxFor } from './aws/sandbox-client.ts'

// Codes and statuses: facts of the STS API Reference ("Errors" of the actions, "Common errors").
const ERRORS: [fault: FaultName, code: string, status: number, message: RegExp][] = [
  ['throttling', 'Throttling', 400, /^Rate exceeded$/],
  ['internal-failure', 'InternalFailure', 500, /unknown error/],
  ['service-unavailable', 'ServiceUnavailable', 503, /temporary failure/],
  ['idp-communication-error', 'IDPCommunicationError', 400, /could not be reached/],
  ['verification-key', 'InvalidIdentityToken', 400, /^Couldn't retrieve verification key from/],
  ['expired-token', 'ExpiredTokenException', 400, /^Token expired: current date\/time \d+ must/],
  ['rejected-claim', 'IDPRejectedClaim', 403, /identity provider/],
  ['access-denied', 'AccessDenied', 403, /^Not authorized to perform sts:/],
  ['packed-policy', 'PackedPolicyTooLarge', 400, /^Packed policy consumes 112% of allotted space/],
  [
    'region-disabled',
    'RegionDisabledException',
    403,
    /^STS is not activated in this region for account:111111111111\. /,
  ],
]

for (const [name, code, status, message] of ERRORS) {
  test(`${name}: ${code} (${status}), then normal again`, async (t) => {
    const { sandbox, lines } = await sandboxFor(t, { faults: [{ name, count: 1 }] })
    await refused(exchange(sandbox), code, status, message)
    assert.ok((await exchange(sandbox)).Credentials)
    assert.deepEqual(lines, [`fault ${name} for AssumeRoleWithWebIdentity`])
    assert.deepEqual(
      sandbox.requests.map((one) => [one.fault, one.status, one.succeeded]),
      [
        [name, status, false],
        [undefined, 200, true],
      ],
    )
  })
}

async function rawExchange(t: Parameters<typeof sandboxFor>[0], name: FaultName, accept = '*/*') {
  const { sandbox } = await sandboxFor(t, { faults: [{ name, count: 1 }] })
  const WebIdentityToken = await sandbox.mint()
  const parameters = { RoleArn: CIRCLECI_ROLE, RoleSessionName: 'job', WebIdentityToken }
  return post(sandbox, { Action: 'AssumeRoleWithWebIdentity', ...parameters }, { accept })
}

test('html and html-502: a page instead of an answer', async (t) => {
  for (const [name, status] of [
    ['html', 200],
    ['html-502', 502],
  ] as const) {
    const answer = await rawExchange(t, name)
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('content-type'), 'text/html')
    assert.match(await answer.text(), /^<!DOCTYPE html>/)
  }
})

test('empty: 200 without a body, which the SDK takes for an answer without credentials', async (t) => {
  const answer = await rawExchange(t, 'empty')
  assert.equal(answer.status, 200)
  assert.equal(await answer.text(), '')
})

test('missing-fields: 200 without the secret access key, in XML and JSON', async (t) => {
  for (const accept of ['*/*', 'application/json']) {
    const answer = await rawExchange(t, 'missing-fields', accept)
    assert.equal(answer.status, 200)
    const body = await answer.text()
    if (accept !== '*/*') assert.doesNotThrow(() => JSON.parse(body))
    assert.match(body, /AccessKeyId/)
    assert.doesNotMatch(body, /SecretAccessKey/)
  }
})

test('truncated: the connection closes in the middle of the body', async (t) => {
  const answer = await rawExchange(t, 'truncated')
  assert.equal(answer.status, 200)
  assert.ok(Number(answer.headers.get('content-length')) > 1000)
  await assert.rejects(answer.text())
})

test('reset: the connection is reset', async (t) => {
  await assert.rejects(rawExchange(t, 'reset'), (error: Error) => {
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNRESET')
    return true
  })
})

test('slow: a good answer, three seconds later', async (t) => {
  const { sandbox } = await sandboxFor(t, { faults: [{ name: 'slow', count: 1 }] })
  const started = performance.now()
  assert.ok((await exchange(sandbox)).Credentials)
  assert.ok(performance.now() - started >= 2900)
  assert.equal(sandbox.exchanges, 1)
})

test('faults come in the order given, each as often as asked', async (t) => {
  const faults = [parseFault('throttling:2'), parseFault('internal-failure')]
  const { sandbox } = await sandboxFor(t, { faults })
  for (let request = 0; request < 4; request += 1) await assert.rejects(exchange(sandbox))
  assert.deepEqual(
    sandbox.requests.map(({ fault }) => fault),
    ['throttling', 'throttling', 'internal-failure', 'internal-failure'],
  )
  assert.equal(sandbox.exchanges, 0)
})

test('NAME and NAME:COUNT', () => {
  assert.deepEqual(parseFault('slow'), { name: 'slow', count: Number.POSITIVE_INFINITY })
  assert.deepEqual(parseFault('reset:3'), { name: 'reset', count: 3 })
  for (const wrong of ['', 'Throttling', 'slow:', 'slow:0', 'slow:-1', 'slow:x', 'slow:1:2']) {
    assert.throws(() => parseFault(wrong), {
      code: 'invalid-usage',
      message: `"${wrong}" is not a fault.`,
      next: `Give NAME or NAME:COUNT (COUNT from 1), where NAME is one of ${FAULT_NAMES.join(', ')}.`,
    })
  }
  for (const name of FAULT_NAMES) assert.notEqual(describeFault(name), '')
})
