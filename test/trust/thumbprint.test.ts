import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { type Thumbprint, thumbprintOf, thumbprintText } from '../../src/trust/thumbprint.ts'
import { startForwardProxy } from '../acceptance/forward-proxy.ts'
import { without } from '../tools/programs.ts'

const skip = without('openssl')
let directory: string
const file = (name: string) => join(directory, name)
const read = (name: string) => readFileSync(file(name), 'utf8')

function openssl(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, {
    cwd: directory,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return stdout
}

/** A certificate signed by `issuer`, or by itself. */
function certificate(name: string, issuer: string | undefined, extension: string, days = '2') {
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-subj',
    `/CN=${name}`,
    '-out',
    `${name}.csr`,
  )
  writeFileSync(file(`${name}.ext`), extension)
  const signing = issuer
    ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial']
    : ['-signkey', `${name}.key`]
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-days',
    days,
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.pem`,
    ...signing,
  )
}

before(() => {
  if (skip) return
  directory = mkdtempSync(join(tmpdir(), 'trust-thumbprint-'))
  const ca = 'basicConstraints=critical,CA:TRUE'
  certificate('root', undefined, ca)
  certificate('intermediate', 'root', ca)
  certificate('localhost', 'intermediate', 'subjectAltName=DNS:localhost')
  certificate('other', 'intermediate', 'subjectAltName=DNS:other.example')
  certificate('alone', undefined, 'subjectAltName=DNS:localhost')
})
after(() => directory && rmSync(directory, { recursive: true }))

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, 'localhost')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  const address = server.address()
  return `https://localhost:${typeof address === 'object' ? address?.port : ''}`
}

/** An issuer whose keys are on another host (port), with this certificate and what is sent after it. */
async function issuerWith(t: TestContext, name: string, ...sent: string[]) {
  const tls = {
    key: read(`${name}.key`),
    cert: [name, ...sent].map((one) => read(`${one}.pem`)).join(''),
  }
  const keys = await listen(t, createServer(tls))
  const document: Record<string, unknown> = { jwks_uri: `${keys}/keys` }
  const good = {
    key: read('localhost.key'),
    cert: read('localhost.pem') + read('intermediate.pem'),
  }
  const issuer = await listen(
    t,
    createServer(good, (request, response) => {
      if (request.url === '/ci/.well-known/openid-configuration')
        response.end(JSON.stringify(document))
      else response.writeHead(404).end()
    }),
  )
  document['issuer'] = `${issuer}/ci`
  return { issuer: `${issuer}/ci`, document, keys: new URL(keys) }
}

const find = (issuer: string, env: object = {}) =>
  thumbprintOf(issuer, { AWS_CA_BUNDLE: file('root.pem'), ...env }, AbortSignal.timeout(10_000))

// The procedure, step 7: openssl x509 -in certificate.crt -fingerprint -sha1 -noout
const fingerprint = (name: string) =>
  openssl('x509', '-in', `${name}.pem`, '-fingerprint', '-sha1', '-noout')
    .replace(/^.*=/, '')
    .replaceAll(':', '')
    .trim()
    .toLowerCase()

const CHAINS: readonly (readonly [name: string, sent: readonly string[], last: string])[] = [
  ['localhost', ['intermediate'], 'intermediate'],
  ['localhost', ['intermediate', 'root'], 'root'],
  ['alone', [], 'alone'],
]
for (const [name, sent, last] of CHAINS) {
  test(`${[name, ...sent].join(', ')}: openssl's SHA-1 of ${last}`, { skip }, async (t) => {
    const { issuer, keys } = await issuerWith(t, name, ...sent)
    const found = await find(issuer)
    assert.equal(found.thumbprint, fingerprint(last))
    assert.equal(found.keysHost, keys.host)
    assert.equal(found.subject, `CN=${last}`)
    assert.equal(found.needed, true)
  })
}

