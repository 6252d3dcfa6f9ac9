import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, OidcError } from '../../src/errors.ts'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { FAULT_NAMES, type FaultName } from '../../src/sandbox/index.ts'
import { type WebIdentityToken, webIdentityToken } from '../../src/token/web-identity-token.ts'
import { rehearse, sandboxFor } from './rehearsal.ts'

test('a token is exchanged for credentials; debug names the request', async (t) => {
  const sandbox = await sandboxFor(t)
  const { outcome, notes, debug, concealed } = await rehearse(sandbox)
  assert.ok(!(outcome instanceof OidcError))
  assert.equal(
    outcome.arn,
    'arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy',
  )
  assert.equal(outcome.accountId, '111111111111')
  assert.match(outcome.credentials.accessKeyId, /^ASIA/)
  assert.ok(Math.abs(outcome.credentials.expiration.getTime() - Date.now() - 3_600_000) < 60_000)
  const { secretAccessKey, sessionToken } = outcome.credentials
  assert.deepEqual(concealed, [outcome.token?.value, secretAccessKey, sessionToken])
  assert.deepEqual(notes, [])
  const { host } = new URL(sandbox.url)
  assert.match(
    debug.join('\n'),
    new RegExp(`^attempt 1 at ${host} took \\d+ ms; AWS request id [0-9a-f-]{36}$`),
  )
})

// Exit 3: token, 4: refused, 5: not reachable. Three attempts where facts of AWS call it transient, else one.
const FAULTS: Record<FaultName, [code: ErrorCode, exit: number, requests: number]> = {
  throttling: ['aws-unavailable', 5, 3],
  'internal-failure': ['aws-unavailable', 5, 3],
  'service-unavailable': ['aws-unavailable', 5, 3],
  'idp-communication-error': ['issuer-unreachable', 5, 3],
  'verification-key': ['issuer-unreachable', 5, 3],
  'expired-token': ['token-expired', 3, 1],
  'rejected-claim': ['token-rejected', 4, 1],
  'access-denied': ['access-denied', 4, 1],
  'packed-policy': ['session-policy-rejected', 4, 1],
  'region-disabled': ['region-disabled', 4, 1],
  slow: ['timed-out', 5, 1],
  reset: ['aws-unreachable', 5, 3],
  html: ['unexpected-answer', 5, 1],
  'html-502': ['aws-unavailable', 5, 3],
  truncated: ['aws-unreachable', 5, 3],
  empty: ['unexpected-answer', 5, 1],
  'missing-fields': ['unexpected-answer', 5, 1],
}

