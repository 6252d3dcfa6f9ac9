import { isUnclearKey, providerClaims } from './provider-claims.ts'

/** Condition keys with their values. Key names are not case-sensitive, so they are held in lower case. */
export type ContextKeys = ReadonlyMap<string, readonly string[]>

/** Claims of a decoded token: whatever JSON the issuer put there. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** Builds a `ContextKeys`; keys without a value stay absent, as in a real request. */
export function contextKeys(
  entries: Iterable<readonly [string, string | readonly string[] | undefined]>,
): ContextKeys {
  const keys = new Map<string, readonly string[]>()
  for (const [name, value] of entries) {
    if (value !== undefined) {
      keys.set(name.toLowerCase(), typeof value === 'string' ? [value] : value)
    }
  }
  return keys
}

/** The issuer as it stands in condition keys and provider ARNs: without `https://`. */
export function issuerHostPath(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '')
}

/**
 * The condition keys IAM derives from a web identity token: `<issuer>:aud`, `:oaud`, `:sub`, `:amr` and the
 * few provider-specific ones. Claims that IAM never sees (CircleCI's `vcs-ref`, `context-ids`, …) are absent.
 */
export function tokenContextKeys(claims: TokenClaims): ContextKeys {
  const issuer = issuerHostPath(String(claims['iss'] ?? ''))
  const named = ['sub', 'amr', ...providerClaims(issuer)]
  return contextKeys([
    [`${issuer}:aud`, tokenAudience(claims)],
    [`${issuer}:oaud`, values(claims['aud'])],
    ...named.map((name) => [`${issuer}:${name}`, values(claims[name])] as const),
  ])
}

/**
 * The audience IAM checks: `azp` when the token carries one, else `aud`; `oaud` always is the token's `aud`
 * (same page, "aud": "if no value is set for azp, the aud condition key matches the aud claim").
 */
export function tokenAudience(claims: TokenClaims): readonly string[] | undefined {
  return values(claims['azp']) ?? values(claims['aud'])
}

function values(claim: unknown): readonly string[] | undefined {
  if (claim === undefined || claim === null) return undefined
  return (Array.isArray(claim) ? claim : [claim]).map(String)
}

// Keys whose absence we can tell, because the request itself would have carried them.
const CARRIED_BY_REQUEST =
  /^aws:(requesttag\/.*|tagkeys|principaltag\/.*|sourceidentity|principalarn|principalaccount)$/

/**
 * Whether the absence of this key is a fact. AWS adds other keys (`aws:SourceIp`, `aws:PrincipalOrgID`, …) to
 * the real request, with values nobody knows beforehand.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function isAbsenceKnown(key: string): boolean {
  const name = key.toLowerCase()
  // The session's name is chosen later, and so is the role that the token may be limited to.
  if (/^sts:(rolesessionname|roleauthorizedbyidp)$/.test(name) || isUnclearKey(name)) return false
  // Keys of other services than IAM and STS have no dot before the colon, as issuers do, scheme or not.
  return (
    !/^(?!https?:)[\w-]+:/.test(name) || /^(sts|saml):/.test(name) || CARRIED_BY_REQUEST.test(name)
  )
}
