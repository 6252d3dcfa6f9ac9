import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { caBundle, connectAhead } from '../../src/network/agents.ts'
import { tunnel } from '../../src/network/proxy.ts'
import { get } from '../../src/network/request.ts'
import { startForwardProxy } from '../acceptance/forward-proxy.ts'
import { createAuthority } from '../acceptance/tls-server.ts'

const authority = createAuthority('Test CA')

async function bundle(t: TestContext): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'agents-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'ca.pem')
  writeFileSync(path, (await authority).pem)
  return path
}

/** A server over TLS, and how many connections it has had. */
async function startServer(t: TestContext, host: string) {
  const options = { ...(await authority).server, ALPNProtocols: ['h2', 'http/1.1'] }
  const server = createServer(options, (_, response) => response.end('here'))
  let connections = 0
  server.on('secureConnection', () => {
    connections += 1
  })
  await once(server.listen(0, host), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  const connected = () => once(server, 'secureConnection', { signal: AbortSignal.timeout(9_000) })
  return { url: new URL(`https://${name}:${port}/`), connected, connections: () => connections }
}

const addresses = Object.values(networkInterfaces()).flatMap((all) =>
  all?.map((one) => one.address),
)
for (const host of ['127.0.0.1', '::1']) {
  const skip = !addresses.includes(host) && 'this machine has no such address'
  test(`${host}: the connection opened ahead serves the requests that follow`, {
    skip,
  }, async (t) => {
    const { url, connected, connections } = await startServer(t, host)
    const env = { AWS_CA_BUNDLE: await bundle(t) }
    const opened = connected()
    await connectAhead(url, env)
    const [{ alpnProtocol }] = await opened
    assert.equal(alpnProtocol, 'http/1.1')
    for (const _ of ['first', 'second']) {
      const answer = await get(url, {}, env, AbortSignal.timeout(9_000))
      assert.deepEqual(answer, { status: 200, body: 'here' })
    }
    assert.equal(connections(), 1)
  })
}

test('what is wrong with the certificates is tried anew by the next request', async (t) => {
  const { url } = await startServer(t, '127.0.0.1')
  const path = await bundle(t)
  const env = { AWS_CA_BUNDLE: path }
  writeFileSync(path, 'no certificate')
  await connectAhead(url, env)
  const ask = () => get(url, {}, env, AbortSignal.timeout(9_000))
  await assert.rejects(ask(), { code: 'file-malformed' })
  writeFileSync(path, (await authority).pem)
  assert.equal((await ask()).body, 'here')
})

test('NODE_EXTRA_CA_CERTS alone is left to Node', async () => {
  assert.equal(await caBundle({ NODE_EXTRA_CA_CERTS: '/is/not/read.pem' }), undefined)
})

test('a tunnel through a proxy that speaks TLS with a certificate of a private CA', async (t) => {
  const { url } = await startServer(t, '127.0.0.1')
  const plain = await startForwardProxy(t)
  const front = createTlsServer((await authority).server, (socket) => {
    const onward = connect(plain.port, '127.0.0.1')
    pipeline(socket, onward, socket, () => {})
  })
  await once(front.listen(0, '127.0.0.1'), 'listening')
  t.after(() => front.close())
  const proxy = new URL(`https://127.0.0.1:${(front.address() as AddressInfo).port}`)
  const { pem } = await authority
  const open = (ca?: string[]) => tunnel(proxy, url.host, ca, AbortSignal.timeout(9_000))
  await assert.rejects(open(), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  ;(await open([pem])).destroy()
  assert.deepEqual(plain.asked, [`CONNECT ${url.host}`])
})
