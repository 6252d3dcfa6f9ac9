import { OidcError } from '../errors.ts'
import { get } from '../network/get.ts'
import type { Environment } from '../options.ts'

/** Reads an issuer's discovery document and gives the URL of its keys. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
export async function discoverKeysUrl(
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

async function download(address: string, env: Environment, signal: AbortSignal): Promise<string> {
  const { status, body } = await get(new URL(address), {}, env, signal).catch((error) => {
    throw error instanceof OidcError ? error : unreachable(address, error.message)
  })
  if (status === 200) return body
  throw unreachable(address, `It answered HTTP ${status}.`)
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
    next: 'Check --issuer, the network, HTTPS_PROXY and NO_PROXY. For a certificate of a private CA, set NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE to the file of its certificate.',
  })
}
