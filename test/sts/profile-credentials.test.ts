import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Context, withinTime } from '../../src/context.ts'
import { OidcError } from '../../src/errors.ts'
import type { StsCall, StsConnection } from '../../src/sts/client.ts'
import { FailedExchange, type Failure, failureOf } from '../../src/sts/failure.ts'
import { findCredentials, profileRegion } from '../../src/sts/profile-credentials.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'

const KEYS = { accessKeyId: 'ASIAFIRST', secretAccessKey: 'first', sessionToken: 'first-token' }
const ROLE = 'arn:aws:iam::111111111111:role/deploy'
const CONFIG = `[default]
region = eu-west-1
[profile dev]
region = eu-west-2
[profile chained]
role_arn = ${ROLE}
source_profile = dev
[profile broken]
region = eu-west-3
`
const CREDENTIALS = ['default', 'dev', 'other']
  .map(
    (name) => `[${name}]
aws_access_key_id = ASIA${name.toUpperCase()}
aws_secret_access_key = ${name}
aws_session_token = ${name}-token
`,
  )
  .join('\n')

/** Shared files of a home, for the SDK as well, which looks for them in the environment of the process. */
function home(t: TestContext): string {
  const directory = temporaryDirectory(t)
  const files = {
    AWS_CONFIG_FILE: join(directory, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
  }
  writeFileSync(files.AWS_CONFIG_FILE, CONFIG)
  writeFileSync(files.AWS_SHARED_CREDENTIALS_FILE, CREDENTIALS)
  const before = Object.keys(files).map((name) => [name, process.env[name]] as const)
  Object.assign(process.env, files)
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  return directory
}

const ASSUMED = {
  AccessKeyId: 'ASIAASSUMED',
  SecretAccessKey: 'assumed',
  SessionToken: 'assumed-token',
  Expiration: new Date('2026-11-21T12:00:00Z'),
}

/** Finds credentials where STS gives these, or fails like that; with what it was asked. */
async function find(
  profile: string | undefined,
  env: Record<string, string>,
  answer: object | Failure = ASSUMED,
) {
  const asked: object[] = []
  const concealed: string[] = []
  const request = async <Result>(call: StsCall<Result>): Promise<Result> => {
    asked.push({ ...(await call.input()), by: call.credentials?.accessKeyId })
    if (!('detail' in answer)) return call.read({ Credentials: answer } as never)
    const cause = new FailedExchange(answer as Failure)
    const failed = { failure: failureOf(cause), attempts: 1, cause }
    throw await call.explain(failed, new URL('https://sts.eu-west-1.amazonaws.com'))
  }
  const sts = { request } as unknown as StsConnection
  const terminal = {
    conceal: (text: string) => concealed.push(text),
  } as unknown as Context['terminal']
  const context = { env, terminal, maxAttempts: 1 }
  const found = await withinTime(20, context, (within) => findCredentials(profile, sts, within))
  return { ...found, asked, concealed }
}

const STATIC = { AWS_ACCESS_KEY_ID: 'ASIAFIRST', AWS_SECRET_ACCESS_KEY: 'first' }

describe('keys of the environment', () => {
  test('come before all, unless a profile is named', async (t) => {
    home(t)
    const env = { ...STATIC, AWS_SESSION_TOKEN: 'first-token', AWS_DEFAULT_PROFILE: 'dev' }
    const { credentials, source, otherwise } = await find(undefined, env)
    assert.deepEqual([credentials, source, otherwise], [KEYS, 'environment', undefined])
    const named = await find('dev', env)
    assert.deepEqual([named.credentials.accessKeyId, named.source], ['ASIADEV', 'profile dev'])
    assert.equal(named.otherwise, undefined)
  })

  test('without a session token', async () => {
    for (const env of [STATIC, { ...STATIC, AWS_SESSION_TOKEN: '' }]) {
      const { credentials } = await find(undefined, env)
      assert.equal(credentials.sessionToken, undefined)
    }
  })

  test('one half is none', async (t) => {
    home(t)
    for (const [name, value] of Object.entries(STATIC)) {
      assert.equal((await find(undefined, { [name]: value })).source, 'profile default')
    }
  })

  test('beside AWS_PROFILE: what other tools take', async () => {
    const { source, otherwise } = await find(undefined, { ...STATIC, AWS_PROFILE: 'dev' })
    assert.equal(source, 'environment')
    assert.equal(
      otherwise,
      'AWS_PROFILE is set as well: the SDK for JavaScript uses the profile "dev".',
    )
  })
})

describe('the profile in use', () => {
  // https://github.com/boto/botocore: AWS_DEFAULT_PROFILE is read before AWS_PROFILE.
  for (const [env, name, otherwise] of [
    [{}, 'default', undefined],
    [{ AWS_PROFILE: 'dev' }, 'dev', undefined],
    [{ AWS_DEFAULT_PROFILE: 'dev' }, 'dev', 'other SDKs use the profile "default"'],
    [{ AWS_DEFAULT_PROFILE: 'default' }, 'default', undefined],
    [{ AWS_DEFAULT_PROFILE: 'dev', AWS_PROFILE: 'dev' }, 'dev', undefined],
    [
      { AWS_DEFAULT_PROFILE: 'dev', AWS_PROFILE: 'other' },
      'dev',
      'other SDKs use the profile "other"',
    ],
    [{ AWS_DEFAULT_PROFILE: '', AWS_PROFILE: 'other' }, 'other', undefined],
  ] as const) {
    test(JSON.stringify(env), async (t) => {
      home(t)
      const found = await find(undefined, env)
      assert.deepEqual(
        [found.source, found.credentials.accessKeyId, found.credentials.sessionToken],
        [`profile ${name}`, `ASIA${name.toUpperCase()}`, `${name}-token`],
      )
      if (otherwise)
        assert.match(
          found.otherwise ?? '',
          new RegExp(`^AWS_DEFAULT_PROFILE is "dev", .*; ${otherwise}\\.$`),
        )
      else assert.equal(found.otherwise, undefined)
    })
  }

  test('its region', async (t) => {
    home(t)
    for (const [profile, env, region] of [
      [undefined, {}, 'eu-west-1'],
      ['dev', { AWS_PROFILE: 'broken' }, 'eu-west-2'],
      [undefined, { AWS_PROFILE: 'broken' }, 'eu-west-3'],
      ['none', {}, undefined],
    ] as const) {
      assert.equal(await profileRegion(profile, env), region)
    }
  })

  test('a role that it names is assumed by its source', async (t) => {
    home(t)
    const { credentials, asked } = await find('chained', {})
    assert.deepEqual(
      [credentials.accessKeyId, credentials.secretAccessKey, credentials.sessionToken],
      ['ASIAASSUMED', 'assumed', 'assumed-token'],
    )
    const [{ RoleArn, by } = {} as Record<string, unknown>] = asked as Record<string, unknown>[]
    assert.deepEqual([asked.length, RoleArn, by], [1, ROLE, 'ASIADEV'])
  })

  test('a role that AWS refuses, and a connection that fails', async (t) => {
    home(t)
    const refused = { code: 'access-denied', transient: false, detail: 'AccessDenied: no' } as const
    await assert.rejects(find('chained', {}, refused), {
      code: 'access-denied',
      message: 'AWS refuses the role of the profile "chained": AccessDenied: no.',
    })
    const down = { code: 'aws-unavailable', transient: true, detail: 'HTTP 503' } as const
    await assert.rejects(find('chained', {}, down), {
      code: 'aws-unavailable',
      message: 'AWS STS at sts.eu-west-1.amazonaws.com could not answer.',
    })
  })

  test('one that is not there, or says nothing of credentials', async (t) => {
    home(t)
    for (const name of ['none', 'broken']) {
      await assert.rejects(find(name, {}), (error) => {
        assert.ok(error instanceof OidcError && error.code === 'credentials-not-found')
        assert.match(
          error.message,
          new RegExp(`^The profile "${name}" gives no credentials: .*[^.]\\.$`),
        )
        return true
      })
    }
  })
})

describe('the token of the environment', () => {
  const token = (claims: object) =>
    ['{"alg":"none"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.')
  function variables(t: TestContext, claims: object = {}) {
    const file = join(home(t), 'token')
    const value = token({ iss: 'https://ci.example', ...claims })
    writeFileSync(file, `${value}\n`)
    return { value, env: { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: file } }
  }

  test('comes before a profile with keys', async (t) => {
    const { value, env } = variables(t)
    const found = await find(undefined, { ...env, AWS_PROFILE: 'dev' })
    assert.deepEqual(found.asked, [
      {
        ...{ RoleArn: ROLE, RoleSessionName: 'circleci-aws-oidc', WebIdentityToken: value },
        by: undefined,
      },
    ])
    assert.deepEqual(found.concealed, [value])
    assert.equal(found.credentials.accessKeyId, 'ASIAASSUMED')
    assert.equal(found.source, 'AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE')
    assert.match(found.otherwise ?? '', /before the profile "dev"; the SDK for JavaScript uses/)
    const own = await find(undefined, { ...env, AWS_ROLE_SESSION_NAME: 'mine' })
    assert.equal((own.asked[0] as Record<string, unknown>)['RoleSessionName'], 'mine')
  })

  test('but not before a profile that is named, or one that assumes a role', async (t) => {
    const { env } = variables(t)
    assert.equal((await find('dev', env)).source, 'profile dev')
    const chained = await find(undefined, { ...env, AWS_PROFILE: 'chained' })
    assert.equal(chained.source, 'profile chained')
  })

  test('one half is none', async (t) => {
    const { env } = variables(t)
    for (const [name, value] of Object.entries(env)) {
      assert.equal((await find(undefined, { [name]: value })).source, 'profile default')
    }
  })

  test('one that has expired is not sent, and a refusal names the variable', async (t) => {
    const { env } = variables(t, { exp: 1 })
    await assert.rejects(find(undefined, env), { code: 'token-expired' })
    const valid = variables(t)
    const refused = { code: 'access-denied', transient: false, detail: 'AccessDenied: no' } as const
    await assert.rejects(find(undefined, valid.env, refused), {
      code: 'access-denied',
      message: 'AWS refuses the role of AWS_ROLE_ARN: AccessDenied: no.',
    })
  })

  test('answers that lack what no credentials lack', async (t) => {
    const { env } = variables(t)
    const { credentials } = await find(undefined, env, { AccessKeyId: 'A', SecretAccessKey: 'B' })
    assert.deepEqual(credentials, { accessKeyId: 'A', secretAccessKey: 'B' })
  })
})
