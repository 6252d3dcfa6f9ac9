import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type FaultName, readWorld, startSandbox } from '../../src/sandbox/index.ts'
import { CIRCLECI_ROLE, exchange, post, sandboxFor } from './aws/sandbox-client.ts'

test('a record of each request, in order, without its token', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const before = Date.now()
  assert.deepEqual([sandbox.requests.length, sandbox.exchanges], [0, 0])
  await exchange(sandbox)
  await post(sandbox, { Action: 'GetCallerIdentity' })
  await fetch(sandbox.url)
  const [first, second, third] = sandbox.requests
  assert.deepEqual(
    { ...first, arrivedAt: 0 },
    {
      action: 'AssumeRoleWithWebIdentity',
      parameters: {
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: CIRCLECI_ROLE,
        RoleSessionName: 'job-42',
        WebIdentityToken: '***',
      },
      ...{ arrivedAt: 0, status: 200, code: undefined, fault: undefined, succeeded: true },
    },
  )
  assert.ok((first?.arrivedAt ?? 0) >= before && (first?.arrivedAt ?? 0) <= Date.now())
  assert.deepEqual(
    { ...second, arrivedAt: 0 },
    {
      action: 'GetCallerIdentity',
      parameters: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      ...{ arrivedAt: 0, status: 403, code: 'MissingAuthenticationToken' },
      ...{ fault: undefined, succeeded: false },
    },
  )
  assert.deepEqual([third?.action, third?.parameters, third?.code], ['', {}, 'MissingAction'])
  assert.equal(sandbox.exchanges, 1)
  // Who only asks whether anyone is there is not worth a line.
  assert.deepEqual(lines, [
    'refused GetCallerIdentity: MissingAuthenticationToken: Request is missing Authentication Token',
  ])
})

test('a line for a refusal names the role, and what AWS would not say', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  await assert.rejects(exchange(sandbox, { RoleArn: `${CIRCLECI_ROLE}-2` }))
  assert.deepEqual(lines, [
    `refused AssumeRoleWithWebIdentity for ${CIRCLECI_ROLE}-2: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity (AWS would not say: there is no role ${CIRCLECI_ROLE}-2 in this world)`,
  ])
})

test('the exchanges are those of tokens that succeeded', async (t) => {
  const faults = (
    ['slow', 'throttling', 'truncated', 'missing-fields', 'empty'] as FaultName[]
  ).map((name) => ({ name, count: 1 }))
  const { sandbox } = await sandboxFor(t, { faults: faults.slice(1) })
  for (const _ of faults.slice(1)) await exchange(sandbox).catch(() => {})
  assert.deepEqual(
    sandbox.requests.map(({ fault, succeeded, status }) => [fault, succeeded, status]),
    [
      ['throttling', false, 400],
      ['truncated', false, 200],
      ['missing-fields', false, 200],
      ['empty', false, 200],
    ],
  )
  assert.equal(sandbox.exchanges, 0)
  await exchange(sandbox)
  await post(sandbox, { Action: 'GetCallerIdentity' })
  assert.equal(sandbox.exchanges, 1)
})

test('what is at other paths, and too much of a body', async (t) => {
  const { sandbox, lines } = await sandboxFor(t)
  const none = await fetch(`${sandbox.url}/sts?x=1`, { method: 'POST', body: 'x' })
  assert.deepEqual([none.status, await none.text()], [404, 'Nothing at /sts.\n'])
  const jwks = await fetch(`${sandbox.url}/.well-known/jwks-pub.json`)
  assert.equal(jwks.headers.get('content-type'), 'application/json')
  const mint = async (body: object) => {
    const answer = await fetch(`${sandbox.url}/sandbox/mint`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return [answer.status, Object.keys((await answer.json()) as object)]
  }
  assert.deepEqual(await mint({}), [200, ['token']])
  assert.deepEqual(await mint({ claims: 1 }), [400, ['problem']])
  const body = new Uint8Array(1024 * 1024 + 1).fill(97)
  const whole = await fetch(sandbox.url, { method: 'POST', body: body.subarray(1) })
  assert.equal(whole.status, 400)
  await assert.rejects(fetch(sandbox.url, { method: 'POST', body }))
  assert.deepEqual(lines, ['the sandbox failed: Error: a request of more than 1048576 bytes'])
})

test('the answer of STS comes as late as the world says', async (t) => {
  const { sandbox } = await sandboxFor(t, { world: readWorld({ latencyMs: 300 }) })
  const start = performance.now()
  await post(sandbox, { Action: 'GetCallerIdentity' })
  assert.ok(performance.now() - start >= 290)
  const again = performance.now()
  await fetch(`${sandbox.url}/.well-known/jwks-pub.json`)
  assert.ok(performance.now() - again < 290)
})

test('the port that is asked for, and one that is taken', async (t) => {
  const { sandbox } = await sandboxFor(t)
  assert.match(sandbox.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  const port = Number(new URL(sandbox.url).port)
  await assert.rejects(startSandbox({ port }), {
    code: 'invalid-usage',
    message: new RegExp(`^The sandbox cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
  })
  await sandbox.close()
  const again = await startSandbox({ port })
  t.after(() => again.close())
  assert.equal(again.url, sandbox.url)
})

test('closing does not wait for connections that are open', async (t) => {
  const { sandbox } = await sandboxFor(t, { world: readWorld({ latencyMs: 1000 }) })
  const waiting = assert.rejects(post(sandbox, { Action: 'GetCallerIdentity' }))
  while (sandbox.requests.length === 0) await delay(5)
  await sandbox.close()
  await waiting
})