const BROKEN: readonly (readonly [name: string, sent: readonly string[], why: RegExp])[] = [
  ['localhost', [], /only its own certificate/],
  ['other', ['intermediate'], /certificate is for DNS:other\.example/],
]
for (const [name, sent, why] of BROKEN) {
  test(`no thumbprint of ${[name, ...sent].join(', ')}: ${why.source}`, { skip }, async (t) => {
    const { issuer } = await issuerWith(t, name, ...sent)
    await assert.rejects(find(issuer), (error: Error & { code?: string; why?: string }) => {
      assert.equal(error.code, 'unexpected-answer')
      assert.match(error.why ?? '', why)
      return true
    })
  })
}

test('no thumbprint of certificates that are not valid yet, or no longer', { skip }, async (t) => {
  const { issuer } = await issuerWith(t, 'localhost', 'intermediate')
  const now = Date.now()
  let days = 0
  t.mock.method(Date, 'now', () => now + days * 86_400_000)
  for (days of [-1, 3]) {
    await assert.rejects(find(issuer), {
      code: 'unexpected-answer',
      why: /^The certificate CN=localhost is valid from .* UTC to .* UTC\.$/,
    })
  }
})

test('through the proxy, both the document and the certificates', { skip }, async (t) => {
  const { issuer, keys } = await issuerWith(t, 'localhost', 'intermediate')
  const proxy = await startForwardProxy(t, { login: 'ana:p@ss' })
  const url = proxy.url.replace('//', '//ana:p%40ss@')
  const found = await find(issuer, { HTTPS_PROXY: url })
  assert.deepEqual([found.thumbprint, found.throughProxy], [fingerprint('intermediate'), true])
  const tunnels = [new URL(issuer).host, keys.host, keys.host].map((host) => `CONNECT ${host}`)
  assert.deepEqual(proxy.asked, tunnels)
  assert.equal(
    (await find(issuer, { HTTPS_PROXY: url, NO_PROXY: 'localhost' })).throughProxy,
    false,
  )
  assert.equal(proxy.asked.length, 3)
  const only = { HTTPS_PROXY: proxy.url, NO_PROXY: new URL(issuer).host }
  await assert.rejects(find(issuer, only), {
    code: 'issuer-unreachable',
    why: 'the proxy answered HTTP 407',
  })
})

test('discovery: another issuer, no https keys, no document, an unknown CA', {
  skip,
}, async (t) => {
  const { issuer, document } = await issuerWith(t, 'localhost', 'intermediate')
  const fails = (code: string, why: RegExp, url = issuer, ca = 'root.pem') =>
    assert.rejects(
      find(url, { AWS_CA_BUNDLE: file(ca) }),
      (error: Error & { code?: string; why?: string }) => {
        assert.equal(error.code, code, error.message)
        assert.match(error.why ?? '', why)
        return true
      },
    )
  await fails('issuer-unreachable', /HTTP 404/, issuer.replace(/ci$/, 'x'))
  await fails('issuer-unreachable', /certificate/, issuer, 'alone.pem')
  await fails('unexpected-answer', /document of the issuer "https.*\/ci", not of/, `${issuer}/`)
  document['jwks_uri'] = 'http://localhost/keys'
  await fails('unexpected-answer', /jwks_uri is "http:/)
})

test('the text says whether AWS needs it', () => {
  const found: Thumbprint = {
    thumbprint: '6938fd4d98bab03faadb97b34396831e3780aea1',
    issuer: 'https://id.example',
    keysHost: 'id.example',
    subject: 'CN=CA',
    validTo: '2031-01-01T00:00:00Z',
    needed: false,
    throughProxy: true,
  }
  assert.match(thumbprintText(found), /^6938[0-9a-f]{36}\n/)
  assert.match(thumbprintText(found), /not needed: a public CA/)
  assert.doesNotMatch(thumbprintText(found), /proxy/)
  assert.match(
    thumbprintText({ ...found, needed: true }),
    / needed: no public CA.*\n.*through a proxy/,
  )
})
