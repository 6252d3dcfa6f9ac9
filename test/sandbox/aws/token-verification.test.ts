import assert from 'node:assert/strict'
import { before, describe, type TestContext, test } from 'node:test'
import { TokenVerification } from '../../../src/sandbox/aws/token-verification.ts'
import { readWorld } from '../../../src/sandbox/index.ts'
import { createIssuer, type Issuer } from '../../../src/sandbox/issuer.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html

const NOW = Date.UTC(2026, 10, 21, 12) / 1000
const world = readWorld({})
const ROLE = {
  ...{ arn: 'arn:aws:iam::111111111111:role/circleci-oidc', partition: 'aws' },
  ...{ account: '111111111111', resource: 'circleci-oidc' },
}
const NOT_A_JWT = /^The ID Token provided is not a valid JWT\. /

let issuer: Issuer
before(async () => {
  issuer = await createIssuer(world)
})

/** What becomes at noon of a token with these claims; a claim that is undefined is left out. */
async function verify(t: TestContext, claims: Record<string, unknown>, change: object = {}) {
  const times = { iat: NOW, exp: NOW + 60 }
  const token = await issuer.mint({ claims: { ...times, ...claims } })
  t.mock.timers.enable({ apis: ['Date'], now: NOW * 1000 })
  try {
    return await new TokenVerification({ ...world, ...change }, issuer).verify(token, ROLE)
  } finally {
    t.mock.timers.reset()
  }
}

test('what a token tells', async (t) => {
  const { claims, ...found } = await verify(t, {})
  assert.deepEqual(found, {
    audience: world.organization,
    subject: claims.sub,
    providerArn: `arn:aws:iam::111111111111:oidc-provider/${world.issuer.replace('https://', '')}`,
  })
  assert.equal(claims.iss, world.issuer)
})

// "five minutes" of grace, same page; a day for old tokens is the sandbox's own.
describe('at the very second', () => {
  for (const [claims, code, message] of [
    [{ exp: NOW - 299 }],
    [{ exp: NOW - 300 }, 'ExpiredTokenException', /^Token expired: current date\/time /],
    [{ nbf: NOW + 300 }],
    [{ nbf: NOW + 301 }, 'InvalidIdentityToken', /^Token is not valid before /],
    [{ iat: NOW + 300 }],
    [{ iat: NOW + 301 }, 'InvalidIdentityToken', /^Token is not valid before /],
    [{ iat: NOW + 301, nbf: NOW - 60 }, 'InvalidIdentityToken', /not valid before 1795262701$/],
    [{ iat: NOW - 86_400 }],
    [{ iat: NOW - 86_401 }, 'ExpiredTokenException', /^Token too old: 86401$/],
    [{ iat: undefined, nbf: NOW - 86_401 }],
    [{ iat: undefined, nbf: NOW + 301 }, 'InvalidIdentityToken', /^Token is not valid before /],
    [{ iat: undefined }],
  ] as const) {
    const times = Object.entries(claims).map(
      ([name, at]) => `${name} ${at === undefined ? 'missing' : at - NOW}`,
    )
    test(`${times.join(', ')}: ${code ?? 'taken'}`, async (t) => {
      if (code) await assert.rejects(verify(t, claims), { code, message })
      else assert.ok(await verify(t, claims))
    })
  }

  test('the grace is that of the world', async (t) => {
    const change = { tokenGraceSeconds: 0 }
    assert.ok(await verify(t, { exp: NOW + 1 }, change))
    await assert.rejects(verify(t, { exp: NOW }, change), {
      code: 'ExpiredTokenException',
      message: `Token expired: current date/time ${NOW} must be before the expiration date/time ${NOW}`,
    })
  })
})

describe('times that are no integers', () => {
  for (const [claims, name] of [
    [{ exp: NOW + 60.5 }, 'exp'],
    [{ iat: `${NOW}` }, 'iat'],
    [{ nbf: 1e21 }, 'nbf'],
    [{ iat: NOW + 0.5, act: { iat: NOW } }, 'iat'],
    [{ exp: [NOW + 60] }, 'exp'],
  ] as const) {
    test(JSON.stringify(claims), async (t) => {
      await assert.rejects(verify(t, claims), {
        code: 'InvalidIdentityToken',
        message: NOT_A_JWT,
        reason: new RegExp(`its claim ${name} is .*, not written as an integer$`),
      })
    })
  }

  test('times of another, within a claim, may be of any form', async (t) => {
    assert.ok(await verify(t, { act: { iat: NOW + 0.5, exp: 'never' } }))
  })

  test('before 1970, and far ahead, they are', async (t) => {
    assert.ok(await verify(t, { nbf: -1, exp: 253_402_300_799 }))
  })
})

test('claims that have to be there, and be texts', async (t) => {
  for (const [name, value] of [
    ...['iss', 'sub', 'aud', 'exp'].map((one) => [one, undefined] as const),
    ...['iss', 'sub'].flatMap((one) => [[one, ''] as const, [one, 7] as const]),
    ['aud', []] as const,
  ]) {
    await assert.rejects(
      verify(t, { [name]: value }),
      { code: 'InvalidIdentityToken', message: `Missing a required claim: ${name}` },
      `${name} ${value}`,
    )
  }
})

test('of several audiences, the one that the provider knows', async (t) => {
  const { audience } = await verify(t, { aud: ['other', world.organization] })
  assert.equal(audience, world.organization)
})

test('an audience that the provider does not know: the log names both', async (t) => {
  await assert.rejects(verify(t, { aud: ['a', 'b'] }), {
    message: 'Incorrect token audience',
    reason: `the token's audience is a, b; the provider's client ids are ${world.organization}`,
  })
  const [account] = world.accounts
  const providers = [{ url: world.issuer, clientIds: [] }]
  await assert.rejects(verify(t, {}, { accounts: [{ ...account, providers }] }), {
    reason: `the token's audience is ${world.organization}; the provider's client ids are none`,
  })
})
