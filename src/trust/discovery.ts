import { get } from 'node:https'
import { OidcError } from '../errors.ts'

/** Discovery documents are a few hundred bytes. */
const MAXIMUM_BYTES = 1_000_000

/** Reads an issuer's discovery document and gives the URL of its keys. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
export async function discoverKeysUrl(
  issuer: string,
  signal: AbortSignal,
  ca?: string,
): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = readDocument(address, await download(address, signal, ca))
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
    `Its jwks_uri is ${JSON.stringify(document['jwks_uri'])}, no https URL.`,
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

function download(address: string, signal: AbortSignal, ca?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(unreachable(address, why))
    const request = get(address, { signal, ...(ca ? { ca } : {}) }, (response) => {
      if (response.statusCode !== 200) {
        response.resume()
        fail(`It answered HTTP ${response.statusCode}.`)
        return
      }
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAXIMUM_BYTES) request.destroy(new Error('it is too long'))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      response.on('error', ({ message }) => fail(message))
    })
    request.on('error', ({ message }) => fail(message))
  })
}

function unexpected(address: string, why: string): OidcError {
  return new OidcError('unexpected-answer', {
    what: `The discovery document at ${address} is of no use.`,
    why,
    next: 'Check --issuer: it must be exactly the iss of the tokens.',
  })
}

export function unreachable(address: string, why: string): OidcError {
  return new OidcError('issuer-unreachable', {
    what: `${address} can't be read.`,
    why,
    next: 'Check --issuer and the network. For a certificate of a private CA, set NODE_EXTRA_CA_CERTS to the file of its certificate.',
  })
}
