import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import {
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import { readWorld } from '../../src/sandbox/index.ts'
import { createIssuer, discover, type Issuer } from '../../src/sandbox/issuer.ts'
import { exchange, refused, sandboxFor } from './aws/sandbox-client.ts'

const NO_KEY =
  "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"

test('tokens verify against the served documents', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const { organization, issuer } = sandbox.world
  for (const [path, rootIssuer, iss] of [
    [`/org/${organization}`, false, issuer],
    ['', true, 'https://oidc.circleci.com'],
  ] as const) {
    const discovery = await fetch(`${sandbox.url}${path}/.well-known/openid-configuration`)
    const document = (await discovery.json()) as Record<string, unknown>
    assert.equal(document['issuer'], iss)
    assert.equal(document['jwks_uri'], `${sandbox.url}${path}/.well-known/jwks-pub.json`)
    const keys = createRemoteJWKSet(new URL(String(document['jwks_uri'])))
    const token = await sandbox.mint({ rootIssuer })
    const { payload } = await jwtVerify(token, keys, { issuer: iss, audience: organization })
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600)
  }
  assert.equal((await fetch(`${sandbox.url}/nowhere`)).status, 404)
  assert.deepEqual(sandbox.requests, [])
})

test('the keys are public, RSA of 2048 bits', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const path = `/org/${sandbox.world.organization}/.well-known/jwks-pub.json`
  const { keys } = (await (await fetch(sandbox.url + path)).json()) as {
    keys: Record<string, string>[]
  }
  assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
  assert.equal(Buffer.from(keys[0]?.['n'] ?? '', 'base64url').length * 8, 2048)
  const header = decodeProtectedHeader(await sandbox.mint())
  assert.deepEqual(header, { alg: 'RS256', kid: keys[0]?.['kid'], typ: 'JWT' })
})

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
test('every claim of a CircleCI token', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const { organization, project, job } = sandbox.world
  const { iat, exp, ...claims } = decodeJwt(await sandbox.mint({ version: 'v1' }))
  assert.ok(typeof iat === 'number' && typeof exp === 'number')
  assert.deepEqual(claims, {
    iss: `https://oidc.circleci.com/org/${organization}`,
    aud: organization,
    sub: `org/${organization}/project/${project}/user/${job.userId}`,
    'oidc.circleci.com/context-ids': [],
    'oidc.circleci.com/job-id': job.jobId,
    'oidc.circleci.com/org-id': organization,
    'oidc.circleci.com/pipeline-definition-id': job.pipelineDefinitionId,
    'oidc.circleci.com/pipeline-id': job.pipelineId,
    'oidc.circleci.com/project-id': project,
    'oidc.circleci.com/ssh-rerun': false,
    'oidc.circleci.com/vcs-origin': 'github.com/acme/website',
    'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    'oidc.circleci.com/workflow-id': job.workflowId,
  })
  const other = decodeJwt(await sandbox.mint({ audience: ['a', 'b'], expiresIn: -60 }))
  assert.deepEqual(other.aud, ['a', 'b'])
  assert.ok((other.iat ?? 0) < (other.exp ?? 0) && (other.exp ?? 0) < Date.now() / 1000)
})

test('forged tokens: altered claims, alg none, another key, HMAC with the public key', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const token = await sandbox.mint()
  const [header, , signature] = token.split('.')
  const claims = decodeJwt(token)
  const altered = Buffer.from(JSON.stringify({ ...claims, extra: 1 })).toString('base64url')
  const send = (WebIdentityToken: string) => exchange(sandbox, { WebIdentityToken })
  await refused(
    send(`${header}.${altered}.${signature}`),
    'InvalidIdentityToken',
    400,
    'Invalid token signature',
  )
  const unsigned = new UnsecuredJWT(claims).encode()
  await refused(send(unsigned), 'InvalidIdentityToken', 400, /is not a valid JWT/)
  const { kid = '' } = decodeProtectedHeader(token)
  const { privateKey } = await generateKeyPair('RS256')
  const sign = (keyId: string) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: keyId }).sign(privateKey)
  await refused(send(await sign(kid)), 'InvalidIdentityToken', 400, 'Invalid token signature')
  await refused(send(await sign('unknown')), 'InvalidIdentityToken', 400, NO_KEY)
  const hmac = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid })
    .sign(new TextEncoder().encode('x'.repeat(32)))
  await refused(send(hmac), 'InvalidIdentityToken', 400, /is not a valid JWT/)
})

