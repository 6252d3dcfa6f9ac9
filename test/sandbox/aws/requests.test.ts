import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { readWorld, type Sandbox } from '../../../src/sandbox/index.ts'
import {
  CIRCLECI_ROLE,
  clientFor,
  exchange,
  post,
  sandboxFor,
  sessionCredentials,
} from './sandbox-client.ts'

/** A request's difference from a good one, and the code that AWS documents; `undefined`: it succeeds. */
type Case = readonly [change: Record<string, unknown>, code: string | undefined]

const PLAYGROUND = 'arn:aws:iam::222222222222:role/playground'
const V = 'ValidationError'

/** What is just within and just beyond the limits of a text parameter. */
function bounds(name: string, least: number, most: number, wrong: readonly string[] = []): Case[] {
  const of = (length: number) => ({ [name]: 'a'.repeat(length) })
  return [
    ...(least > 0 ? [[of(least - 1), V] as const] : []),
    [of(least), undefined],
    [of(most), undefined],
    [of(most + 1), V],
    ...wrong.map((text) => [{ [name]: text }, V] as const),
  ]
}

const durations = (longest: number): Case[] =>
  [
    [0, V],
    [-1, V],
    [899, V],
    [900, undefined],
    [longest, undefined],
    [longest + 1, V],
    [43_201, V],
  ].map(([seconds, code]) => [{ DurationSeconds: seconds as number }, code as string | undefined])

const NAMES = ['a b', 'a/b', 'a:b', 'a\tb', 'ä', 'a\u0001b', '', 'a#b', 'a*b', 'a"b']

const policy = (statement: object, rest: object = {}) => ({
  Policy: JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*', ...statement },
    ...rest,
  }),
})
const M = 'MalformedPolicyDocument'

// reference_policies_grammar.html, API_AssumeRole.html (Policy, PolicyArns)
const POLICIES: Case[] = [
  [policy({}), undefined],
  [policy({ Action: 's3:Get*', Resource: 'arn:aws:s3:::b/*' }), undefined],
  [policy({ Action: ['s3:GetObject', 'sts:*'] }), undefined],
  [policy({ Action: undefined, NotAction: 'iam:*' }), undefined],
  [policy({ Resource: undefined, NotResource: 'arn:aws:s3:::b' }), undefined],
  [policy({ Sid: 'One' }), undefined],
  [policy({}, { Version: '2008-10-17' }), undefined],
  [policy({}, { Version: undefined }), undefined],
  [policy({}, { Id: 'x' }), undefined],
  [policy({ Condition: { StringLike: { 'aws:userid': '*' } } }), undefined],
  [policy({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }), undefined],
  [policy({ Condition: { Bool: { 'aws:SecureTransport': true } } }), undefined],
  [{ Policy: '{' }, M],
  [{ Policy: 'null' }, M],
  [{ Policy: '[]' }, M],
  [{ Policy: '{}' }, M],
  [{ Policy: '{"Statement":{},"Statement":{}}' }, M],
  [policy({}, { Version: '2012-10-18' }), M],
  [policy({}, { Version: 2012 }), M],
  [policy({}, { Comment: 'x' }), M],
  [policy({ Comment: 'x' }), M],
  [policy({ Effect: 'allow' }), M],
  [policy({ Effect: undefined }), M],
  [policy({ Action: 'GetObject' }), M],
  [policy({ Action: 's3:' }), M],
  [policy({ Action: [] }), M],
  [policy({ Action: 7 }), M],
  [policy({ Action: undefined }), M],
  [policy({ NotAction: 's3:*' }), M],
  [policy({ Resource: 'bucket' }), M],
  [policy({ Resource: 'arn:aws:s3' }), M],
  [policy({ Resource: undefined }), M],
  [policy({ NotResource: '*' }), M],
  [policy({ Sid: 'a b' }), M],
  [policy({ Principal: '*' }), M],
  [policy({ NotPrincipal: '*' }), M],
  [policy({ Condition: { Foo: { 'aws:userid': 'x' } } }), M],
  [policy({ Condition: { StringEqual: { 'aws:userid': 'x' } } }), M],
  [policy({ Condition: 'x' }), M],
  [{ Policy: '' }, V],
  [{ Policy: '{"a":"東"}' }, V],
  [policy({ Sid: 'x'.repeat(2048) }), V],
  [{ PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] }, undefined],
  [{ PolicyArns: Array(10).fill({ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }) }, undefined],
  [{ PolicyArns: Array(11).fill({ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }) }, V],
  [{ PolicyArns: [{ arn: 'arn:aws:iam::999999999999:policy/x' }] }, V],
  [{ PolicyArns: [{ arn: 'arn:aws-cn:iam::aws:policy/ReadOnly' }] }, V],
  [{ PolicyArns: [{ arn: 'arn:aws:iam::aws:role/ReadOnlyAccess' }] }, V],
  [{ PolicyArns: [{ arn: 'short' }] }, V],
  [{ PolicyArns: [{ arn: `arn:aws:iam::aws:policy/${'x'.repeat(2030)}` }] }, V],
  [
    {
      ...policy({ Sid: 'x'.repeat(1900) }),
      PolicyArns: Array(3).fill({ arn: `arn:aws:iam::aws:policy/${'x'.repeat(60)}` }),
    },
    V,
  ],
]

