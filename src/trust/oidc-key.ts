import type { Statement } from './policy.ts'

/** A condition key of a token: the issuer as written, and the claim. */
export interface OidcKey {
  /** Without a scheme; perhaps with a slash at its end. */
  readonly issuer: string
  readonly claim: string
  readonly hasScheme: boolean
}

/** Takes `oidc.circleci.com/org/ID:sub` apart; undefined for keys of AWS's own (`aws:…`, `sts:…`, `ec2:…`). */
export function parseOidcKey(key: string): OidcKey | undefined {
  const bare = key.replace(/^https?:\/\//i, '')
  const colon = bare.indexOf(':')
  const issuer = colon < 0 ? '' : bare.slice(0, colon)
  if (/^[\w-]+$/.test(issuer)) return undefined
  return { issuer, claim: bare.slice(colon + 1), hasScheme: bare !== key }
}

/** The issuers of the OIDC providers a statement names, as its ARNs write them. */
export function providerIssuers({ principal }: Statement): readonly string[] {
  return (principal?.entries ?? [])
    .filter(({ kind }) => kind === 'Federated')
    .map(({ value }) => /:oidc-provider\/(.+)$/s.exec(value)?.[1] ?? '')
    .filter((issuer) => issuer !== '')
}

/** The issuer without scheme and closing slash, in small letters: to tell whether two mean the same. */
export function comparableIssuer(issuer: string): string {
  return issuer
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .toLowerCase()
}
