import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, rootCertificates, type TLSSocket } from 'node:tls'
import { OidcError } from '../errors.ts'
import { caBundle } from '../network/agents.ts'
import { proxyFor } from '../network/proxy-settings.ts'
import { tunnel } from '../network/tunnel.ts'
import type { Environment } from '../options.ts'
import { unreachable } from './discovery.ts'

export interface CertificateChain {
  /** As the server sends it, the server's own certificate first. */
  readonly certificates: readonly X509Certificate[]
  /** Whether it ends at a public CA, whatever else this machine trusts. */
  readonly public: boolean
}

/** The certificates that the host of this URL shows, asked through the proxy that the environment names for it. */
export async function certificateChain(
  url: URL,
  env: Environment,
  signal: AbortSignal,
): Promise<CertificateChain> {
  const reach = () => connection(url, env, signal)
  // With no CA of our own Node adds none to what the server sends: that is `openssl s_client -showcerts`.
  const certificates = await handshake(url, await reach(), [], signal, sentCertificates)
  const verdict = ({ authorized }: TLSSocket) => authorized
  const isPublic = await handshake(url, await reach(), rootCertificates, signal, verdict)
  return { certificates, public: isPublic }
}

/** Where TLS begins: at the host, or in a tunnel to it. */
async function connection(url: URL, env: Environment, signal: AbortSignal) {
  const port = Number(url.port || 443)
  const proxy = proxyFor(url, env)
  if (proxy === undefined) return { host: hostOf(url), port }
  try {
    const ca = await caBundle(env)
    return { socket: await tunnel(proxy, `${url.hostname}:${port}`, ca, signal) }
  } catch (error) {
    throw error instanceof OidcError ? error : unreachable(url.host, (error as Error).message)
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function handshake<Result>(
  url: URL,
  transport: Awaited<ReturnType<typeof connection>>,
  ca: readonly string[],
  signal: AbortSignal,
  read: (socket: TLSSocket) => Result,
): Promise<Result> {
  const host = hostOf(url)
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...transport,
      ...(isIP(host) ? {} : { servername: host }),
      ca: [...ca],
      rejectUnauthorized: false,
    })
    const abort = () => socket.destroy(new Error('it took too long'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once('secureConnect', () => {
      resolve(read(socket))
      socket.destroy()
    })
    socket.once('error', ({ message }) => reject(unreachable(url.host, message)))
    socket.once('close', () => signal.removeEventListener('abort', abort))
  })
}

function sentCertificates(socket: TLSSocket): X509Certificate[] {
  const certificates: X509Certificate[] = []
  const seen = new Set<string>()
  let current = socket.getPeerCertificate(true)
  while (current?.raw && !seen.has(current.fingerprint256)) {
    seen.add(current.fingerprint256)
    certificates.push(new X509Certificate(current.raw))
    current = current.issuerCertificate
  }
  return certificates
}
