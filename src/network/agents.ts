import type { Agent as HttpAgent } from 'node:http'
import { type AgentOptions, Agent as HttpsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect } from 'node:tls'
import { OidcError } from '../errors.ts'
import { unreadable } from '../files/failure.ts'
import { readLastingFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import { proxyFor } from './proxy.ts'

/**
 * How `url` is reached: through the proxy of the environment, and with the certificates of
 * `AWS_CA_BUNDLE` (which replace Node's own, as in the AWS CLI).
 * Throws `invalid-usage` for the proxy; `file-unreadable` and `file-malformed` for the certificates.
 */
export async function agents(url: URL, env: Environment): Promise<Agents> {
  const opened = openedAhead.get(url.origin)
  openedAhead.delete(url.origin)
  if (opened) return opened
  const proxy = proxyFor(url, env)
  const ca = url.protocol === 'https:' ? await caBundle(env) : undefined
  if (proxy) return (await import('./proxy-agents.ts')).proxyAgents(proxy, ca)
  if (url.protocol === 'http:') return {}
  return { httpsAgent: ca ? { ca } : {} }
}

interface Agents {
  readonly httpAgent?: HttpAgent
  /** Options stand for an agent still to be made: TLS takes a while to load. */
  readonly httpsAgent?: HttpsAgent | AgentOptions
  /** Resolves once the connection opened ahead is open, or has failed. */
  readonly opened?: Promise<unknown>
}

/**
 * Opens the connection for the next request to `url`, through a proxy too, so that the network is at work while
 * the request is prepared; resolves as soon as it is under way. What is wrong with it fails that request, not this.
 * Over http there is nothing to gain.
 */
export async function connectAhead(url: URL, env: Environment): Promise<void> {
  if (url.protocol !== 'https:') return
  const opening = openAhead(url, env)
  openedAhead.set(url.origin, opening)
  await opening.catch(() => {})
}

/** Agents with an open connection, by the origin it leads to. */
const openedAhead = new Map<string, Promise<Agents>>()

async function openAhead(url: URL, env: Environment): Promise<Agents> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const place = { host, port: Number(url.port || 443), servername: isIP(host) ? '' : host }
  const proxy = proxyFor(url, env)
  const ca = await caBundle(env)
  if (proxy) return (await import('./proxy-agents.ts')).proxyAgents(proxy, ca, place)
  const options = ca ? { ca } : {}
  return agentAhead({ ...options, ...place, ALPNProtocols: ['http/1.1'] }, options)
}

/** An agent whose first connection is opening already. */
function agentAhead(place: ConnectionOptions, options: AgentOptions): Agents {
  const httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS, ...options })
  const connectAnew = httpsAgent.createConnection.bind(httpsAgent)
  const socket = connect(place).on('error', ignore)
  let first: Duplex | undefined = socket
  httpsAgent.createConnection = (...given) => {
    const socket = first
    first = undefined
    return socket && !socket.destroyed ? socket.off('error', ignore) : connectAnew(...given)
  }
  const opened = new Promise((resolve) => {
    // What waits for the connection goes first.
    const settle = () => setImmediate(resolve)
    socket.once('secureConnect', settle).once('close', settle)
  })
  return { httpsAgent, opened }
}

/** The request connects anew, and meets the same. */
const ignore = () => {}

/** The certificates of `AWS_CA_BUNDLE`, if it is set. */
export async function caBundle(env: Environment): Promise<string[] | undefined> {
  if (!env['AWS_CA_BUNDLE']) return undefined
  // Certificates given to an agent replace NODE_EXTRA_CA_CERTS too, so those are added again.
  const names = ['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'].filter((name) => env[name])
  return Promise.all(names.map((name) => readCertificates(env[name] ?? '', name)))
}

async function readCertificates(path: string, variable: string): Promise<string> {
  let text: string
  try {
    text = (await readLastingFile(path)).toString('utf8')
  } catch (error) {
    throw unreadable(
      `The file ${path} (${variable})`,
      error,
      `Correct the path in ${variable}, or unset it.`,
    )
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  throw new OidcError('file-malformed', {
    what: `${path} (${variable}) contains no certificate in PEM format.`,
    next: `Convert it to PEM, or unset ${variable}.`,
  })
}

/** Connections to one host, and requests under way: as many as the SDK's handler has where it makes the agent. */
export const CONNECTIONS = 50

/** Milliseconds, for every request: Node has no limits of its own. */
export const CONNECTION_TIMEOUT = 5_000

export const REQUEST_TIMEOUT = 15_000

/** Codes of Node for a certificate that it does not accept, as far as they have something in common. */
export const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/