// API_AssumeRoleWithWebIdentity.html
const WEB_IDENTITY: Case[] = [
  ...bounds('RoleSessionName', 2, 64, NAMES),
  ...bounds('ProviderId', 4, 2048),
  ...durations(3600),
  [{ RoleArn: 'arn:aws:iam::1' }, V],
  [{ RoleArn: `${CIRCLECI_ROLE}\u0001` }, V],
  [{ RoleArn: `${CIRCLECI_ROLE}${'x'.repeat(2048)}` }, V],
  [{ RoleArn: 'arn:aws:iam::111111111111:user/ann-of-the-team' }, V],
  [{ RoleArn: 'arn:aws:iam::111111111111:role/nobody' }, 'AccessDenied'],
  [{ RoleArn: 'arn:aws:iam::111111111111:role/Circleci-oidc' }, 'AccessDenied'],
  [{ RoleArn: 'arn:aws:iam::333333333333:role/circleci-oidc' }, 'InvalidIdentityToken'],
  [{ WebIdentityToken: 'abc' }, V],
  [{ WebIdentityToken: 'a'.repeat(20_001) }, V],
  [{ WebIdentityToken: 'abcd' }, 'InvalidIdentityToken'],
  [{ WebIdentityToken: 'a.b.c' }, 'InvalidIdentityToken'],
  [{ Tags: [{ Key: 'not', Value: 'a parameter here' }] }, undefined],
  ...POLICIES,
]

const tags = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: 'v' }))

// API_AssumeRole.html, API_Tag.html, id_session-tags.html
const ASSUME_ROLE: Case[] = [
  ...bounds('RoleSessionName', 2, 64, NAMES),
  ...bounds('ExternalId', 2, 1224, ['a b', 'ä', 'a#b']),
  ...bounds('SourceIdentity', 2, 64, ['a b', 'a:b', 'a/b']),
  ...bounds('SerialNumber', 9, 256, ['arn aws iam x', 'ääääääääää']),
  ...durations(3600),
  [{ TokenCode: '123456' }, undefined],
  ...['12345', '1234567', 'abcdef', ''].map((code) => [{ TokenCode: code }, V] as const),
  [{ Tags: tags(50) }, undefined],
  [{ Tags: tags(51) }, V],
  [{ Tags: [{ Key: 'a'.repeat(128), Value: 'v'.repeat(256) }] }, undefined],
  [{ Tags: [{ Key: 'a'.repeat(129), Value: 'v' }] }, V],
  [{ Tags: [{ Key: 'a', Value: 'v'.repeat(257) }] }, V],
  [{ Tags: [{ Key: '', Value: 'v' }] }, V],
  [{ Tags: [{ Key: 'a' }] }, V],
  [{ Tags: [{ Value: 'a' }] }, V],
  [{ Tags: [{ Key: 'a', Value: '' }] }, undefined],
  [{ Tags: [{ Key: 'größe 東京', Value: 'é.:/=+-@_' }] }, undefined],
  ...['a*b', 'a"b', 'a#b', 'a,b'].map((Key) => [{ Tags: [{ Key, Value: 'v' }] }, V] as const),
  [{ Tags: [{ Key: 'aws:x', Value: 'v' }] }, 'InvalidParameterValue'],
  [{ Tags: [{ Key: 'AWS:x', Value: 'v' }] }, 'InvalidParameterValue'],
  [
    {
      Tags: [
        { Key: 'a', Value: 'v' },
        { Key: 'A', Value: 'v' },
      ],
    },
    'InvalidParameterValue',
  ],
  [{ Tags: tags(1), TransitiveTagKeys: ['k0'] }, undefined],
  [{ Tags: tags(1), TransitiveTagKeys: ['other'] }, 'InvalidParameterValue'],
  [{ TransitiveTagKeys: Array.from({ length: 51 }, (_, at) => `k${at}`) }, V],
  [{ Tags: tags(1), TransitiveTagKeys: ['k*'] }, V],
  ...[
    [{}, undefined],
    [{ ProviderArn: 'short' }, V],
    [{ ContextAssertion: 'abc' }, V],
    [{ ContextAssertion: 'a'.repeat(2049) }, V],
  ].map(([more, code]) => {
    const given = {
      ProviderArn: 'arn:aws:iam::aws:contextProvider/IdentityCenter',
      ContextAssertion: 'abcd',
    }
    return [
      { ProvidedContexts: [{ ...given, ...(more as object) }] },
      code as string | undefined,
    ] as const
  }),
  [{ ProvidedContexts: Array(6).fill({ ContextAssertion: 'abcd' }) }, V],
  [{ RoleArn: 'arn:aws:iam::222222222222:role/nobody' }, 'AccessDenied'],
  [{ RoleArn: 'arn:aws-cn:iam::222222222222:role/playground' }, 'AccessDenied'],
  [{ RoleArn: 'x' }, V],
  ...POLICIES.filter(([, code]) => code !== undefined).filter(
    ([change]) => 'PolicyArns' in change || !JSON.stringify(change).includes('東'),
  ),
]

