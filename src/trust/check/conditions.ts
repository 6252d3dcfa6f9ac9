import {
  comparableIssuer,
  isUnclearKey,
  parseOidcKey,
  providerIssuers,
  seenClaims,
} from '../policy/context-keys.ts'
import type { Condition } from '../policy/document.ts'
import { parseOperator } from '../policy/operators.ts'
import type { Statement } from '../policy/policy.ts'
import type { PolicyFinding, PolicyFindingKind } from './findings.ts'
import {
  asPattern,
  claimOf,
  hasWildcard,
  namesOwner,
  namesProject,
  pinsProject,
  requires,
  subjectReach,
  unescaped,
} from './scope.ts'

/** Slips in how the issuer is written, in the provider's ARN and in condition keys. */
export function keyFindings(statement: Statement, path: string): PolicyFinding[] {
  const issuers = providerIssuers(statement)
  return [
    ...issuers.flatMap((issuer) => providerFindings(issuer, `${path}.Principal.Federated`)),
    ...statement.conditions.flatMap((condition) =>
      conditionKeyFindings(condition, issuers, conditionPath(path, condition)),
    ),
  ]
}

// Issuers that write themselves in small letters.
const LOWER_CASE =
  /^(oidc\.circleci\.com|token\.actions\.githubusercontent\.com|gitlab\.com)(\/|$)/i

/**
 * "The URL should not contain a port number": API_CreateOpenIDConnectProvider.html, Url. An issuer on this machine
 * is a rehearsal, not AWS's.
 */
export function hasPort(issuer: string): boolean {
  return /^(?!localhost:|127\.|\[::1\])[^/]*:\d+(\/|$)/.test(issuer)
}

function providerFindings(issuer: string, path: string): PolicyFinding[] {
  const detail = `oidc-provider/${issuer}`
  const found = (kind: PolicyFindingKind): PolicyFinding => ({ kind, path, detail })
  return [
    ...(/^https?:/i.test(issuer) ? [found('scheme-in-key')] : []),
    ...(issuer.endsWith('/') ? [found('trailing-slash')] : []),
    ...(hasPort(issuer) ? [found('issuer-with-port')] : []),
    ...(LOWER_CASE.test(issuer) && /[A-Z]/.test(issuer) ? [found('wrong-case')] : []),
  ]
}

function conditionKeyFindings(
  condition: Condition,
  issuers: readonly string[],
  path: string,
): PolicyFinding[] {
  const { key, operator } = condition
  const oidc = parseOidcKey(key)
  if (oidc === undefined) return []
  const { issuer, claim } = oidc
  const found: PolicyFinding[] = []
  const report = (kind: PolicyFindingKind, detail = key) => found.push({ kind, path, detail })
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
    found.push({
      kind: 'key-not-seen',
      path,
      detail: `${key}${which}${nothing}`,
      ...keyMeant(key, issuers),
    })
  }
  return found
}

/** CircleCI's claim has the name of a URL, which is easily taken for the issuer and the key. */
function keyMeant(key: string, issuers: readonly string[]): Pick<PolicyFinding, 'fix'> {
  const [issuer] = issuers.filter((one) => /^oidc\.circleci\.com\/org\//.test(one))
  if (issuer === undefined || !/(^|[/:])project-id$/i.test(key)) return {}
  return { fix: `The key of the project id is ${issuer}:oidc.circleci.com/project-id.` }
}

/** Slips in operators and values. */
export function valueFindings(statement: Statement, path: string): PolicyFinding[] {
  // Another condition that names the project limits what a wide one opens.
  const pinned = pinsProject(statement)
  const owned = pinned || statement.conditions.some(namesOwner)
  return statement.conditions.flatMap((condition) => {
    const at = conditionPath(path, condition)
    const found = operatorFindings(condition, statement.effect, at)
    if (statement.effect === 'Allow' && requires(condition)) {
      found.push(
        ...projectFindings(condition, at).filter(
          ({ kind }) =>
            !(pinned && kind === 'any-project') && !(owned && kind === 'unowned-subject'),
        ),
      )
    }
    return found
  })
}

function projectFindings(condition: Condition, path: string): PolicyFinding[] {
  if (claimOf(condition) === 'sub') return subjectFindings(condition, path)
  return namesProject(condition) && hasWildcard(condition)
    ? [{ kind: 'any-project', path, detail: quoted(condition.values) }]
    : []
}

/** What the patterns for `sub` allow: projects, token versions, branches. */
function subjectFindings({ key, values, operator }: Condition, path: string): PolicyFinding[] {
  const issuer = parseOidcKey(key)?.issuer ?? ''
  const like = operator.includes('Like')
  const found: PolicyFinding[] = []
  const report = (kind: PolicyFindingKind, detail: string) => found.push({ kind, path, detail })
  for (const value of values) {
    const pattern = like ? value : asPattern(value)
    const reach = subjectReach(pattern, issuer)
    const isOne = !/[*?]/.test(unescaped(pattern))
    if (isOne && reach === 'everyone') report('unowned-subject', `"${value}"`)
    else if (reach !== 'project') report('any-project', `"${value}"`)
    if (/^org\/.*\*.*\/vcs-(origin|ref)\//s.test(value)) {
      report('wildcard-before-branch', `"${value}"`)
    }
    // Subjects of CircleCI are fixed words and UUIDs in small letters, up to the origin.
    if (/^org\//i.test(value) && /[A-Z]/.test(value.split('/vcs-')[0] ?? '')) {
      report('wrong-case', `"${value}"`)
    }
  }
  const versions = new Set(values.filter((value) => value.startsWith('org/')).map(tokenVersion))
  if (versions.size === 1 && versions.has('V1')) report('v1-only-subject', quoted(values))
  if (versions.size === 1 && versions.has('V2')) report('v2-only-subject', quoted(values))
  return found
}

/** https://circleci.com/docs/openid-connect-tokens/: V1 ends after the user, V2 goes on with origin and ref. */
function tokenVersion(value: string): 'V1' | 'V2' | 'both' {
  if (value.includes('/vcs-')) return 'V2'
  return /\/user\/[^/*]+$/.test(value) ? 'V1' : 'both'
}

function operatorFindings(condition: Condition, effect: string, path: string): PolicyFinding[] {
  const { operator, values, key } = condition
  const found: PolicyFinding[] = []
  const report = (kind: PolicyFindingKind, detail: string) => found.push({ kind, path, detail })
  const wild = values.filter((value) => /[*?]/.test(unescaped(value)))
  if (/String(Not)?Like/.test(operator) && wild.length === 0) {
    report('like-without-wildcard', quoted(values))
  }
  if (/String(Not)?Equals/.test(operator) && wild.length > 0) {
    report('equals-with-wildcard', quoted(wild))
  }
  const variables = values.filter((value) => unescaped(value).includes('${'))
  if (variables.length > 0) report('policy-variable', quoted(variables))
  const oidc = parseOidcKey(key)
  const parsed = parseOperator(operator)
  // Every token has aud and sub, so a negated operator on them is no gap.
  const present = parsed?.negated && /^(aud|sub)$/i.test(oidc?.claim ?? '')
  if (effect === 'Allow' && oidc && parsed && !requires(condition) && !present) {
    report('passes-when-absent', `${operator} on ${key}`)
  }
  return found
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(', ')
}

export function conditionPath(
  path: string,
  { operator, key }: Pick<Condition, 'operator' | 'key'>,
): string {
  return `${path}.Condition.${operator}["${key}"]`
}
