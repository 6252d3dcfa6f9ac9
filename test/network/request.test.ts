import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { CONNECTIONS } from '../../src/network/agents.ts'
import { tunnel } from '../../src/network/proxy.ts'
import { CONNECTION_TIMEOUT, get } from '../../src/network/request.ts'
import { startForwardProxy } from '../acceptance/forward-proxy.ts'
import { saying, startTokenServer } from '../token/token-server.ts'

test('a server that is connected may take longer than connecting may', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const server = await startTokenServer(t, (response) => {
    t.mock.timers.tick(CONNECTION_TIMEOUT + 1)
    saying(200, 'late')(response)
  })
  const throughProxy = { HTTP_PROXY: server.url }
  for (const env of [{}, throughProxy]) {
    const answer = await get(new URL(server.url), {}, env, new AbortController().signal)
    assert.deepEqual(answer, { status: 200, body: 'late' })
  }
})

test('a proxy that keeps the connection waiting is given up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const proxy = createServer((socket) => {
    socket.once('data', () => t.mock.timers.tick(CONNECTION_TIMEOUT))
    t.after(() => socket.destroy())
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  t.after(() => proxy.close())
  const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const asking = get(new URL('https://sts.test'), {}, { HTTPS_PROXY }, new AbortController().signal)
  await assert.rejects(asking, { code: 'ETIMEDOUT', message: 'no answer in time' })
})

test('the time limit ends a request, and is its error', async (t) => {
  const server = await startTokenServer(t, () => {})
  const limit = new AbortController()
  const asking = get(new URL(server.url), {}, {}, limit.signal)
  setTimeout(() => limit.abort(new Error('time is up')), 50)
  await assert.rejects(asking, { message: 'time is up' })
})

test('nothing listens to the time limit once the answer is there', async (t) => {
  const server = await startTokenServer(t, saying(200, 'here'))
  const { signal } = new AbortController()
  await get(new URL(server.url), {}, {}, signal)
  await turn()
  assert.deepEqual(getEventListeners(signal, 'abort'), [])
})

// RFC 9112 §9.3.1: a client tries again on another connection.
for (const closing of ['end', 'resetAndDestroy'] as const) {
  test(`a connection that the server closes while it waits is no failure: ${closing}`, async (t) => {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere')
        socket.once('data', () => socket[closing]())
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const env = {}
    const ask = () => get(url, {}, env, new AbortController().signal)
    const expected = { status: 200, body: 'here' }
    assert.deepEqual([await ask(), await ask()], [expected, expected])
    assert.equal(connections, 2)
    // Those who wait for a connection meet the same.
    const many = Array(CONNECTIONS + 10).fill(expected)
    assert.deepEqual(await Promise.all(many.map(ask)), many)
  })
}

test('a million bytes are read, and no more', async (t) => {
  const bodies = [1_000_000, 1_000_001].map((length) => saying(200, 'x'.repeat(length)))
  const server = await startTokenServer(t, ...bodies)
  const ask = () => get(new URL(server.url), {}, {}, new AbortController().signal)
  assert.equal((await ask()).body.length, 1_000_000)
  await assert.rejects(ask(), { message: 'the answer is too long' })
})

// RFC 9110 §9.3.6, CONNECT; RFC 7617, Basic.
test('a tunnel through a proxy, with and without a login', async (t) => {
  const target = await startTokenServer(t, saying(200, 'here'))
  const { host, port } = new URL(target.url)
  const open = (proxy: string, opens = 200, login?: string) =>
    startForwardProxy(t, { opens, ...(login ? { login } : {}) }).then((one) =>
      tunnel(
        new URL(proxy.replace('PORT', `${one.port}`)),
        host,
        undefined,
        AbortSignal.timeout(9_000),
      ),
    )
  for (const opening of [
    open('http://127.0.0.1:PORT'),
    open('http://127.0.0.1:PORT', 204),
    open('http://an%40a:p%3Aw@127.0.0.1:PORT', 200, 'an@a:p:w'),
  ]) {
    const socket = await opening
    socket.end(`GET / HTTP/1.0\r\nhost: ${host}:${port}\r\n\r\n`)
    assert.match(await text(socket), /here$/)
  }
  await assert.rejects(open('http://ana:wrong@127.0.0.1:PORT', 200, 'ana:right'), {
    message: 'the proxy answered HTTP 407',
  })
})
