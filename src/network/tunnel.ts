import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'

/** A connection to `authority` (HOST:PORT) through a proxy, before any TLS: RFC 9110 §9.3.6. */
export function tunnel(
  proxy: URL,
  authority: string,
  ca: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  const login = decodeURIComponent(`${proxy.username}:${proxy.password}`)
  const credentials = `Basic ${Buffer.from(login).toString('base64')}`
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)(proxy, {
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(login === ':' ? {} : { 'proxy-authorization': credentials }) },
    auth: null,
    agent: false,
    signal,
    ...(ca ? { ca: [...ca] } : {}),
  })
  return new Promise((resolve, reject) => {
    request.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new Error(`the proxy answered HTTP ${statusCode}`))
    })
    request.on('error', reject)
    request.end()
  })
}
