import { issuerHostPath } from './context-keys.ts'
import type { Finding } from './findings.ts'
import { parseOidcKey, providerIssuers } from './oidc-key.ts'
import { parseOperator } from './operators.ts'
import type { Condition, Statement } from './policy.ts'
import { matchesWildcard } from './wildcard.ts'

const ACTION = 'sts:AssumeRoleWithWebIdentity'

/** What a statement as a whole lacks or opens up. */
export function statementFindings(statement: Statement, path: string): Finding[] {
  const { principal } = statement
  if (principal === undefined) {
    return [{ kind: 'not-principal', path: `${path}.NotPrincipal`, detail: 'NotPrincipal' }]
  }
  if (statement.effect === 'Deny') return []
  return [
    ...principalFindings(statement, path),
    ...actionFindings(statement, path),
    ...(admitsTokens(statement) ? limitFindings(statement, path) : []),
  ]
}

function principalFindings({ principal }: Statement, path: string): Finding[] {
  const everyone =
    principal?.anyone ||
    principal?.entries.some(({ kind, value }) => kind === 'AWS' && value === '*')
  if (everyone) {
    return [{ kind: 'anyone-principal', path: `${path}.Principal`, detail: 'the principal is "*"' }]
  }
  return []
}

function actionFindings(statement: Statement, path: string): Finding[] {
  const issuers = providerIssuers(statement)
  if (issuers.length === 0) return []
  const { actions } = statement
  const at = `${path}.${actions ? 'Action' : 'NotAction'}`
  if (!allowsExchange(statement)) {
    return [
      { kind: 'wrong-action', path: at, detail: `${(actions ?? []).join(', ')} for ${issuers[0]}` },
    ]
  }
  const wide = (actions ?? ['NotAction']).filter((one) => /[*?]|^NotAction$/.test(one))
  return wide.map((action) => ({ kind: 'broad-action', path: at, detail: action }))
}

function allowsExchange({ actions, notActions }: Statement): boolean {
  const listed = (actions ?? notActions ?? []).some((one) =>
    matchesWildcard(ACTION.toLowerCase(), one.toLowerCase()),
  )
  return listed === (actions !== undefined)
}

function admitsTokens(statement: Statement): boolean {
  const named = statement.principal?.anyone === true || providerIssuers(statement).length > 0
  return named && allowsExchange(statement)
}

function limitFindings(statement: Statement, path: string): Finding[] {
  if (statement.conditions.length === 0) {
    return [{ kind: 'no-condition', path, detail: `whoever has a token of ${who(statement)}` }]
  }
  const claims = statement.conditions
    .filter(limits)
    .map(({ key }) => parseOidcKey(key)?.claim ?? '')
  const found: Finding[] = []
  if (!claims.some((claim) => /^(aud|oaud)$/i.test(claim))) {
    found.push({
      kind: 'no-audience',
      path: `${path}.Condition`,
      detail: `no condition on ${who(statement)}:aud`,
    })
  }
  if (!claims.some(namesProject)) {
    const shared = SHARED_ISSUERS.test(providerIssuers(statement)[0] ?? '')
    const refused = shared ? '; IAM refuses that of this shared issuer' : ''
    found.push({
      kind: 'no-subject',
      path: `${path}.Condition`,
      detail: `no condition on ${who(statement)}:sub${refused}`,
    })
  }
  return found
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
const SHARED_ISSUERS = /^(token\.actions\.githubusercontent\.com|gitlab\.com)/i

/** Claims that tell one project from another. */
export function namesProject(claim: string): boolean {
  return /^(sub|oidc\.circleci\.com\/project-id|repository|repository_id|job_workflow_ref)$/i.test(
    claim,
  )
}

/** Whether the condition keeps out tokens that carry another value, or none. */
export function limits({ operator }: Condition): boolean {
  const parsed = parseOperator(operator)
  return (
    parsed !== undefined &&
    !parsed.negated &&
    !parsed.ifExists &&
    parsed.quantifier !== 'ForAllValues'
  )
}

function who(statement: Statement): string {
  return issuerHostPath(providerIssuers(statement)[0] ?? 'ISSUER')
}
