import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startEndpoint } from '../../src/refresh/endpoint.ts'
import type { SessionCredentials } from '../../src/role/request.ts'

const NOW = Date.parse('2027-01-15T08:00:00Z')
const HOUR = 3_600_000

function credentials(name: string, end: number): SessionCredentials {
  return {
    accessKeyId: `ASIA${name}`,
    secretAccessKey: `secret ${name}`,
    sessionToken: `token ${name}`,
    expiration: new Date(end),
  }
}

/** An endpoint with credentials of an hour, at a time that the test sets; `renew` brings the next ones. */
async function start(t: TestContext, renew: () => Promise<SessionCredentials>) {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const concealed: string[] = []
  const notes: string[] = []
  const terminal = {
    conceal: (text: string) => concealed.push(text),
    note: (text: string) => notes.push(text),
  }
  const { variables, close } = await startEndpoint(credentials('1', NOW + HOUR), renew, terminal)
  t.after(close)
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } =
    variables
  const ask = async (authorization?: string) => {
    const answer = await fetch(url, {
      headers: authorization === undefined ? {} : { authorization },
    })
    const body: Record<string, string> = JSON.parse(await answer.text())
    return { status: answer.status, headers: answer.headers, body }
  }
  return { ask: () => ask(token), askWith: ask, token, concealed, notes }
}

const refuse = () => Promise.reject(new Error('AWS refuses the role.\nAnd more.'))

// AWS SDKs and Tools Reference, "Container credential provider": the fields of the answer.
test('who has the token gets the credentials, which nobody keeps', async (t) => {
  const { ask, concealed, token } = await start(t, refuse)
  const { status, headers, body } = await ask()
  assert.equal(status, 200)
  assert.deepEqual(body, {
    AccessKeyId: 'ASIA1',
    SecretAccessKey: 'secret 1',
    Token: 'token 1',
    Expiration: '2027-01-15T09:00:00Z',
  })
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.deepEqual(concealed, [token])
})

test('who has another token, or none, gets nothing', async (t) => {
  const { askWith, token } = await start(t, refuse)
  for (const given of [undefined, '', 'x', `${token}x`, token.slice(1), `Bearer ${token}`]) {
    const { status, body } = await askWith(given)
    assert.equal(status, 403)
    assert.deepEqual(body, { code: 'AccessDenied', message: 'Wrong authorization token.' })
  }
})

test('they are renewed before they end, once, and nobody waits for that', async (t) => {
  let renewals = 0
  let finish = (_: SessionCredentials) => {}
  const { ask, notes } = await start(t, () => {
    renewals += 1
    return new Promise((resolve) => {
      finish = resolve
    })
  })
  const ids = async () => {
    const answers = await Promise.all([ask(), ask(), ask()])
    return answers.map(({ body }) => body['AccessKeyId'])
  }
  t.mock.timers.setTime(NOW + HOUR / 2)
  assert.deepEqual([await ids(), renewals], [['ASIA1', 'ASIA1', 'ASIA1'], 0])
  t.mock.timers.setTime(NOW + HOUR - 120_000)
  assert.deepEqual([await ids(), renewals], [['ASIA1', 'ASIA1', 'ASIA1'], 1])
  finish(credentials('2', NOW + 2 * HOUR))
  await new Promise(setImmediate)
  assert.deepEqual([await ids(), renewals], [['ASIA2', 'ASIA2', 'ASIA2'], 1])
  // In their last minute, whoever asks waits.
  t.mock.timers.setTime(NOW + 2 * HOUR - 30_000)
  const waiting = ids()
  while (renewals < 2) await new Promise(setImmediate)
  finish(credentials('3', NOW + 3 * HOUR))
  assert.deepEqual([await waiting, renewals], [['ASIA3', 'ASIA3', 'ASIA3'], 2])
  assert.deepEqual(notes, [])
})

test('where that fails, they serve to their end, and nobody tries for a while', async (t) => {
  let renewals = 0
  const { ask, notes } = await start(t, () => {
    renewals += 1
    return refuse()
  })
  t.mock.timers.setTime(NOW + HOUR - 120_000)
  for (const _ of ['first', 'second']) {
    assert.equal((await ask()).body['AccessKeyId'], 'ASIA1')
    await new Promise(setImmediate)
  }
  assert.equal(renewals, 1)
  assert.deepEqual(notes, [
    "Warning: the credentials, valid until 2027-01-15T09:00:00Z, can't be renewed: AWS refuses the role.",
  ])
  t.mock.timers.setTime(NOW + HOUR)
  for (const _ of ['tries again', 'is told what that met']) {
    const { status, body } = await ask()
    assert.equal(status, 500)
    assert.deepEqual(body, { code: 'CredentialsNotRenewed', message: 'AWS refuses the role.' })
    assert.equal(renewals, 2)
  }
})
