import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, rootCertificates, type TLSSocket } from 'node:tls'
import { OidcError } from '../errors.ts'
import { caBundle, hostOf } from '../network/agents.ts'
import { proxyFor, tunnel } from '../network/proxy.ts'
import { get } from '../network/request.ts'
import type { Environment } from '../options.ts'
import { clockTime, isoSeconds } from '../text.ts'

export interface Thumbprint {
  /** Forty small hexadecimal digits. */
  readonly thumbprint: string
  readonly issuer: string
  /** Host (and port) of the issuer's keys. */
  readonly keysHost: string
  /** Of the certificate that the thumbprint is of. */
  readonly subject: string
  readonly validTo: string
  /** Whether AWS uses it: not where its own trusted CAs vouch for the host. */
  readonly needed: boolean
  /** A proxy that opens TLS shows a certificate of its own. */
  readonly throughProxy: boolean
}

/**
 * AWS's procedure: discovery document, host of `jwks_uri`, its certificates, SHA-1 of the last one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
 */
export async function thumbprintOf(
  issuer: string,
  env: Environment,
  signal: AbortSignal,
): Promise<Thumbprint> {
  const url = await discoverKeysUrl(issuer, env, signal)
  const chain = await certificateChain(url, env, signal)
  const last = lastCertificate(chain.certificates, url)
  return {
    thumbprint: last.fingerprint.replaceAll(':', '').toLowerCase(),
    issuer,
    keysHost: url.host,
    subject: nameOf(last),
    validTo: isoSeconds(new Date(last.validTo)),
    needed: !chain.public,
    throughProxy: proxyFor(url, env) !== undefined,
  }
}

export function thumbprintText(found: Thumbprint): string {
  const note = found.needed
    ? 'needed: no public CA vouches for this host, so AWS compares the thumbprint.'
    : 'not needed: a public CA vouches for this host; AWS checks that by itself.'
  return [
    found.thumbprint,
    `  keys at      ${found.keysHost}`,
    `  certificate  ${found.subject}`,
    `  valid to     ${clockTime(new Date(found.validTo))}`,
    `  ${note}`,
    ...(found.needed && found.throughProxy ? [PROXY_NOTE] : []),
  ].join('\n')
}

const PROXY_NOTE =
  '  seen through a proxy: if it inspects TLS, this is the thumbprint of its CA, which AWS cannot use; run this without the proxy.'

/** The last certificate, when the chain holds together up to it. */
export function lastCertificate(
  certificates: readonly X509Certificate[],
  url: URL,
): X509Certificate {
  const [server] = certificates
  const last = certificates.at(-1)
  if (!server || !last) throw broken(url, 'It sends no certificate.')
  if (!isFor(server, hostOf(url))) {
    throw broken(url, `Its certificate is for ${server.subjectAltName ?? nameOf(server)}.`)
  }
  const now = Date.now()
  for (const [index, one] of certificates.entries()) {
    const name = nameOf(one)
    if (now < Date.parse(one.validFrom) || now > Date.parse(one.validTo)) {
      throw broken(
        url,
        `The certificate ${name} is valid from ${clockTime(new Date(one.validFrom))} to ${clockTime(new Date(one.validTo))}.`,
      )
    }
    const issuer = certificates[index + 1]
    if (issuer && !(issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey))) {
      throw broken(url, `The certificate ${name} is not signed by the next one.`)
    }
  }
  // A single certificate is its own authority or the server forgot to send the CA's.
  if (certificates.length === 1 && !server.verify(server.publicKey)) {
    throw broken(url, 'It sends only its own certificate, without that of the CA that signed it.')
  }
  return last
}

/** Node has each part of a name on a line of its own. */
function nameOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ')
}

function isFor(server: X509Certificate, host: string): boolean {
  return Boolean(isIP(host) ? server.checkIP(host) : server.checkHost(host))
}

function broken(url: URL, why: string): OidcError {
  return new OidcError('unexpected-answer', {
    what: `The certificates of ${url.host} have no usable thumbprint.`,
    why,
    next: 'Configure the server to send its certificate and those of the CAs that signed it.',
  })
}

/** Reads an issuer's discovery document and gives the URL of its keys. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discoverKeysUrl(
  issuer: string,
  env: Environment,
  signal: AbortSignal,
): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = readDocument(address, await download(address, env, signal))
  if (document['issuer'] !== issuer) {
    throw unexpected(
      address,
      `It is the document of the issuer ${JSON.stringify(document['issuer'])}, not of "${issuer}".`,
    )
  }
  const keys = String(document['jwks_uri'])
  if (URL.canParse(keys) && new URL(keys).protocol === 'https:') return new URL(keys)
  throw unexpected(
    address,
    `Its jwks_uri is ${JSON.stringify(document['jwks_uri'])}, which is not an https URL.`,
  )
}

function readDocument(address: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(text)
    if (typeof document === 'object' && document !== null) return { ...document }
  } catch {
    // Told below: what came is often a page of HTML.
  }
  throw unexpected(address, 'It is not a JSON object.')
}

async function download(address: string, env: Environment, signal: AbortSignal): Promise<string> {
  const { status, body } = await get(new URL(address), {}, env, signal).catch((error) => {
    throw error instanceof OidcError ? error : unreachable(address, error.message)
  })
  if (status === 200) return body
  throw unreachable(address, `It answered HTTP ${status}.`)
}

function unexpected(address: string, why: string): OidcError {
  return new OidcError('unexpected-answer', {
    what: `The discovery document at ${address} is not usable.`,
    why,
    next: 'Check --issuer: it must be exactly the iss of the tokens.',
  })
}

export function unreachable(address: string, why: string): OidcError {
  return new OidcError('issuer-unreachable', {
    what: `${address} can't be read.`,
    why,
    next: 'Check --issuer, the network, HTTPS_PROXY and NO_PROXY. For a private CA, set NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE to the file with its certificate.',
  })
}

interface CertificateChain {
  /** As the server sends it, the server's own certificate first. */
  readonly certificates: readonly X509Certificate[]
  /** Whether it ends at a public CA, whatever else this machine trusts. */
  readonly public: boolean
}

/** The certificates that the host of this URL shows, asked through the proxy that the environment names for it. */
async function certificateChain(
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
    signal.addEventListener('abort', abort)
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
