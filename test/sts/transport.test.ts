import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import { rehearse, sandboxFor } from './rehearsal.ts'

test('nobody listens: aws-unreachable, with host and port', async (t) => {
  const sandbox = await sandboxFor(t)
  const { outcome } = await rehearse(sandbox, { endpoint: 'http://127.0.0.1:9' })
  assert.ok(outcome instanceof OidcError)
  assert.equal(outcome.code, 'aws-unreachable')
  assert.equal(
    outcome.message,
    "AWS STS can't be reached at 127.0.0.1:9 (from --sts-endpoint): connection refused, nothing listens there.",
  )
  assert.equal(outcome.why, 'connect ECONNREFUSED 127.0.0.1:9 (after 3 attempts).')
})

test('an endpoint with a path or a query is asked there, and nowhere else', async (t) => {
  const asked: (string | undefined)[] = []
  const server = createHttpServer(({ url }, response) => {
    asked.push(url)
    response.writeHead(404).end()
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const sandbox = await sandboxFor(t)
  // Those with a path, the SDK asks for with a slash at their end.
  for (const [path, expected] of [
    ['/sts', '/sts/'],
    ['?stage=a%20b', '/?stage=a%20b'],
    ['/sts?stage=test', '/sts/?stage=test'],
    ['//127.0.0.2:9/sts', '//127.0.0.2:9/sts/'],
  ] as const) {
    const endpoint = `http://127.0.0.1:${port}${path}`
    const { outcome } = await rehearse(sandbox, { endpoint, maxAttempts: 1 })
    assert.ok(outcome instanceof OidcError)
    assert.deepEqual([outcome.code, asked.pop()], ['unexpected-answer', expected])
  }
})

test('a proxy that is not there is the one that is named', async (t) => {
  const sandbox = await sandboxFor(t)
  const { outcome } = await rehearse(sandbox, {
    env: { HTTP_PROXY: 'http://ana:geheim@127.0.0.1:9' },
  })
  assert.ok(outcome instanceof OidcError)
  assert.equal(outcome.code, 'aws-unreachable')
  assert.match(outcome.message, /^The proxy 127\.0\.0\.1:9 \(HTTP_PROXY\) can't be reached: /)
  assert.doesNotMatch(outcome.message, /geheim/)
  assert.equal(sandbox.requests.length, 0)
})

test('https:// to a server of plain http', async (t) => {
  const sandbox = await sandboxFor(t)
  const endpoint = sandbox.url.replace('http:', 'https:')
  const { outcome } = await rehearse(sandbox, { endpoint })
  assert.ok(outcome instanceof OidcError)
  assert.equal(outcome.code, 'unexpected-answer')
  assert.match(outcome.message, /^The server at 127\.0\.0\.1:\d+ .* does not use TLS, although its/)
  assert.match(
    outcome.next ?? '',
    /^Write http:\/\/ in --sts-endpoint, or give the port for TLS\.$/,
  )
})

test('a server that accepts and never answers: the deadline ends it', async (t) => {
  const server = createServer()
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sandbox = await sandboxFor(t)
  const { port } = server.address() as { port: number }
  const { outcome } = await rehearse(sandbox, {
    endpoint: `http://127.0.0.1:${port}`,
    timeoutSeconds: 1,
  })
  assert.ok(outcome instanceof OidcError)
  assert.deepEqual([outcome.code, outcome.exitCode], ['timed-out', 5])
  assert.equal(
    outcome.message,
    `The command was not done after 1 s; it was waiting for AWS STS at 127.0.0.1:${port} (from --sts-endpoint) (attempt 1).`,
  )
})

test('certificates that cannot be read fail the exchange, at once', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ca-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const noPem = join(directory, 'ca.der')
  writeFileSync(noPem, 'binary')
  const sandbox = await sandboxFor(t)
  const cases: [path: string, code: string, message: string][] = [
    [
      join(directory, 'none.pem'),
      'file-unreadable',
      `The file ${join(directory, 'none.pem')} (AWS_CA_BUNDLE) can't be read: no such file or directory (ENOENT).`,
    ],
    [noPem, 'file-malformed', `${noPem} (AWS_CA_BUNDLE) contains no certificate in PEM format.`],
  ]
  for (const [AWS_CA_BUNDLE, code, message] of cases) {
    const { outcome, notes } = await rehearse(sandbox, {
      endpoint: 'https://127.0.0.1:9',
      env: { AWS_CA_BUNDLE },
    })
    assert.ok(outcome instanceof OidcError)
    assert.deepEqual([outcome.code, outcome.exitCode, outcome.message], [code, 6, message])
    assert.deepEqual(notes, [])
  }
})

test('a proxy that is no URL fails the exchange, at once', async (t) => {
  const sandbox = await sandboxFor(t)
  const { outcome } = await rehearse(sandbox, { env: { ALL_PROXY: 'socks5://127.0.0.1:1080' } })
  assert.ok(outcome instanceof OidcError)
  assert.equal(outcome.code, 'invalid-usage')
})
