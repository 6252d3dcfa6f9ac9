import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { OidcError } from '../errors.ts'
import { proxyFor } from '../network/proxy-settings.ts'
import type { Environment } from '../options.ts'
import { type CertificateChain, certificateChain } from './certificate-chain.ts'
import { discoverKeysUrl } from './discovery.ts'

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
  const last = lastCertificate(chain, url)
  return {
    thumbprint: last.fingerprint.replaceAll(':', '').toLowerCase(),
    issuer,
    keysHost: url.host,
    subject: last.subject.replaceAll('\n', ', '),
    validTo: new Date(last.validTo).toISOString(),
    needed: !chain.public,
    throughProxy: proxyFor(url, env) !== undefined,
  }
}

/** The last certificate, when the chain holds together up to it. */
function lastCertificate({ certificates }: CertificateChain, url: URL): X509Certificate {
  const [server] = certificates
  const last = certificates.at(-1)
  if (!server || !last) throw broken(url, 'It shows no certificate.')
  if (!isFor(server, url.hostname.replace(/^\[|\]$/g, ''))) {
    throw broken(url, `Its certificate is for ${server.subjectAltName ?? server.subject}.`)
  }
  const now = Date.now()
  for (const [index, one] of certificates.entries()) {
    const name = one.subject.replaceAll('\n', ', ')
    if (now < Date.parse(one.validFrom) || now > Date.parse(one.validTo)) {
      throw broken(url, `The certificate ${name} is valid from ${one.validFrom} to ${one.validTo}.`)
    }
    const issuer = certificates[index + 1]
    if (issuer && !(issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey))) {
      throw broken(url, `The certificate ${name} is not signed by the next one.`)
    }
  }
  // A single certificate is its own authority or the server forgot to send the CA's.
  if (certificates.length === 1 && !server.verify(server.publicKey)) {
    throw broken(
      url,
      'It shows its own certificate only, without the one of the CA that signed it.',
    )
  }
  return last
}

function isFor(server: X509Certificate, host: string): boolean {
  return Boolean(isIP(host) ? server.checkIP(host) : server.checkHost(host))
}

function broken(url: URL, why: string): OidcError {
  return new OidcError('unexpected-answer', {
    what: `The certificates of ${url.host} give no thumbprint.`,
    why,
    next: 'Have the server send its certificate and those of the CAs that signed it.',
  })
}

const PROXY_NOTE =
  '  seen through a proxy: if that opens TLS, the thumbprint is that of its CA, and of no use to AWS; then run this where there is none.'

export function thumbprintText(found: Thumbprint): string {
  const note = found.needed
    ? 'needed: no public CA vouches for this host, so AWS compares the thumbprint.'
    : 'not needed: a public CA vouches for this host; AWS checks that by itself.'
  return [
    found.thumbprint,
    `  keys at      ${found.keysHost}`,
    `  certificate  ${found.subject}`,
    `  valid to     ${found.validTo}`,
    `  ${note}`,
    ...(found.needed && found.throughProxy ? [PROXY_NOTE] : []),
  ].join('\n')
}
