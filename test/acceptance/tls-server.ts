import { request } from 'node:http'
import { createServer } from 'node:https'
import type { TestContext } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'

/** A private certificate authority, and a server certificate that it signed for 127.0.0.1 and ::1. */
export interface Authority {
  /** What one has to trust. */
  readonly pem: string
  readonly server: { readonly cert: string; readonly key: string }
}

const LOOPBACK = ['127.0.0.1', '::1'] as const

export async function createAuthority(name: string): Promise<Authority> {
  const { cert: pem, private: authorityKey } = await generate(
    [{ name: 'commonName', value: name }],
    {
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ],
    },
  )
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'sts' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: LOOPBACK.map((ip) => ({ type: 7, ip })) }],
    ca: { key: authorityKey, cert: pem },
  })
  return { pem, server: { cert, key } }
}

/**
 * Serves `target` over TLS at 127.0.0.1, with the authority's certificate; returns its URL. `onConnection` gets
 * each connection once it is encrypted.
 */
export async function serveOverTls(
  t: TestContext,
  target: string,
  authority: Authority,
  onConnection: (socket: TLSSocket) => void = () => {},
): Promise<string> {
  const server = createServer(authority.server, (incoming, response) => {
    const { method = 'GET', url = '/', headers } = incoming
    const onward = request(`${target}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  })
  server.on('tlsClientError', () => {})
  server.on('secureConnection', onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `https://127.0.0.1:${(server.address() as { port: number }).port}`
}
