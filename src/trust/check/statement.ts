import { comparableIssuer, issuerHostPath, providerIssuers } from '../policy/context-keys.ts'
import { invalidParts } from '../policy/invalid.ts'
import type { Statement, TrustPolicy } from '../policy/policy.ts'
import { EXCHANGE } from '../policy/session-claims.ts'
import { matchesWildcard } from '../policy/wildcard.ts'
import { keyFindings, valueFindings } from './conditions.ts'
import type { PolicyFinding } from './findings.ts'
import { claimOf, limits, namesOwner, namesProject, requiredControl, requires } from './scope.ts'

/** Everything that can be said of a policy without a token. */
export function policyFindings(policy: TrustPolicy): PolicyFinding[] {
  const invalid = invalidParts(policy).map(({ path, problem, fix }) => ({
    kind: 'invalid-policy' as const,
    path,
    detail: problem,
    fix,
  }))
  const ofStatements = policy.statements.flatMap((statement, index) => {
    const path = `Statement[${index}]`
    return [
      ...statementFindings(statement, path),
      ...keyFindings(statement, path),
      ...valueFindings(statement, path),
    ]
  })
  return [...invalid, ...ofStatements]
}

/** What a statement as a whole lacks or opens up. */
function statementFindings(statement: Statement, path: string): PolicyFinding[] {
  const { principal } = statement
  if (principal === undefined || statement.effect === 'Deny') return []
  return [
    ...principalFindings(statement, path),
    ...actionFindings(statement, path),
    ...(takesTokens(statement) ? limitFindings(statement, path) : []),
  ]
}

function principalFindings({ principal }: Statement, path: string): PolicyFinding[] {
  const everyone = principal?.entries.some(({ kind, value }) => kind !== 'Service' && value === '*')
  if (everyone) {
    return [{ kind: 'anyone-principal', path: `${path}.Principal`, detail: 'the principal is "*"' }]
  }
  return []
}

function actionFindings(statement: Statement, path: string): PolicyFinding[] {
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
    matchesWildcard(EXCHANGE.toLowerCase(), one.toLowerCase()),
  )
  return listed === (actions !== undefined)
}

function takesTokens(statement: Statement): boolean {
  const anyone =
    statement.principal?.anyone ||
    statement.principal?.entries.some(({ kind, value }) => kind === 'Federated' && value === '*')
  const named = anyone === true || providerIssuers(statement).length > 0
  return named && allowsExchange(statement)
}

function limitFindings(statement: Statement, path: string): PolicyFinding[] {
  if (statement.conditions.length === 0) {
    return [
      { kind: 'no-condition', path, detail: `whoever has a token of ${issuerName(statement)}` },
      ...missingControls(statement, path),
    ]
  }
  const { conditions } = statement
  const at = `${path}.Condition`
  const found: PolicyFinding[] = missingControls(statement, at)
  if (!conditions.some((one) => limits(one) && /^o?aud$/.test(claimOf(one)))) {
    found.push({
      kind: 'no-audience',
      path: at,
      detail: `no condition on ${issuerName(statement)}:aud`,
    })
  }
  if (!conditions.some((one) => requires(one) && namesProject(one))) {
    const kind = conditions.some(namesOwner) ? 'any-project' : 'no-subject'
    found.push({ kind, path: at, detail: `no condition on ${issuerName(statement)}:sub` })
  }
  return found
}

function missingControls(statement: Statement, path: string): PolicyFinding[] {
  const keys = statement.conditions.map(({ key }) => key.toLowerCase())
  return providerIssuers(statement)
    .map((issuer) => requiredControl(comparableIssuer(issuer)))
    .filter((key) => key !== undefined && !keys.includes(key))
    .map((key) => ({ kind: 'missing-control', path, detail: `no condition on ${key}` }))
}

function issuerName(statement: Statement): string {
  return issuerHostPath(providerIssuers(statement)[0] ?? 'ISSUER')
}
