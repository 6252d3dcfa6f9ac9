import { createServer, type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface ForwardProxy {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** What it was asked for, in order: `CONNECT 127.0.0.1:443`, `POST http://127.0.0.1:80/`. */
  readonly asked: string[]
}

export interface ForwardProxyOptions {
  /** `USER:PASSWORD` that it asks for. */
  readonly login?: string
  /** The status with which it refuses whatever it is asked for. */
  readonly refuses?: number
  /** The status with which it opens a tunnel: 200 by default. */
  readonly opens?: number
}

/** A proxy as companies have them: absolute URIs for http, CONNECT for https (RFC 9110 §9.3.6). */
export async function startForwardProxy(
  t: TestContext,
  { login, refuses, opens = 200 }: ForwardProxyOptions = {},
): Promise<ForwardProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const status = ({ headers }: IncomingMessage): number | undefined => {
    const expected = login && `Basic ${Buffer.from(login).toString('base64')}`
    if (expected && headers['proxy-authorization'] !== expected) return 407
    return refuses
  }

  const server = createServer((incoming, response) => {
    const { method = 'GET', url = '', headers } = incoming
    asked.push(`${method} ${url}`)
    const refusal = status(incoming)
    if (refusal) {
      response.writeHead(refusal, { 'content-type': 'text/html' }).end('<h1>Blocked</h1>')
      return
    }
    const { 'proxy-authorization': _, 'proxy-connection': __, ...rest } = headers
    const onward = request(url, { method, headers: rest }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    const refusal = status(incoming)
    if (refusal) {
      client.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const onward = connect(Number(port || 80), hostname, () => {
      client.write(`HTTP/1.1 ${opens} Connection established\r\n\r\n`)
      client.pipe(onward).pipe(client)
    })
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as { port: number }
  return { port, url: `http://127.0.0.1:${port}`, asked }
}