async function otherIssuer(t: TestContext) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }]
  const server: Server = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/ci/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/ci/keys': { keys },
      '/liar/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
    }
    const document = documents[request.url ?? '']
    response.writeHead(document ? 200 : 404).end(JSON.stringify(document ?? null))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `${origin}/ci`
  const mint = (claims: Record<string, unknown> = {}, kid = 'k1', key = privateKey) =>
    new SignJWT({ iss: url, aud: 'sts.amazonaws.com', sub: 'job/build', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key)
  return { origin, url, mint, keys }
}

function worldTrusting(urls: string[]) {
  const providers = urls.map((url) => ({ url, clientIds: ['sts.amazonaws.com'] }))
  const Federated = urls.map(
    (url) => `arn:aws:iam::111111111111:oidc-provider/${url.replace('http://', '')}`,
  )
  const first = urls[0]?.replace('http://', '')
  const trustPolicy = {
    Statement: {
      Effect: 'Allow',
      Principal: { Federated },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringLike: { [`${first}:sub`]: 'job/*' } },
    },
  }
  const roles = [{ name: 'circleci-oidc', trustPolicy }]
  return readWorld({ accounts: { '111111111111': { providers, roles } } })
}

test('another issuer registered in the world: its keys are discovered', async (t) => {
  const issuer = await otherIssuer(t)
  const { sandbox } = await sandboxFor(t, { world: worldTrusting([issuer.url]) })
  const send = (WebIdentityToken: string) => exchange(sandbox, { WebIdentityToken })
  const answer = await send(await issuer.mint())
  assert.equal(answer.Audience, 'sts.amazonaws.com')
  assert.equal(answer.SubjectFromWebIdentityToken, 'job/build')
  await refused(
    send(await issuer.mint({ aud: 'x' })),
    'InvalidIdentityToken',
    400,
    'Incorrect token audience',
  )
  await refused(
    send(await issuer.mint({ sub: 'other' })),
    'AccessDenied',
    403,
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  )
  // With azp, that is the audience: condition-keys-wif, "aud".
  await send(await issuer.mint({ aud: 'api', azp: 'sts.amazonaws.com' }))
})

test('another issuer that has new keys: they are found at once', async (t) => {
  const issuer = await otherIssuer(t)
  const { sandbox } = await sandboxFor(t, { world: worldTrusting([issuer.url]) })
  await exchange(sandbox, { WebIdentityToken: await issuer.mint() })
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const WebIdentityToken = await issuer.mint({}, 'k2', privateKey)
  await refused(exchange(sandbox, { WebIdentityToken }), 'InvalidIdentityToken', 400, NO_KEY)
  issuer.keys.push({ ...(await exportJWK(publicKey)), kid: 'k2', alg: 'ES256' })
  await exchange(sandbox, { WebIdentityToken })
})

test('an issuer that is down, or whose discovery document names another', async (t) => {
  const issuer = await otherIssuer(t)
  const liar = `${issuer.origin}/liar`
  const down = `${issuer.origin}/down`
  const { sandbox, lines } = await sandboxFor(t, { world: worldTrusting([liar, down]) })
  for (const iss of [liar, down]) {
    const WebIdentityToken = await issuer.mint({ iss })
    await refused(exchange(sandbox, { WebIdentityToken }), 'InvalidIdentityToken', 400, NO_KEY)
  }
  assert.match(lines[0] ?? '', /is the document of .*\/ci, not of .*\/liar/)
  assert.match(lines[1] ?? '', /answered 404/)
})

