import { CONDITIONS } from './condition-requests.ts'
import { policyRows } from './policy-requests.ts'
import type { Row } from './request-row.ts'
import type { Source } from './request-sources.ts'

type Case = Omit<Row, 'operation' | 'source'>

const V = 'ValidationError'
const NOT_DOCUMENTED = 'not documented'

/** The cases of one parameter that the API model limits. */
function limits(operation: string, parameter: string, cases: readonly Case[]): Row[] {
  return of(operation, `model ${operation}Request.${parameter}`, cases)
}

function of(operation: string, source: Source, cases: readonly Case[]): Row[] {
  return cases.map((one) => ({ operation, source, ...one }))
}

/** What is just within and just beyond the limits of a text, and texts that break its pattern. */
function lengths(
  operation: string,
  name: string,
  [least, most]: readonly [number, number],
  {
    wrong = [],
    good,
    fill = 'a',
  }: { wrong?: readonly string[]; good?: string; fill?: string } = {},
): Row[] {
  const text = (length: number) => ({ [name]: fill.repeat(length) })
  return limits(operation, name, [
    ...(least > 0 ? [{ change: text(least - 1), code: V }] : []),
    { change: text(least), code: good },
    { change: text(most), code: good },
    { change: text(most + 1), code: V },
    ...wrong.map((one) => ({ change: { [name]: one }, code: V })),
  ])
}

function durations(
  operation: string,
  [least, most]: readonly [number, number],
  longest = most,
  good?: string,
): Row[] {
  const codes: readonly (readonly [number | string, string | undefined])[] = [
    [0, V],
    [-1, V],
    [least - 1, V],
    [least, good],
    [longest, good],
    ...(longest < most ? [[longest + 1, V] as const] : []),
    [most + 1, V],
  ]
  return limits(operation, 'DurationSeconds', [
    ...codes.map(([DurationSeconds, code]) => ({ change: { DurationSeconds }, code })),
    { change: { DurationSeconds: 'an hour' }, code: V, rawOnly: true },
  ])
}

const NAMES = ['a b', 'a/b', 'a:b', 'a\tb', 'ä', 'a\u0001b', '', 'a#b', 'a*b', 'a"b']
const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'
const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset

/** A claim more, or another value of one. */
const claim = (name: string, value: () => unknown, code?: string): Case => ({
  token: () => ({ claims: { [name]: value() } }),
  code,
})

const undocumented = (line: string, one: Case): Case => ({
  ...one,
  deviation: { line, aws: NOT_DOCUMENTED },
})

const W = 'AssumeRoleWithWebIdentity'
const BAD_TOKEN = 'InvalidIdentityToken'

