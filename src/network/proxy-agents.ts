import { EventEmitter } from 'node:events'
import type { ClientRequest, Agent as HttpAgent } from 'node:http'
import type { Socket } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { HttpProxyAgent } from 'http-proxy-agent'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { isSuccess } from './proxy.ts'

/** Where a connection leads to, with the name that the certificate must have; empty for an IP address. */
export interface Destination {
  readonly host: string
  readonly port: number
  readonly servername: string
}

/**
 * The agent that sends requests to `url` through `proxy`; loaded only when a proxy is set. The first tunnel is opened
 * at once where `ahead` says what it leads to.
 */
export function proxyAgent(
  url: URL,
  proxy: URL,
  ca: readonly string[] | undefined,
  ahead?: Destination,
): HttpAgent {
  if (url.protocol === 'http:') return new HttpProxyAgent(proxy)
  const tls = ca ? { ca: [...ca] } : {}
  const httpsAgent = new HttpsProxyAgent(proxy, tls)
  // RFC 9110 §9.3.6: every 2xx opens the tunnel; the agent takes 200 alone.
  httpsAgent.on('proxyConnect', (answer: { statusCode: number }) => {
    if (isSuccess(answer.statusCode)) answer.statusCode = 200
  })
  const connect = httpsAgent.connect.bind(httpsAgent)
  const open: typeof connect = (request, options) => {
    if (!options.secureEndpoint) return connect(request, options)
    // The agent forgets a host that is an IP address, so the name would be compared with "localhost".
    const checkName = (_: string, certificate: PeerCertificate) =>
      checkServerIdentity(options.host ?? '', certificate)
    // Its own options reach only the proxy; the certificates are for the endpoint behind it too.
    return connect(request, { ...options, ...tls, checkServerIdentity: checkName })
  }
  let first = ahead && openAhead(open, ahead)
  httpsAgent.connect = async (request, options) => {
    const opened = first
    first = undefined
    return (await opened?.(request)) ?? open(request, options)
  }
  return httpsAgent
}

type Open = HttpsProxyAgent<string>['connect']

/** Opens a tunnel, and gives it to the request that asks for it; undefined where it failed. */
function openAhead(
  open: Open,
  place: Destination,
): (request: ClientRequest) => Promise<Socket | undefined> {
  // What the agent waits for in a request: that it has its socket.
  const request = new EventEmitter() as ClientRequest
  const opening = open(request, { ...place, secureEndpoint: true }).then(
    (socket) => socket.on('error', ignore),
    () => undefined,
  )
  return async (real) => {
    const socket = await opening
    if (!socket || socket.destroyed) return undefined
    real.once('socket', (given) => request.emit('socket', given))
    return socket.off('error', ignore)
  }
}

/** The request opens a tunnel anew, and meets the same. */
const ignore = () => {}