const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset

// id_roles_providers_oidc.html (five minutes); integers: spiffe/spire #5115; age: mozilla-iam/mozilla-aws-cli #146
const CLAIMS: readonly (readonly [
  claims: () => Record<string, unknown>,
  code: string | undefined,
])[] = [
  [() => ({}), undefined],
  [() => ({ exp: seconds(-200) }), undefined],
  [() => ({ exp: seconds(-301) }), 'ExpiredTokenException'],
  [() => ({ exp: seconds(600) + 0.5 }), 'InvalidIdentityToken'],
  [() => ({ exp: String(seconds(600)) }), 'InvalidIdentityToken'],
  [() => ({ exp: undefined }), 'InvalidIdentityToken'],
  [() => ({ iat: seconds(-10) + 0.25 }), 'InvalidIdentityToken'],
  [() => ({ iat: String(seconds(-10)) }), 'InvalidIdentityToken'],
  [() => ({ iat: seconds(-441_398) }), 'ExpiredTokenException'],
  [() => ({ nbf: seconds(-10) }), undefined],
  [() => ({ nbf: seconds(3600) }), 'InvalidIdentityToken'],
  [() => ({ nbf: String(seconds(-10)) }), 'InvalidIdentityToken'],
  [() => ({ sub: undefined }), 'InvalidIdentityToken'],
  [() => ({ aud: undefined }), 'InvalidIdentityToken'],
  [() => ({ iss: 'https://other.example' }), 'InvalidIdentityToken'],
  [() => ({ aud: 'other' }), 'InvalidIdentityToken'],
  [() => ({ sub: 'org/x/project/y/user/z' }), 'AccessDenied'],
]

const short = (change: object) =>
  JSON.stringify(change, (_, one) =>
    typeof one === 'string' && one.length > 40 ? `${one.slice(0, 30)}…${one.length}` : one,
  ).slice(0, 160)

async function codeOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    return (error as { Code?: string; name: string }).Code ?? (error as Error).name
  }
}

/** The same request without an SDK. */
async function rawCode(
  sandbox: Sandbox,
  change: Record<string, unknown>,
): Promise<string | undefined> {
  const parameters: Record<string, string> = {}
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const [at, one] of value.entries()) add(`${name}.member.${at + 1}`, one)
    } else if (typeof value === 'object')
      for (const [key, one] of Object.entries(value ?? {})) add(`${name}.${key}`, one)
    else parameters[name] = String(value)
  }
  const token = await sandbox.mint()
  const request = {
    RoleArn: CIRCLECI_ROLE,
    RoleSessionName: 'job-42',
    WebIdentityToken: token,
    ...change,
  }
  for (const [name, value] of Object.entries(request)) add(name, value)
  const answer = await post(sandbox, { Action: 'AssumeRoleWithWebIdentity', ...parameters })
  return /<Code>(.*)<\/Code>/.exec(await answer.text())?.[1]
}

test('AssumeRoleWithWebIdentity: raw and by the SDK for JavaScript', async (t) => {
  const { sandbox } = await sandboxFor(t)
  for (const [change, code] of WEB_IDENTITY) {
    assert.equal(await rawCode(sandbox, change), code, `raw: ${short(change)}`)
    assert.equal(await codeOf(exchange(sandbox, change)), code, `SDK: ${short(change)}`)
  }
  for (const [claims, code] of CLAIMS) {
    const WebIdentityToken = await sandbox.mint({ claims: claims() })
    assert.equal(await rawCode(sandbox, { WebIdentityToken }), code, short(claims()))
  }
})

test('AssumeRole by the SDK for JavaScript', async (t) => {
  const { accounts: _, ...own } = readWorld({})
  const provider = { url: own.issuer, clientIds: [own.organization] }
  const role = (name: string) => ({
    name,
    trustPolicy: { Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:*' } },
  })
  const federated = `arn:aws:iam::111111111111:oidc-provider/${own.issuer.slice(8)}`
  const first = {
    Statement: { Effect: 'Allow', Principal: { Federated: federated }, Action: 'sts:*' },
  }
  const world = readWorld({
    accounts: {
      '111111111111': {
        providers: [provider],
        roles: [{ name: 'circleci-oidc', trustPolicy: first }],
      },
      '222222222222': { roles: [role('playground')] },
    },
  })
  const { sandbox } = await sandboxFor(t, { world })
  const client = clientFor(sandbox, await sessionCredentials(sandbox))
  for (const [change, code] of ASSUME_ROLE) {
    const input = { RoleArn: PLAYGROUND, RoleSessionName: 'chained', ...change }
    const found = await codeOf(client.send(new AssumeRoleCommand(input as AssumeRoleCommandInput)))
    assert.equal(found, code, short(change))
  }
})

test('the tables have at least 250 requests', () => {
  assert.ok(2 * WEB_IDENTITY.length + CLAIMS.length + ASSUME_ROLE.length >= 250)
})