const WEB_IDENTITY: readonly Row[] = [
  ...of(W, 'API AssumeRoleWithWebIdentity', [
    { code: undefined },
    { change: { RoleArn: undefined }, code: V },
    { change: { RoleSessionName: undefined }, code: V },
    { change: { WebIdentityToken: undefined }, code: V },
    { change: { RoleArn: 'arn:aws:iam::111111111111:user/ann-of-the-team' }, code: V },
    { change: { RoleArn: 'arn:aws:iam::111111111111:role/nobody' }, code: 'AccessDenied' },
    { change: { RoleArn: 'arn:aws:iam::111111111111:role/Circleci-oidc' }, code: 'AccessDenied' },
    { change: { RoleArn: 'arn:aws:iam::333333333333:role/circleci-oidc' }, code: BAD_TOKEN },
    { change: { WebIdentityToken: 'abcd' }, code: BAD_TOKEN },
    { change: { WebIdentityToken: 'a.b.c' }, code: BAD_TOKEN },
    { change: { Tags: [{ Key: 'not', Value: 'a parameter' }] }, code: undefined, rawOnly: true },
  ]),
  ...lengths(W, 'RoleSessionName', [2, 64], { wrong: NAMES }),
  ...lengths(W, 'ProviderId', [4, 2048]),
  ...durations(W, [900, 43_200], 3600),
  ...limits(W, 'RoleArn', [
    { change: { RoleArn: 'arn:aws:iam::1' }, code: V },
    { change: { RoleArn: `${ROLE}\u0001` }, code: V },
    { change: { RoleArn: `${ROLE}${'x'.repeat(2048)}` }, code: V },
  ]),
  ...limits(W, 'WebIdentityToken', [
    { change: { WebIdentityToken: 'abc' }, code: V },
    { change: { WebIdentityToken: 'a'.repeat(20_001) }, code: V },
  ]),
  ...policyRows(W),
  ...of(W, 'OIDC federation', [
    claim('exp', () => seconds(-200)),
    claim('exp', () => seconds(-301), 'ExpiredTokenException'),
    claim('exp', () => undefined, BAD_TOKEN),
    claim('nbf', () => seconds(-10)),
    { token: () => ({ claims: { act: { nbf: 0.5 }, nbf: seconds(-10) } }), code: undefined },
    claim('nbf', () => seconds(200)),
    undocumented(
      '`nbf` ahead',
      claim('nbf', () => seconds(3600), BAD_TOKEN),
    ),
    claim('sub', () => undefined, BAD_TOKEN),
    claim('aud', () => undefined, BAD_TOKEN),
    claim('aud', () => 'other', BAD_TOKEN),
    claim('aud', () => ['other', 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab']),
    claim('iss', () => 'https://other.example', BAD_TOKEN),
    claim('sub', () => 'org/x/project/y/user/z', 'AccessDenied'),
    undocumented('A bad signature', {
      spoil: (token) => `${token.slice(0, -8)}AAAAAAAA`,
      code: BAD_TOKEN,
    }),
    undocumented('Several faults of a token', {
      token: () => ({ audience: 'other', expiresIn: -4000 }),
      code: BAD_TOKEN,
    }),
  ]),
  ...of(
    W,
    'integer times',
    [
      claim('exp', () => seconds(600) + 0.5, BAD_TOKEN),
      claim('exp', () => String(seconds(600)), BAD_TOKEN),
      claim('iat', () => seconds(-10) + 0.25, BAD_TOKEN),
      claim('iat', () => String(seconds(-10)), BAD_TOKEN),
      claim('nbf', () => String(seconds(-10)), BAD_TOKEN),
    ].map((one) => undocumented('A time that is no integer', one)),
  ),
  ...of(W, 'token age', [
    undocumented(
      'An old token',
      claim('iat', () => seconds(-90_000), 'ExpiredTokenException'),
    ),
    claim('iat', () => seconds(-441_398), 'ExpiredTokenException'),
  ]),
  ...of(W, 'thumbprints', [
    { code: undefined, deviation: { line: 'Thumbprints', aws: BAD_TOKEN } },
  ]),
  ...of(W, 'consistency', [
    { code: undefined, deviation: { line: 'Delays', aws: 'AccessDenied' } },
  ]),
]

const tags = (count: number, value = () => 'v') =>
  Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: value() }))

const tag = (Key: string | undefined, Value: string | undefined, code?: string): Case => ({
  change: { Tags: [{ Key, Value }] },
  code,
})

const TAGS: readonly Case[] = [
  { change: { Tags: tags(50) }, code: undefined },
  { change: { Tags: tags(51) }, code: V },
  tag('a'.repeat(128), 'v'.repeat(256)),
  tag('a'.repeat(129), 'v', V),
  tag('a', 'v'.repeat(257), V),
  tag('', 'v', V),
  tag('a', undefined, V),
  tag(undefined, 'a', V),
  tag('a', ''),
  tag('größe 東京', 'é.:/=+-@_'),
  ...['a*b', 'a"b', 'a#b', 'a,b'].map((key) => tag(key, 'v', V)),
]

const context = (given: object, code?: string): Case => ({
  change: {
    ProvidedContexts: [
      {
        ProviderArn: 'arn:aws:iam::aws:contextProvider/IdentityCenter',
        ContextAssertion: 'abcd',
        ...given,
      },
    ],
  },
  code,
})

const A = 'AssumeRole'
const PARAMETER = 'InvalidParameterValue'

