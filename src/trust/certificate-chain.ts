import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, rootCertificates, type TLSSocket } from 'node:tls'
import { unreachable } from './discovery.ts'

export interface CertificateChain {
  /** As the server sends it, the server's own certificate first. */
  readonly certificates: readonly X509Certificate[]
  /** Whether it ends at a public CA, whatever else this machine trusts. */
  readonly public: boolean
}

/** The certificates that the host of this URL shows. */
export async function certificateChain(url: URL, signal: AbortSignal): Promise<CertificateChain> {
  // With no CA of our own Node adds none to what the server sends: that is `openssl s_client -showcerts`.
  const certificates = await handshake(url, [], signal, sentCertificates)
  const isPublic = await handshake(url, rootCertificates, signal, ({ authorized }) => authorized)
  return { certificates, public: isPublic }
}

function handshake<Result>(
  url: URL,
  ca: readonly string[],
  signal: AbortSignal,
  read: (socket: TLSSocket) => Result,
): Promise<Result> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(url.port || 443),
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
