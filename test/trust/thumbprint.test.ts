import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import tls from 'node:tls'
import {
  lastCertificate,
  type Thumbprint,
  thumbprintOf,
  thumbprintText,
} from '../../src/trust/thumbprint.ts'
import { startForwardProxy } from '../acceptance/forward-proxy.ts'
import { run } from '../commands/in-process.ts'
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

interface Kind {
  /** Lines of its extensions: whom it is for, or that it is a CA. */
  readonly is: string
  readonly subject?: string
  /** Whose key it has: its own by default. */
  readonly key?: string
}

/** A certificate signed by `issuer`, or by itself. */
function certificate(name: string, issuer: string | undefined, { is, subject, key }: Kind) {
  const own =
    key === undefined
      ? [...'-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout'.split(' ')]
      : ['-key']
  const request = ['-subj', subject ?? `/CN=${name}`, '-out', `${name}.csr`]
  openssl('req', '-new', ...own, `${key ?? name}.key`, ...request)
  // By names alone, so that a certificate may seem to be signed by another one of the same name.
  writeFileSync(file(`${name}.ext`), `authorityKeyIdentifier=none\n${is}`)
  const signing = issuer
    ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial']
    : ['-signkey', `${key ?? name}.key`]
  const signed = ['-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`]
  openssl('x509', '-req', '-in', `${name}.csr`, ...signed, ...signing)
}

before(() => {
  if (skip) return
  directory = mkdtempSync(join(tmpdir(), 'trust-thumbprint-'))
  const ca = { is: 'basicConstraints=critical,CA:TRUE' }
  const server = { is: 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' }
  certificate('root', undefined, { ...ca, subject: '/O=Example/CN=root' })
  certificate('intermediate', 'root', ca)
  certificate('localhost', 'intermediate', server)
  certificate('other', 'intermediate', { is: 'subjectAltName=DNS:other.example' })
  certificate('alone', undefined, server)
  certificate('of-the-same-name', 'root', { ...ca, subject: '/CN=intermediate' })
  certificate('of-the-same-key', 'root', { ...ca, key: 'intermediate' })
  certificate('no-ca', 'root', {
    is: 'basicConstraints=CA:FALSE',
    key: 'intermediate',
    subject: '/CN=intermediate',
  })
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
  const own = {
    key: read(`${name}.key`),
    cert: [name, ...sent].map((one) => read(`${one}.pem`)).join(''),
  }
  const keys = await listen(t, createServer(own))
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
    assert.equal(found.subject, last === 'root' ? 'O=Example, CN=root' : `CN=${last}`)
    const end = openssl('x509', '-in', `${last}.pem`, '-enddate', '-noout').replace(/^.*=/, '')
    assert.equal(found.validTo, new Date(end).toISOString().replace('.000', ''))
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

const sent = (...names: string[]) => names.map((name) => new X509Certificate(read(`${name}.pem`)))
const KEYS = 'https://localhost/keys'

test('each certificate is signed by the next one, which is a CA', { skip }, () => {
  const whole = sent('localhost', 'intermediate', 'root')
  assert.equal(lastCertificate(whole, new URL(KEYS)), whole[2])
  const notSigned = (...names: string[]) =>
    assert.throws(() => lastCertificate(sent(...names), new URL(KEYS)), {
      code: 'unexpected-answer',
      message: 'The certificates of localhost have no usable thumbprint.',
      why: 'The certificate CN=localhost is not signed by the next one.',
    })
  notSigned('localhost', 'root')
  notSigned('localhost', 'of-the-same-name')
  notSigned('localhost', 'of-the-same-key')
  notSigned('localhost', 'no-ca')
  notSigned('localhost', 'root', 'intermediate')
  assert.throws(() => lastCertificate(sent('localhost', 'intermediate', 'alone'), new URL(KEYS)), {
    why: 'The certificate CN=intermediate is not signed by the next one.',
  })
  assert.throws(() => lastCertificate([], new URL(KEYS)), { why: 'It sends no certificate.' })
})

test('the certificate is for the host, be it a name or an address', { skip }, () => {
  const certificates = sent('localhost', 'intermediate')
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    assert.equal(lastCertificate(certificates, new URL(`https://${host}/`)), certificates[1])
  }
  for (const host of ['localhost.example', '127.0.0.2', '[::2]']) {
    assert.throws(() => lastCertificate(certificates, new URL(`https://${host}:8443/`)), {
      message: `The certificates of ${host}:8443 have no usable thumbprint.`,
      why: /^Its certificate is for DNS:localhost, IP Address:127\.0\.0\.1, IP Address:0:/,
    })
  }
  assert.throws(() => lastCertificate(sent('root'), new URL(KEYS)), {
    why: 'Its certificate is for O=Example, CN=root.',
  })
})

test('the last moments in which certificates are valid', { skip }, (t) => {
  const certificates = sent('localhost', 'intermediate')
  const [server, last] = certificates as [X509Certificate, X509Certificate]
  let now = 0
  t.mock.method(Date, 'now', () => now)
  now = Math.max(Date.parse(server.validFrom), Date.parse(last.validFrom))
  assert.equal(lastCertificate(certificates, new URL(KEYS)), last)
  now = Math.min(Date.parse(server.validTo), Date.parse(last.validTo))
  assert.equal(lastCertificate(certificates, new URL(KEYS)), last)
})

test('not needed where a public CA vouches for the host', { skip }, async (t) => {
  const { issuer } = await issuerWith(t, 'localhost', 'intermediate')
  const connect = tls.connect as (options: tls.ConnectionOptions) => tls.TLSSocket
  const asked: (readonly [boolean, string | undefined])[] = []
  // As if our root were one of the public ones.
  t.mock.method(tls, 'connect', (options: tls.ConnectionOptions) => {
    const isPublic = options.ca === undefined || options.ca.length > 0
    asked.push([isPublic, options.servername])
    return connect(isPublic ? { ...options, ca: read('root.pem') } : options)
  })
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
  assert.equal((await find(issuer)).needed, false)
  assert.deepEqual(asked.slice(-2), [
    [false, 'localhost'],
    [true, 'localhost'],
  ])
})

test('keys at an address: no server name is asked for (RFC 6066, section 3)', {
  skip,
}, async (t) => {
  const { document, issuer, keys } = await issuerWith(t, 'localhost', 'intermediate')
  document['jwks_uri'] = `https://127.0.0.1:${keys.port}/keys`
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  t.after(() => process.off('warning', warn))
  assert.equal((await find(issuer)).keysHost, `127.0.0.1:${keys.port}`)
  assert.deepEqual(
    warnings.filter(({ message }) => /ServerName/.test(message)),
    [],
  )
})

test('a host of keys that does not answer, or speaks no TLS, or is not there', {
  skip,
}, async (t) => {
  const { document, issuer } = await issuerWith(t, 'localhost', 'intermediate')
  const sockets = new Set<Socket>()
  let greeting = ''
  const time = new AbortController()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    if (greeting) socket.end(greeting)
    else time.abort()
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const host = `localhost:${(server.address() as AddressInfo).port}`
  document['jwks_uri'] = `https://${host}/keys`
  const reading = thumbprintOf(issuer, { AWS_CA_BUNDLE: file('root.pem') }, time.signal)
  await assert.rejects(reading, {
    code: 'issuer-unreachable',
    message: `${host} can't be read.`,
    why: 'it took too long',
  })
  greeting = 'SSH-2.0-OpenSSH_9.9\r\n'
  await assert.rejects(find(issuer), {
    code: 'issuer-unreachable',
    message: `${host} can't be read.`,
  })
  const proxy = await startForwardProxy(t, { refuses: 403 })
  document['jwks_uri'] = 'https://keys.example/keys'
  const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' }
  await assert.rejects(find(issuer, env), {
    message: "keys.example can't be read.",
    why: 'the proxy answered HTTP 403',
  })
  assert.deepEqual(proxy.asked, ['CONNECT keys.example:443'])
})

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
  for (const [uri, shown] of [
    ['http://localhost/keys', '"http:'],
    ['keys', '"keys"'],
    [undefined, 'undefined'],
  ] as const) {
    document['jwks_uri'] = uri
    await fails(
      'unexpected-answer',
      new RegExp(`^Its jwks_uri is ${shown}.*, which is not an https`),
    )
  }
})

test('a discovery document that is none', { skip }, async (t) => {
  let text = ''
  const own = { key: read('localhost.key'), cert: read('localhost.pem') + read('intermediate.pem') }
  const issuer = await listen(
    t,
    createServer(own, (_, response) => void response.end(text)),
  )
  for (text of ['<html>', 'null', '5', '"text"', '']) {
    await assert.rejects(find(issuer), {
      code: 'unexpected-answer',
      message: `The discovery document at ${issuer}/.well-known/openid-configuration is not usable.`,
      why: 'It is not a JSON object.',
    })
  }
  text = JSON.stringify({ issuer: `${issuer}/` })
  // One slash between, whether the issuer ends with one or not.
  await assert.rejects(find(`${issuer}/`), { why: /^Its jwks_uri is undefined/ })
})

test('the command prints it, for a person or a program', { skip }, async (t) => {
  const { issuer, keys } = await issuerWith(t, 'localhost', 'intermediate')
  const args = ['trust', 'thumbprint', '--issuer', issuer]
  const env = { AWS_CA_BUNDLE: file('root.pem') }
  const text = await run(args, env)
  assert.equal(text.code, 0)
  const lines = text.out.split('\n')
  assert.deepEqual(
    [lines[0], lines[1]],
    [fingerprint('intermediate'), `  keys at      ${keys.host}`],
  )
  const json = await run([...args, '--format', 'json'], env)
  const { thumbprint, needed } = JSON.parse(json.out)
  assert.deepEqual([thumbprint, needed], [fingerprint('intermediate'), true])
  assert.equal(json.out, JSON.stringify(JSON.parse(json.out), null, 2))
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
  assert.deepEqual(thumbprintText(found).split('\n').slice(0, 4), [
    '6938fd4d98bab03faadb97b34396831e3780aea1',
    '  keys at      id.example',
    '  certificate  CN=CA',
    '  valid to     2031-01-01 00:00:00 UTC',
  ])
  assert.match(thumbprintText(found), /not needed: a public CA/)
  assert.doesNotMatch(thumbprintText(found), /proxy/)
  assert.match(
    thumbprintText({ ...found, needed: true }),
    / needed: no public CA.*\n.*through a proxy/,
  )
})