const ASSUME_ROLE: readonly Row[] = [
  ...of(A, 'API AssumeRole', [
    { code: undefined },
    { change: { RoleArn: undefined }, code: V },
    { change: { RoleSessionName: undefined }, code: V },
    { change: { RoleArn: 'arn:aws:iam::222222222222:role/nobody' }, code: 'AccessDenied' },
    { change: { RoleArn: 'arn:aws-cn:iam::222222222222:role/playground' }, code: 'AccessDenied' },
  ]),
  ...limits(A, 'RoleArn', [{ change: { RoleArn: 'x' }, code: V }]),
  ...lengths(A, 'RoleSessionName', [2, 64], { wrong: NAMES }),
  ...lengths(A, 'ExternalId', [2, 1224], { wrong: ['a b', 'ä', 'a#b'] }),
  ...lengths(A, 'SourceIdentity', [2, 64], { wrong: ['a b', 'a:b', 'a/b'] }),
  ...lengths(A, 'SerialNumber', [9, 256], { wrong: ['arn aws iam x', 'ääääääääää'] }),
  ...durations(A, [900, 43_200], 3600),
  ...lengths(A, 'TokenCode', [6, 6], { wrong: ['abcdef', ''], fill: '1' }),
  ...limits(A, 'Tags', TAGS),
  ...of(A, 'tag rules', [tag('aws:x', 'v', PARAMETER), tag('AWS:x', 'v', PARAMETER)]),
  ...of(A, 'session tags', [
    {
      change: {
        Tags: [
          { Key: 'a', Value: 'v' },
          { Key: 'A', Value: 'v' },
        ],
      },
      code: PARAMETER,
    },
    { change: { Tags: tags(1), TransitiveTagKeys: ['k0'] }, code: undefined },
    { change: { Tags: tags(1), TransitiveTagKeys: ['other'] }, code: PARAMETER },
    undocumented('The packed size', {
      change: { Tags: tags(40, () => crypto.randomUUID().repeat(5)) },
      code: undefined,
    }),
    undocumented('The packed size', {
      change: {
        Tags: tags(50, () => Array.from({ length: 7 }, () => crypto.randomUUID()).join('')),
      },
      code: 'PackedPolicyTooLarge',
    }),
  ]),
  ...limits(A, 'TransitiveTagKeys', [
    { change: { TransitiveTagKeys: tags(51).map(({ Key }) => Key) }, code: V },
    { change: { Tags: tags(1), TransitiveTagKeys: ['k*'] }, code: V },
  ]),
  ...limits(A, 'ProvidedContexts', [
    context({}),
    context({ ProviderArn: 'short' }, V),
    context({ ContextAssertion: 'abc' }, V),
    context({ ContextAssertion: 'a'.repeat(2049) }, V),
    { change: { ProvidedContexts: Array(6).fill({ ContextAssertion: 'abcd' }) }, code: V },
  ]),
  ...policyRows(A),
  ...of(A, 'session policies', [
    {
      session: {
        Policy: JSON.stringify({ Statement: { Effect: 'Deny', Action: '*', Resource: '*' } }),
      },
      code: undefined,
      deviation: { line: 'Permissions', aws: 'AccessDenied' },
    },
  ]),
]

/** Operations that a session may not call, however good the request. */
const REFUSED = 'AccessDenied'

const MISMATCH = 'SignatureDoesNotMatch'

