import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readToken } from '../../src/token/source.ts'
import type { TokenOptions } from '../../src/token/web-identity-token.ts'
import { createAuthority, serveOverTls } from '../acceptance/tls-server.ts'
import { jwt } from './jwt.ts'
import { AUTO } from './token-options.ts'
import { saying, startTokenServer } from './token-server.ts'

const TOKEN = jwt({ sub: 'repo:acme/website:ref:refs/heads/main' })
const BEARER = 'the-bearer-of-this-job'

function read(
  env: Record<string, string>,
  options: Partial<TokenOptions> = {},
  signal = AbortSignal.timeout(20_000),
) {
  return readToken({ ...AUTO, ...options }, env, signal)
}

function github(url: string, bearer = BEARER): Record<string, string> {
  return {
    GITHUB_ACTIONS: 'true',
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
  }
}

function jenkins(url: string, bearer = BEARER): Record<string, string> {
  return {
    JENKINS_URL: 'https://jenkins.example.com/',
    JENKINS_ID_TOKEN_REQUEST_URL: url,
    JENKINS_ID_TOKEN_REQUEST_TOKEN: bearer,
  }
}

test('GitHub: a token for AWS, or for the audience given; the query of the URL stays', async (t) => {
  const server = await startTokenServer(t, saying(200, { count: 1, value: TOKEN }))
  const env = github(`${server.url}?api-version=2.0`)
  const token = await read(env)
  assert.deepEqual([token.value, token.source], [TOKEN, 'ACTIONS_ID_TOKEN_REQUEST_URL'])
  assert.equal((await token.renew?.())?.value, TOKEN)
  await read(env, { audience: 'https://one.example/a&b' })
  assert.deepEqual(server.asked, [
    `GET /token?api-version=2.0&audience=sts.amazonaws.com Bearer ${BEARER}`,
    `GET /token?api-version=2.0&audience=sts.amazonaws.com Bearer ${BEARER}`,
    `GET /token?api-version=2.0&audience=https%3A%2F%2Fone.example%2Fa%26b Bearer ${BEARER}`,
  ])
})

test('Jenkins: the same, or the token as the whole answer', async (t) => {
  const server = await startTokenServer(t, saying(200, { value: TOKEN }), saying(200, `${TOKEN}\n`))
  const token = await read(jenkins(server.url))
  assert.deepEqual([token.value, token.source], [TOKEN, 'JENKINS_ID_TOKEN_REQUEST_URL'])
  assert.equal((await token.renew?.())?.value, TOKEN)
  assert.equal(server.asked[0], `GET /token?audience=sts.amazonaws.com Bearer ${BEARER}`)
})

test('blanks and line ends around the variables do not belong to them', async (t) => {
  const server = await startTokenServer(t, saying(200, { value: TOKEN }))
  await read(github(` ${server.url}\n`, `${BEARER}\r\n`))
  await read(jenkins(`${server.url}\n`, ` ${BEARER} `))
  assert.deepEqual(
    new Set(server.asked),
    new Set([`GET /token?audience=sts.amazonaws.com Bearer ${BEARER}`]),
  )
  for (const bearer of ['', ' \n']) {
    await assert.rejects(read(jenkins(server.url, bearer)), {
      code: 'token-not-found',
      message:
        'JENKINS_ID_TOKEN_REQUEST_URL is set, but JENKINS_ID_TOKEN_REQUEST_TOKEN is unset or empty.',
    })
  }
})

test('what passes by itself is asked again, up to three times', async (t) => {
  const reset = (response: { socket: { resetAndDestroy(): void } | null }) =>
    response.socket?.resetAndDestroy()
  const server = await startTokenServer(t, reset, saying(503, ''), saying(200, { value: TOKEN }))
  assert.equal((await read(github(server.url))).value, TOKEN)
  const busy = await startTokenServer(t, saying(503, ''))
  await assert.rejects(read(github(busy.url)), {
    code: 'token-mint-failed',
    message: `GitHub gave no token for the audience "sts.amazonaws.com": ${new URL(busy.url).host} said HTTP 503.`,
  })
  assert.equal(busy.asked.length, 3)
})

test('a certificate of an unknown CA is told at once', async (t) => {
  const server = createServer((await createAuthority('Unknown CA')).server)
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  server.on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  await assert.rejects(read(github(`https://127.0.0.1:${port}/token`)), {
    code: 'token-mint-failed',
    message: /unable to verify the first certificate/,
  })
  assert.equal(connections, 1)
})

for (const url of ['ftp://127.0.0.1/token', 'httpx://127.0.0.1/token', 'xhttp://127.0.0.1/token']) {
  test(`${url}: no URL to ask`, async () => {
    await assert.rejects(read(github(url)), {
      code: 'invalid-usage',
      message: 'ACTIONS_ID_TOKEN_REQUEST_URL is not an https:// or http:// URL.',
    })
  })
}

