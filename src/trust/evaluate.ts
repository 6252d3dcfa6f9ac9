import type { ConditionResult } from './condition.ts'
import { evaluateCondition } from './condition.ts'
import type { ContextKeys } from './context-keys.ts'
import type { Statement, TrustPolicy } from './policy.ts'
import type { Caller, PrincipalResult } from './principal.ts'
import { matchPrincipal } from './principal.ts'
import { matchesWildcard } from './wildcard.ts'

/** `undecided`: the policy uses something we don't evaluate, and the answer hangs on it. */
export type Verdict = 'admits' | 'rejects' | 'undecided'

export interface TrustRequest {
  /** Such as `sts:AssumeRoleWithWebIdentity`; a request that also tags the session asks for `sts:TagSession` too. */
  readonly action: string
  readonly caller: Caller
  readonly keys: ContextKeys
}

export interface StatementResult {
  /** Position in the policy, from 0. */
  readonly index: number
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  readonly outcome: 'applies' | 'does-not-apply' | 'undecided'
  readonly principal: PrincipalResult
  readonly action: PrincipalResult
  readonly conditions: readonly ConditionResult[]
}

export interface Evaluation {
  readonly verdict: Verdict
  readonly action: string
  readonly statements: readonly StatementResult[]
}

/**
 * Would this trust policy admit this request, and why (not)? Deny wins over Allow; no matching Allow rejects.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
export function evaluate(policy: TrustPolicy, request: TrustRequest): Evaluation {
  const statements = policy.statements.map((statement, index) =>
    evaluateStatement(statement, index, policy.version, request),
  )
  return { verdict: combine(statements), action: request.action, statements }
}

function combine(statements: readonly StatementResult[]): Verdict {
  const some = (effect: 'Allow' | 'Deny', outcome: StatementResult['outcome']) =>
    statements.some((one) => one.effect === effect && one.outcome === outcome)
  if (some('Deny', 'applies')) return 'rejects'
  if (!some('Allow', 'applies')) return some('Allow', 'undecided') ? 'undecided' : 'rejects'
  return some('Deny', 'undecided') ? 'undecided' : 'admits'
}

function evaluateStatement(
  statement: Statement,
  index: number,
  version: TrustPolicy['version'],
  request: TrustRequest,
): StatementResult {
  const principal = matchPrincipal(statement.principal, request.caller)
  const action = matchAction(statement, request.action)
  const conditions = statement.conditions.map((condition) =>
    evaluateCondition(condition, request.keys, version),
  )
  const { sid, effect } = statement
  // One decided mismatch settles a statement, whatever else in it we can't evaluate.
  const outcomes = [principal, action, ...conditions].map(({ outcome }) => outcome)
  const outcome = outcomes.includes('unmatched')
    ? 'does-not-apply'
    : outcomes.includes('undecided')
      ? 'undecided'
      : 'applies'
  return { index, sid, effect, outcome, principal, action, conditions }
}

/** "NotAction … matches everything except the specified list": reference_policies_elements_notaction.html */
function matchAction({ actions, notActions }: Statement, action: string): PrincipalResult {
  // Action names are not case-sensitive: reference_policies_elements_action.html
  const matches = (one: string) => matchesWildcard(action.toLowerCase(), one.toLowerCase())
  const listed = (actions ?? notActions ?? []).find(matches)
  if (actions === undefined) {
    return listed === undefined
      ? { outcome: 'matched', reason: `NotAction does not list ${action}` }
      : { outcome: 'unmatched', reason: `NotAction lists ${listed}` }
  }
  return listed === undefined
    ? { outcome: 'unmatched', reason: `allows ${actions.join(', ')}; the request is ${action}` }
    : { outcome: 'matched', reason: listed }
}
