import type { Finding, FindingKind } from './findings.ts'
import { comparableIssuer, parseOidcKey, providerIssuers } from './oidc-key.ts'
import { parseOperator } from './operators.ts'
import type { Condition, Statement } from './policy.ts'
import { isUnclearKey, seenClaims } from './provider-claims.ts'

// Issuers that write themselves in small letters.
const LOWER_CASE =
  /^(oidc\.circleci\.com|token\.actions\.githubusercontent\.com|gitlab\.com)(\/|$)/i

/** Slips in how the issuer is written, in the provider's ARN and in condition keys. */
export function keyFindings(statement: Statement, path: string): Finding[] {
  const issuers = providerIssuers(statement)
  return [
    ...issuers.flatMap((issuer) => providerFindings(issuer, `${path}.Principal.Federated`)),
    ...statement.conditions.flatMap((condition) =>
      conditionKeyFindings(condition, issuers, conditionPath(path, condition)),
    ),
  ]
}

export function conditionPath(
  path: string,
  { operator, key }: Pick<Condition, 'operator' | 'key'>,
): string {
  return `${path}.Condition.${operator}["${key}"]`
}

function providerFindings(issuer: string, path: string): Finding[] {
  const detail = `oidc-provider/${issuer}`
  const found = (kind: FindingKind): Finding => ({ kind, path, detail })
  return [
    ...(/^https?:/i.test(issuer) ? [found('scheme-in-key')] : []),
    ...(issuer.endsWith('/') ? [found('trailing-slash')] : []),
    ...(LOWER_CASE.test(issuer) && /[A-Z]/.test(issuer) ? [found('wrong-case')] : []),
  ]
}

function conditionKeyFindings(
  condition: Condition,
  issuers: readonly string[],
  path: string,
): Finding[] {
  const { key, operator } = condition
  const oidc = parseOidcKey(key)
  if (oidc === undefined) return []
  const { issuer, claim } = oidc
  const found: Finding[] = []
  const report = (kind: FindingKind, detail = key) => found.push({ kind, path, detail })
  if (oidc.hasScheme) report('scheme-in-key')
  if (issuer.endsWith('/')) report('trailing-slash')
  const known = issuers.map(comparableIssuer)
  if (known.length > 0 && issuer !== '' && !known.includes(comparableIssuer(issuer))) {
    report('issuer-mismatch', `${key}, but the provider is ${issuers.join(', ')}`)
  }
  const seen = seenClaims(comparableIssuer(issuer))
  const unclear = isUnclearKey(key.toLowerCase())
  if (!unclear && (issuer === '' || !seen.includes(claim.toLowerCase()))) {
    const which = issuer === '' ? '' : `; of ${issuer} it sees ${seen.join(', ')}`
    // A negated operator holds for a key that is never there: it limits nothing.
    const nothing = parseOperator(operator)?.negated
      ? '; negated, the condition limits nothing'
      : ''
    report('key-not-seen', `${key}${which}${nothing}`)
  }
  return found
}
