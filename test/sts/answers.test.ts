import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import {
  answeringServer,
  answerOf,
  errorOf,
  type Parts,
  partsFor,
  send,
} from '../attack/hostile-sts.ts'
import { rehearse, sandboxFor } from './rehearsal.ts'

const ANSWERS: Record<string, [change: (parts: Parts) => Parts, error: RegExp]> = {
  'another account': [
    ({ Arn = '', ...rest }) => ({ ...rest, Arn: Arn.replace(/\d{12}/, '222222222222') }),
    /for "arn:aws:sts::222222222222:\S+", which is not the session "\S+" of arn:aws:iam::111111111111:role/,
  ],
  'another role': [
    ({ Arn = '', ...rest }) => ({ ...rest, Arn: Arn.replace('circleci-oidc', 'admin') }),
    /for "arn:aws:sts::111111111111:assumed-role\/admin\//,
  ],
  'another session': [
    ({ Arn = '', ...rest }) => ({ ...rest, Arn: `${Arn}x` }),
    /which is not the session/,
  ],
  'no ARN': [(all) => ({ ...all, Arn: 'hello' }), /for "hello", which is not the session/],
  'an ARN with a line break': [
    (all) => ({ ...all, Arn: `${all['Arn']}&#10;x` }),
    /a value for AssumedRoleUser that a profile cannot hold/,
  ],
  'credentials that have ended': [
    (all) => ({ ...all, Expiration: '2020-01-01T00:00:00Z' }),
    /credentials that expire at 2020-01-01 00:00:00 UTC; it is 20\d\d-/,
  ],
  'credentials that never end': [
    (all) => ({ ...all, Expiration: '9999-12-31T23:59:59Z' }),
    /credentials that expire at 9999-12-31/,
  ],
  'no time': [(all) => ({ ...all, Expiration: 'soon' }), /HTTP 200, but/],
  'a secret key with a line break': [
    (all) => ({ ...all, SecretAccessKey: 'a&#10;credential_process=sh' }),
    /a value for SecretAccessKey that a profile cannot hold/,
  ],
  'a session token of 50,000 characters': [
    (all) => ({ ...all, SessionToken: 'x'.repeat(50_000) }),
    /50000 characters for SessionToken/,
  ],
  'a session token of 32,001 characters': [
    (all) => ({ ...all, SessionToken: 'x'.repeat(32_001) }),
    /32001 characters for SessionToken/,
  ],
  'a secret key that begins a comment of one kind': [
    (all) => ({ ...all, SecretAccessKey: '#abc' }),
    /a value for SecretAccessKey that a profile cannot hold/,
  ],
  'a secret key that begins a comment of the other': [
    (all) => ({ ...all, SecretAccessKey: ';abc' }),
    /a value for SecretAccessKey that a profile cannot hold/,
  ],
  'a session token with a blank within': [
    (all) => ({ ...all, SessionToken: 'abc def' }),
    /a value for SessionToken that a profile cannot hold/,
  ],
  'an access key id that is not ASCII': [
    (all) => ({ ...all, AccessKeyId: 'ASIAÜ' }),
    /a value for AccessKeyId that a profile cannot hold/,
  ],
  'an ARN of IAM': [
    ({ Arn = '', ...rest }) => ({ ...rest, Arn: Arn.replace(':sts:', ':iam:') }),
    /which is not the session/,
  ],
  'something before the ARN': [
    ({ Arn = '', ...rest }) => ({ ...rest, Arn: `x${Arn}` }),
    /which is not the session/,
  ],
  'an ARN of another kind': [
    ({ Arn = '', ...rest }) => ({ ...rest, Arn: Arn.replace('assumed-role', 'federated-user') }),
    /which is not the session/,
  ],
  'credentials of more than two days': [
    (all) => ({ ...all, Expiration: new Date(Date.now() + 48.1 * 3_600_000).toISOString() }),
    /credentials that expire at 20\d\d-/,
  ],
  'two access key ids': [
    (all) => ({ ...all, AccessKeyId: 'A</AccessKeyId><AccessKeyId>B' }),
    /HTTP 200, but/,
  ],
}

for (const [name, [change, error]] of Object.entries(ANSWERS)) {
  test(`an answer with ${name}`, async (t) => {
    const endpoint = await answeringServer(t, (asked, response) =>
      send(response, answerOf(change(partsFor(asked)))),
    )
    const { outcome } = await rehearse(await sandboxFor(t), { endpoint })
    assert.ok(outcome instanceof OidcError)
    assert.deepEqual([outcome.code, outcome.exitCode], ['unexpected-answer', 5])
    assert.match(outcome.why ?? '', error)
    assert.doesNotMatch(outcome.next ?? '', /Pass another value/)
  })
}

test('an answer whose parts are as long as they may be', async (t) => {
  const SessionToken = 'x'.repeat(32_000)
  const Expiration = new Date(Date.now() + 47.9 * 3_600_000).toISOString()
  const endpoint = await answeringServer(t, (asked, response) =>
    send(response, answerOf({ ...partsFor(asked), SessionToken, Expiration })),
  )
  const { outcome } = await rehearse(await sandboxFor(t), { endpoint })
  assert.ok(!(outcome instanceof OidcError))
  assert.equal(outcome.credentials.sessionToken, SessionToken)
})

for (const name of ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration']) {
  test(`an answer without ${name} names it`, async (t) => {
    const endpoint = await answeringServer(t, (asked, response) => {
      const parts = Object.entries(partsFor(asked)).filter(([one]) => one !== name)
      send(response, answerOf(Object.fromEntries(parts)))
    })
    const { outcome } = await rehearse(await sandboxFor(t), { endpoint })
    assert.ok(outcome instanceof OidcError)
    assert.equal(outcome.code, 'unexpected-answer')
    assert.match(outcome.why ?? '', new RegExp(`^HTTP 200, but without ${name}\\b`))
  })
}

test('an answer with the path of the role, as some other STS gives', async (t) => {
  const endpoint = await answeringServer(t, (asked, response) => {
    const { Arn = '', ...parts } = partsFor(asked)
    send(response, answerOf({ ...parts, Arn: Arn.replace('/circleci', '/team/ci/circleci') }))
  })
  const { outcome } = await rehearse(await sandboxFor(t), { endpoint })
  assert.ok(!(outcome instanceof OidcError))
  assert.match(outcome.arn, /:assumed-role\/team\/ci\/circleci-oidc\//)
})

const ODD = [
  'AccessDenied</Code><Code>Throttling',
  'a</Message><Message>b',
  'constructor',
  '__proto__',
  'toString',
  '<toString>a</toString><valueOf>b</valueOf>',
  '',
]

for (const text of ODD) {
  test(`an error with the code and message ${JSON.stringify(text)}`, async (t) => {
    const sandbox = await sandboxFor(t)
    for (const body of [errorOf(text, 'no'), errorOf('AccessDenied', text), errorOf(text, text)]) {
      const endpoint = await answeringServer(t, (_, response) => send(response, body, 400))
      const { outcome } = await rehearse(sandbox, { endpoint })
      assert.ok(outcome instanceof OidcError)
      assert.notEqual(outcome.code, 'internal-error')
      assert.equal(typeof (outcome.cause as Error).message, 'string')
    }
  })
}