const OTHERS: readonly Row[] = [
  ...of('GetCallerIdentity', 'API GetCallerIdentity', [{ code: undefined }]),
  ...of('GetCallerIdentity', 'common errors', [
    { change: { Action: '' }, code: 'MissingAction', rawOnly: true },
    { change: { Action: 'GetCaller' }, code: 'InvalidAction', rawOnly: true },
    { change: { Version: '' }, code: 'InvalidAction', rawOnly: true },
    { change: { Version: '2010-05-08' }, code: 'InvalidAction', rawOnly: true },
  ]),
  ...of('GetCallerIdentity', 'regions', [
    {
      signing: { region: 'us-west-2' },
      code: undefined,
      deviation: { line: 'One endpoint for all regions', aws: 'SignatureDoesNotMatch' },
    },
    {
      signing: { region: 'ap-east-1' },
      code: undefined,
      deviation: { line: 'Disabled regions', aws: 'RegionDisabledException' },
    },
  ]),
  ...of('GetCallerIdentity', 'signing a request', [
    {
      signing: { algorithm: 'AWS4-ECDSA-P256-SHA256' },
      code: 'IncompleteSignature',
      deviation: { line: 'SigV4a', aws: 'success' },
    },
    { signing: {}, code: undefined },
    { signing: { dateHeader: 'date' }, code: undefined },
    { signing: { unsigned: ['host'] }, code: MISMATCH },
    { signing: { unsigned: ['x-amz-date'] }, code: MISMATCH },
    { signing: { unsigned: ['x-amz-security-token'] }, code: MISMATCH },
    { signing: { headers: { 'x-amz-test': '1' }, unsigned: ['x-amz-test'] }, code: MISMATCH },
    { signing: { headers: { 'x-test': '1' }, unsigned: ['x-test'] }, code: undefined },
  ]),
  ...of('GetCallerIdentity', 'signing troubles', [
    { signing: { service: 's3' }, code: MISMATCH },
    { signing: { region: 'nowhere-1' }, code: MISMATCH },
    { signing: { terminator: 'aws3_request' }, code: MISMATCH },
    { signing: { scopeDate: '20200101' }, code: MISMATCH },
    { signing: { date: new Date(Date.now() - 3_600_000) }, code: MISMATCH },
    { signing: { sentBody: 'Action=GetCallerIdentity&Version=2011-06-15&Evil=1' }, code: MISMATCH },
  ]),
  ...lengths('GetAccessKeyInfo', 'AccessKeyId', [16, 128], {
    wrong: ['ASIA AAAAAAAAAAAAAAA', 'ASIA-AAAAAAAAAAAAAAA'],
    good: REFUSED,
    fill: 'A',
  }).map(withAwsKey),
  ...of('GetAccessKeyInfo', 'API GetAccessKeyInfo', [
    { code: undefined },
    { change: { AccessKeyId: undefined }, code: V },
  ]),
  ...lengths('DecodeAuthorizationMessage', 'EncodedMessage', [1, 10_240], {
    good: 'InvalidAuthorizationMessageException',
  }),
  ...of('DecodeAuthorizationMessage', 'API DecodeAuthorizationMessage', [
    { code: 'InvalidAuthorizationMessageException' },
    { change: { EncodedMessage: undefined }, code: V },
  ]),
  ...of('GetSessionToken', 'credentials', [{ code: REFUSED }]),
  ...durations('GetSessionToken', [900, 129_600], 129_600, REFUSED),
  ...lengths('GetSessionToken', 'SerialNumber', [9, 256], {
    wrong: ['a b c d e f'],
    good: REFUSED,
  }),
  ...lengths('GetSessionToken', 'TokenCode', [6, 6], {
    wrong: ['abcdef'],
    good: REFUSED,
    fill: '1',
  }),
  ...of('GetFederationToken', 'credentials', [{ code: REFUSED }]),
  ...lengths('GetFederationToken', 'Name', [2, 32], { wrong: ['a b', 'a/b', 'ä'], good: REFUSED }),
  ...durations('GetFederationToken', [900, 129_600], 129_600, REFUSED),
  ...limits('GetFederationToken', 'Tags', [
    { change: { Tags: tags(50) }, code: REFUSED },
    { change: { Tags: tags(51) }, code: V },
  ]),
  ...lengths('GetFederationToken', 'Policy', [1, 2048], { wrong: ['東'], good: REFUSED }),
  ...['AssumeRoleWithSAML', 'AssumeRoot', 'GetDelegatedAccessToken', 'GetWebIdentityToken'].flatMap(
    (operation) =>
      of(operation, 'API actions', [
        { code: 'InvalidAction', deviation: { line: 'Other operations', aws: V } },
      ]),
  ),
]

/** A key that the sandbox did not issue has an account all the same. */
function withAwsKey(row: Row): Row {
  const deviation = { line: 'Access keys of others', aws: 'success' }
  return row.code === REFUSED ? { ...row, deviation } : row
}

export const ROWS: readonly Row[] = [...WEB_IDENTITY, ...ASSUME_ROLE, ...OTHERS, ...CONDITIONS]
