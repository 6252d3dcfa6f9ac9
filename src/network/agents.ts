import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { OidcError } from '../errors.ts'
import { unreadable } from '../files/failure.ts'
import { readLastingFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import { proxyFor } from './proxy.ts'
import type { Destination } from './proxy-agents.ts'

/** The connections to one origin. */
interface Reached {
  readonly agent: HttpAgent
  /** Resolves once the connection opened ahead is open, or has failed. */
  readonly connected: Promise<unknown>
}

/**
 * The connections to the origin of `url`, which all requests of the process share: through the proxy of the
 * environment, and with the certificates of `AWS_CA_BUNDLE` (which replace Node's own, as in the AWS CLI).
 * Throws `invalid-usage` for the proxy; `file-unreadable` and `file-malformed` for the certificates.
 */
export function reach(url: URL, env: Environment): Promise<Reached> {
  return origins(env).get(url.origin) ?? kept(open(url, env), url, env)
}

/**
 * Opens the connection for the next request to `url` over TLS, through a proxy too, so that the network is at work
 * while the request is prepared; resolves as soon as it is under way. What is wrong with it fails that request, not
 * this.
 */
export async function connectAhead(url: URL, env: Environment): Promise<void> {
  const host = hostOf(url)
  const place = { host, port: Number(url.port || 443), servername: isIP(host) ? '' : host }
  await kept(open(url, env, place), url, env).catch(() => {})
}

/** The host as `node:net` takes it: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/[[\]]/g, '')
}

const reached = new WeakMap<Environment, Map<string, Promise<Reached>>>()

function origins(env: Environment): Map<string, Promise<Reached>> {
  const own = reached.get(env) ?? new Map<string, Promise<Reached>>()
  reached.set(env, own)
  return own
}

function kept(opening: Promise<Reached>, url: URL, env: Environment): Promise<Reached> {
  origins(env).set(url.origin, opening)
  // By the next request it may have been put right.
  opening.catch(() => origins(env).delete(url.origin))
  return opening
}

async function open(url: URL, env: Environment, ahead?: Destination): Promise<Reached> {
  const connected = new Promise(setImmediate)
  const proxy = proxyFor(url, env)
  const ca = url.protocol === 'https:' ? await caBundle(env) : undefined
  if (proxy) {
    const { proxyAgent } = await import('./proxy-agents.ts')
    return { agent: proxyAgent(url, proxy, ca, ahead), connected }
  }
  if (url.protocol === 'http:') {
    const { Agent } = await import('node:http')
    return { agent: new Agent(SHARED), connected }
  }
  const { Agent } = await import('node:https')
  const tls = ca ? { ca } : {}
  const agent = new Agent({ ...SHARED, ...tls })
  return { agent, connected: ahead ? openFirst(agent, { ...tls, ...ahead }) : connected }
}

/** Opens the first connection of an agent. Resolves once it is open, or has failed. */
async function openFirst(agent: HttpsAgent, place: ConnectionOptions): Promise<unknown> {
  const { connect } = await import('node:tls')
  const connectAnew = agent.createConnection.bind(agent)
  const opening = connect({ ...place, ALPNProtocols: ['http/1.1'] })
  let first: Duplex | undefined = opening.on('error', ignore)
  agent.createConnection = (...given) => {
    const next = first?.destroyed === false ? first.off('error', ignore) : connectAnew(...given)
    first = undefined
    return next
  }
  return new Promise((resolve) => {
    // What waits for the connection goes first.
    const settle = () => setImmediate(resolve)
    opening.once('secureConnect', settle).once('close', settle)
  })
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

/** Connections to one origin, and requests under way. */
export const CONNECTIONS = 50

/** A connection waits for so many milliseconds for the next request: that of a role with another one as its source. */
const IDLE_MS = 1_000

const SHARED = { keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS } as const

/** Codes of Node for a certificate that it does not accept, as far as they have something in common. */
export const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_/