test('a refusal is told at once, without bearer and tokens', async (t) => {
  const message = `no ${BEARER} and no ${TOKEN}\nplease`
  const server = await startTokenServer(t, saying(403, { message }))
  await assert.rejects(read(jenkins(server.url)), {
    code: 'token-mint-failed',
    exitCode: 3,
    message: `The token service at ${new URL(server.url).host} gave no token for the audience "sts.amazonaws.com": HTTP 403: no [concealed] and no [token] please.`,
    next: 'Check that JENKINS_ID_TOKEN_REQUEST_TOKEN is the bearer token of this build and has not expired.',
  })
  assert.equal(server.asked.length, 1)
})

test('of what a service says of its refusal, the message comes first', async (t) => {
  const said = { error: 'three', error_description: 'two', message: 'one' }
  for (const [body, reason] of [
    [said, 'one'],
    [{ ...said, message: 7 }, 'two'],
    [{ error: 'three' }, 'three'],
    [{ detail: 'four' }, undefined],
  ] as const) {
    const server = await startTokenServer(t, saying(403, body))
    const end = reason === undefined ? 'HTTP 403' : `HTTP 403: ${reason}`
    await assert.rejects(read(jenkins(server.url)), (error: Error) => {
      assert.ok(error.message.endsWith(`: ${end}.`), error.message)
      return true
    })
  }
})

test('a redirect is not followed: the bearer is for the one service', async (t) => {
  const other = await startTokenServer(t, saying(200, { value: TOKEN }))
  const server = await startTokenServer(t, (response) =>
    response.writeHead(302, { location: other.url }).end(),
  )
  await assert.rejects(read(github(server.url)), { message: /said HTTP 302\.$/ })
  assert.deepEqual(other.asked, [])
})

for (const [name, body] of [
  ['HTML', '<html>Sign in</html>'],
  ['JSON without a token', { value: 'secret-but-no-token' }],
  ['JSON null', null],
  ['nothing', ''],
] as const) {
  test(`an answer that is ${name}`, async (t) => {
    const server = await startTokenServer(t, saying(200, body))
    await assert.rejects(read(github(server.url)), (error: Error) => {
      assert.match(error.message, /said HTTP 200, but no token in the answer\.$/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
  })
}

test('an answer that never ends is cut', async (t) => {
  const server = await startTokenServer(t, (response) => {
    response.writeHead(200)
    const write = () => {
      while (response.write('x'.repeat(60_000)));
    }
    response.on('drain', write)
    write()
  })
  await assert.rejects(read(github(server.url)), { message: /the answer is too long\.$/ })
})

test('the time limit ends the wait', async (t) => {
  const server = await startTokenServer(t, () => {})
  const signal = AbortSignal.timeout(300)
  await assert.rejects(read(github(server.url), {}, signal), { name: 'TimeoutError' })
})

test('through the proxy of the environment', async (t) => {
  const proxy = await startTokenServer(t, saying(200, { value: TOKEN }))
  const env = {
    ...github('http://tokens.example.com/token'),
    HTTP_PROXY: new URL(proxy.url).origin,
  }
  assert.equal((await read(env)).value, TOKEN)
  assert.match(
    proxy.asked[0] ?? '',
    /^GET http:\/\/tokens\.example\.com\/token\?audience=sts\.amazonaws\.com /,
  )
})

test('over TLS with the certificates of AWS_CA_BUNDLE, and not at all without', async (t) => {
  const authority = await createAuthority('Token CA')
  const server = await startTokenServer(t, saying(200, { value: TOKEN }))
  const url = await serveOverTls(t, new URL(server.url).origin, authority)
  await assert.rejects(read(jenkins(`${url}/token`)), {
    code: 'token-mint-failed',
    message: /unable to (verify|get)|self.signed/i,
  })
  assert.deepEqual(server.asked, [])
  const directory = mkdtempSync(join(tmpdir(), 'ca-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const AWS_CA_BUNDLE = join(directory, 'ca.pem')
  writeFileSync(AWS_CA_BUNDLE, authority.pem)
  assert.equal((await read({ ...jenkins(`${url}/token`), AWS_CA_BUNDLE })).value, TOKEN)
})

test('GitHub without the permission', async () => {
  await assert.rejects(read({ GITHUB_ACTIONS: 'true', ACTIONS_ID_TOKEN_REQUEST_URL: ' ' }), {
    code: 'token-not-found',
    message:
      'GitHub offers this job no OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are unset or empty.',
    likely: /id-token: write/,
    next: /permissions:\n {2}id-token: write/,
  })
})

test('a bearer or a URL that cannot be', async () => {
  const url = 'https://tokens.example.com'
  await assert.rejects(read(github(url, 'two\nlines')), {
    code: 'invalid-usage',
    message: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN contains characters that no bearer token has.',
  })
  await assert.rejects(read(jenkins('file:///etc/passwd')), {
    code: 'invalid-usage',
    message: 'JENKINS_ID_TOKEN_REQUEST_URL is not an https:// or http:// URL.',
  })
  await assert.rejects(read(jenkins(url, '')), {
    code: 'token-not-found',
    message:
      'JENKINS_ID_TOKEN_REQUEST_URL is set, but JENKINS_ID_TOKEN_REQUEST_TOKEN is unset or empty.',
  })
})