test('the root issuer counts when it is registered', async (t) => {
  const world = readWorld({
    accounts: {
      '111111111111': {
        providers: [{ url: 'https://oidc.circleci.com', clientIds: ['x'] }],
        roles: [
          {
            name: 'circleci-oidc',
            trustPolicy: {
              Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:*' },
            },
          },
        ],
      },
    },
  })
  const { sandbox } = await sandboxFor(t, { world })
  const WebIdentityToken = await sandbox.mint({ rootIssuer: true, audience: 'x' })
  const answer = await exchange(sandbox, { WebIdentityToken })
  assert.equal(answer.Provider, 'arn:aws:iam::111111111111:oidc-provider/oidc.circleci.com')
})

// https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token
test('the subject, repository and ref of every kind of build', async () => {
  const fork = { repository: 'github.com/mallory/copy', pullRequest: 7, passSecrets: true }
  for (const [job, origin, ref] of [
    [{}, 'github.com/acme/website', 'refs/heads/main'],
    [{ branch: 'a/b', trigger: 'api' }, 'github.com/acme/website', 'refs/heads/a/b'],
    [{ tag: 'v1', branch: 'a' }, 'github.com/acme/website', 'refs/tags/v1'],
    [{ fork }, 'github.com/mallory/copy', 'refs/heads/pull/7'],
    [{ trigger: 'webhook' }],
    [{ trigger: 'schedule' }, 'github.com/acme/website', 'refs/heads/main'],
  ] as const) {
    const world = readWorld({ job: { ...job, contextIds: ['c1', 'c2'] } })
    const { mint } = await createIssuer(world)
    const [v1, v2, plain] = [
      decodeJwt(await mint({ version: 'v1' })),
      decodeJwt(await mint({ version: 'v2' })),
      decodeJwt(await mint()),
    ]
    // The id of those that a schedule starts: kelvintaywl/terraform-provider-circleci
    const user =
      world.job.trigger === 'schedule' ? 'd9b3fcaa-6032-405a-8c75-40079ce33c3e' : world.job.userId
    const subject = `org/${world.organization}/project/${world.project}/user/${user}`
    assert.equal(v1.sub, subject)
    assert.equal(v2.sub, origin ? `${subject}/vcs-origin/${origin}/vcs-ref/${ref}` : subject)
    assert.equal(plain.sub, v2.sub)
    for (const claims of [v1, v2]) {
      assert.equal(claims['oidc.circleci.com/vcs-origin'], origin)
      assert.equal(claims['oidc.circleci.com/vcs-ref'], ref)
      assert.deepEqual(claims['oidc.circleci.com/context-ids'], ['c1', 'c2'])
    }
  }
})

test('times of a token: the lifetime of the world, or the one asked for', async (t) => {
  const { mint } = await createIssuer(readWorld({ tokenLifetimeSeconds: 600 }))
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_900 })
  const times = async (options: object) => {
    const { iat = 0, exp = 0 } = decodeJwt(await mint(options))
    return [iat - 1_800_000_000, exp - 1_800_000_000]
  }
  assert.deepEqual(await times({}), [0, 600])
  assert.deepEqual(await times({ expiresIn: 60 }), [0, 60])
  assert.deepEqual(await times({ expiresIn: 0 }), [-1, 0])
  const [issued = 0, expired] = await times({ expiresIn: -60 })
  assert.equal(expired, -60)
  assert.ok(issued < -60)
})

// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
test('the documents of both issuers, and nothing elsewhere', () => {
  const url = 'http://127.0.0.1:4566'
  const jwks = { keys: [{ kid: 'k1' }] }
  const names = ['https://ci.example/org/o1', 'https://ci.example', 'https://other.example/a/']
  const at = (path: string) => discover({ names, jwks } as unknown as Issuer, path, url)
  for (const [name, path] of [
    ['https://ci.example/org/o1', '/org/o1'],
    ['https://ci.example', ''],
    ['https://other.example/a/', '/a'],
  ] as const) {
    assert.equal(at(`${path}/.well-known/jwks-pub.json`), jwks)
    assert.deepEqual(at(`${path}/.well-known/openid-configuration`), {
      issuer: name,
      jwks_uri: `${url}${path}/.well-known/jwks-pub.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public', 'pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    })
  }
  for (const path of [
    '/',
    '/org/o1',
    '/org/o2/.well-known/openid-configuration',
    '/.well-known/',
  ]) {
    assert.equal(at(path), undefined)
  }
})