for (const name of FAULT_NAMES) {
  const [code, exit, requests] = FAULTS[name]
  test(`fault ${name}: ${code}, exit ${exit}, ${requests} requests`, async (t) => {
    const sandbox = await sandboxFor(t, { faults: [{ name, count: Number.POSITIVE_INFINITY }] })
    const { outcome, notes } = await rehearse(sandbox, {
      timeoutSeconds: name === 'slow' ? 1 : 30,
    })
    assert.ok(outcome instanceof OidcError)
    assert.deepEqual([outcome.code, outcome.exitCode], [code, exit], outcome.message)
    assert.equal(sandbox.requests.length, requests)
    assert.equal(notes.length, requests - 1)
    const told = `${outcome.message} ${outcome.why}`
    assert.equal(/\(after 3 attempts/.test(told), requests === 3, told)
  })
}

test('verification-key:2: the third attempt succeeds, with a line per retry', async (t) => {
  const sandbox = await sandboxFor(t, { faults: [{ name: 'verification-key', count: 2 }] })
  const { outcome, notes } = await rehearse(sandbox, { maxAttempts: 5 })
  assert.ok(!(outcome instanceof OidcError))
  const reason =
    "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
  assert.deepEqual(notes, [
    `Attempt 1 of 5 failed (${reason}); next in 0.0 s.`,
    `Attempt 2 of 5 failed (${reason}); next in 0.0 s.`,
  ])
  assert.equal(sandbox.requests.length, 3)
})

type Case = [
  name: string,
  code: ErrorCode,
  change: (sandbox: Sandbox) => Promise<{ token?: string; role?: string }>,
]

const REFUSALS: Case[] = [
  [
    'account without the provider',
    'provider-not-found',
    async () => ({ role: 'arn:aws:iam::222222222222:role/playground' }),
  ],
  [
    'unregistered audience',
    'audience-not-registered',
    async (sandbox) => ({ token: await sandbox.mint({ audience: 'other' }) }),
  ],
  [
    'another project',
    'access-denied',
    async (sandbox) => ({
      token: await sandbox.mint({ claims: { sub: 'org/o/project/p/user/u' } }),
    }),
  ],
  [
    'no such role',
    'access-denied',
    async () => ({ role: 'arn:aws:iam::111111111111:role/CircleCI-OIDC' }),
  ],
  [
    'a signature of others',
    'token-rejected',
    async (sandbox) => {
      const token = await sandbox.mint()
      return { token: `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}` }
    },
  ],
]

for (const [name, code, change] of REFUSALS) {
  test(`${name}: ${code} at once`, async (t) => {
    const sandbox = await sandboxFor(t)
    const { token, ...rest } = await change(sandbox)
    const { outcome } = await rehearse(sandbox, {
      ...rest,
      ...(token === undefined ? {} : { token: webIdentityToken(token, 'ID_TOKEN') }),
    })
    assert.ok(outcome instanceof OidcError)
    assert.deepEqual([outcome.code, outcome.exitCode], [code, 4], outcome.message)
    assert.match(outcome.why ?? '', /\(request id [0-9a-f-]{36}\)\.$/)
    assert.equal(sandbox.requests.length, 1)
  })
}

/** A token that can be renewed; each renewal has a subject of its own, so the tokens differ. */
async function renewable(sandbox: Sandbox, expiresIn: number): Promise<WebIdentityToken> {
  let renewals = 0
  const renew = async (): Promise<WebIdentityToken> => {
    renewals += 1
    const token = await sandbox.mint({ claims: { jti: `renewal ${renewals}` } })
    return webIdentityToken(token, 'circleci run oidc get', renew)
  }
  return webIdentityToken(await sandbox.mint({ expiresIn }), 'CIRCLE_OIDC_TOKEN_V2', renew)
}

const RENEWING = 'The token from CIRCLE_OIDC_TOKEN_V2 has expired; getting a new one.'

test('a token that expired meanwhile is renewed before AWS is asked', async (t) => {
  const sandbox = await sandboxFor(t)
  const token = await renewable(sandbox, -60)
  const { outcome, notes, concealed } = await rehearse(sandbox, { token })
  assert.ok(!(outcome instanceof OidcError))
  assert.equal(outcome.token?.source, 'circleci run oidc get')
  assert.deepEqual(concealed.slice(0, 2), [token.value, outcome.token?.value])
  assert.deepEqual(notes, [RENEWING])
  assert.equal(sandbox.requests.length, 1)
})

test('a token that AWS calls expired is renewed, once', async (t) => {
  const once = await sandboxFor(t, { faults: [{ name: 'expired-token', count: 1 }] })
  const first = await rehearse(once, { token: await renewable(once, 3600) })
  assert.ok(!(first.outcome instanceof OidcError))
  assert.deepEqual([first.notes, once.requests.length], [[RENEWING], 2])

  const faults = [{ name: 'expired-token', count: Number.POSITIVE_INFINITY }] as const
  const always = await sandboxFor(t, { faults })
  const second = await rehearse(always, { token: await renewable(always, 3600), maxAttempts: 9 })
  assert.ok(second.outcome instanceof OidcError)
  assert.equal(second.outcome.code, 'token-expired')
  assert.deepEqual([second.notes, always.requests.length], [[RENEWING], 2])
})

test('a renewal that gives the same token is not tried at AWS', async (t) => {
  const sandbox = await sandboxFor(t, { faults: [{ name: 'expired-token', count: 1 }] })
  const value = await sandbox.mint()
  const token = webIdentityToken(value, 'FILE', async () => webIdentityToken(value, 'FILE'))
  const { outcome } = await rehearse(sandbox, { token })
  assert.ok(outcome instanceof OidcError)
  assert.equal(outcome.code, 'token-expired')
  assert.equal(sandbox.requests.length, 1)
})

test('a renewal that fails is the outcome', async (t) => {
  const sandbox = await sandboxFor(t)
  const failed = new OidcError('token-mint-failed', { what: 'No agent.' })
  const text = await sandbox.mint({ expiresIn: -60 })
  const token = webIdentityToken(text, 'CIRCLE_OIDC_TOKEN_V2', () => Promise.reject(failed))
  const { outcome } = await rehearse(sandbox, { token })
  assert.equal(outcome, failed)
  assert.equal(sandbox.requests.length, 0)
})
