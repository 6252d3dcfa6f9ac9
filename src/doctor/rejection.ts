import type { TrustReport } from '../trust/check.ts'
import type { ConditionResult } from '../trust/condition.ts'
import type { StatementResult } from '../trust/evaluate.ts'
import { explainEvaluation } from '../trust/explain.ts'
import { FINDINGS, type Finding } from '../trust/findings.ts'
import { conditionPath } from '../trust/key-findings.ts'
import { comparableIssuer, providerIssuers } from '../trust/oidc-key.ts'
import type { Statement, TrustPolicy } from '../trust/policy.ts'
import { matchesWildcard } from '../trust/wildcard.ts'

/** One thing that keeps the token out: what does not match, and the slip in the policy if it is one. */
export interface Cause {
  readonly reason: string
  readonly finding: Finding | undefined
}

/** Why the policy rejects the token: by the statement that comes closest to admitting it, unless one denies it. */
export function whyRejected(policy: TrustPolicy, report: TrustReport): Cause[] {
  const { evaluation, token, findings } = report
  if (!evaluation || !token) return []
  const { statements } = evaluation
  const denied = statements.some((one) => one.effect === 'Deny' && one.outcome === 'applies')
  const [meant] = statements
    .filter(({ effect, outcome }) => effect === 'Allow' && outcome === 'does-not-apply')
    .map((one) => ({ one, far: distance(one, policy.statements[one.index], token.issuer) }))
    .sort((a, b) => compare(a.far, b.far))
  if (denied || !meant) {
    return explainEvaluation(evaluation).map((reason) => ({ reason, finding: undefined }))
  }
  return causes(meant.one, findings)
}

/** How far the statement is from being about this token, first things first: issuer, mismatches, values. */
function distance(result: StatementResult, statement: Statement | undefined, issuer: string) {
  const { principal, action, conditions } = result
  const own = comparableIssuer(issuer)
  const named = statement ? providerIssuers(statement).map(comparableIssuer) : []
  const hostOf = (one: string) => one.split('/')[0]
  const sameHost = named.some((one) => hostOf(one) === hostOf(own))
  const ofIssuer = principal.outcome !== 'unmatched' || named.includes(own) ? 0 : sameHost ? 1 : 2
  const unmatched = conditions.filter(({ outcome }) => outcome === 'unmatched')
  const others = [principal, action].filter(({ outcome }) => outcome === 'unmatched')
  const alike = unmatched.flatMap(({ actual = [], expected }) =>
    actual.flatMap((value) => expected.map((wanted) => sharedStart(value, wanted))),
  )
  return [ofIssuer, unmatched.length + others.length, -Math.max(0, ...alike)]
}

function compare(one: readonly number[], other: readonly number[]): number {
  return one.map((value, index) => value - (other[index] ?? 0)).find((value) => value !== 0) ?? 0
}

function sharedStart(one: string, other: string): number {
  const differs = [...one].findIndex((char, index) => char !== other[index])
  return differs < 0 ? one.length : differs
}

function causes(statement: StatementResult, findings: readonly Finding[]): Cause[] {
  const at = `Statement[${statement.index}]`
  const name = `statement ${statement.index + 1}`
  const { principal, action, conditions } = statement
  const slipAt = (path: string) =>
    findings.find((one) => one.path.startsWith(path) && FINDINGS[one.kind].severity === 'broken')
  if (principal.outcome === 'unmatched') {
    // The conditions are about that issuer's tokens, and fail with it.
    const finding = slipAt(`${at}.Principal`)
    return [{ reason: `${name}: Principal: ${principal.reason}`, finding }]
  }
  const wrongAction = {
    reason: `${name}: Action: ${action.reason}`,
    finding: slipAt(`${at}.Action`) ?? slipAt(`${at}.NotAction`),
  }
  const failed = conditions.filter(({ outcome }) => outcome === 'unmatched')
  return [
    ...(action.outcome === 'unmatched' ? [wrongAction] : []),
    ...failed.map((one) => ({
      reason: `${name}: ${one.operator}: ${one.reason}`,
      finding: findings.find(
        ({ kind, path }) => path === conditionPath(at, one) && isCause(kind, one),
      ),
    })),
  ]
}

/** Whether this alone keeps the condition from matching, as far as that can be told. */
function isCause(kind: Finding['kind'], { expected, actual = [] }: ConditionResult): boolean {
  if (FINDINGS[kind].severity === 'broad') return false
  const some = (fits: (value: string, wanted: string) => boolean) =>
    actual.some((value) => expected.some((wanted) => fits(value, wanted)))
  switch (kind) {
    case 'equals-with-wildcard':
      return some(matchesWildcard)
    case 'v1-only-subject':
      return some((value, wanted) => value.startsWith(`${wanted}/vcs-`))
    case 'v2-only-subject':
      return some((value, wanted) => wanted.startsWith(`${value}/vcs-`))
    case 'wrong-case':
      return some((value, wanted) => matchesWildcard(value.toLowerCase(), wanted.toLowerCase()))
    case 'like-without-wildcard':
    case 'policy-variable':
      return false
    default:
      return true
  }
}
