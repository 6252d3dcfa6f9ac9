import { type ConditionResult, evaluateCondition } from './condition.ts'
import type { ContextKeys } from './context-keys.ts'
import { invalidParts } from './invalid.ts'
import type { Principal, Statement, TrustPolicy } from './policy.ts'
import { matchesWildcard } from './wildcard.ts'

/**
 * `invalid`: IAM would not store the policy.
 * `undecided`: the policy uses something we don't evaluate, and the decision depends on it.
 */
export type Verdict = 'allows' | 'rejects' | 'invalid' | 'undecided'

export interface TrustRequest {
  /** Such as `sts:AssumeRoleWithWebIdentity`; a request that also tags the session asks for `sts:TagSession` too. */
  readonly action: string
  readonly caller: Caller
  readonly keys: ContextKeys
}

/** Who makes the request, as STS sees it. */
export type Caller =
  | { readonly kind: 'federated'; readonly providerArn: string }
  | {
      readonly kind: 'aws'
      /** A user ARN, or `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`. */
      readonly arn: string
      readonly account: string
      /** For an assumed-role session: the ARN of the role, with its path. */
      readonly roleArn: string | undefined
    }

export interface Evaluation {
  readonly verdict: Verdict
  readonly action: string
  readonly statements: readonly StatementResult[]
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

interface PrincipalResult {
  readonly outcome: 'matched' | 'unmatched' | 'undecided'
  readonly reason: string
}

/**
 * Would this trust policy allow this request, and why (not)? Deny wins over Allow; no matching Allow rejects.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
export function evaluate(policy: TrustPolicy, request: TrustRequest): Evaluation {
  const statements = policy.statements.map((statement, index) =>
    evaluateStatement(statement, index, policy.version, request),
  )
  const verdict: Verdict = invalidParts(policy).length > 0 ? 'invalid' : combine(statements)
  return { verdict, action: request.action, statements }
}

function combine(statements: readonly StatementResult[]): Verdict {
  const some = (effect: 'Allow' | 'Deny', outcome: StatementResult['outcome']) =>
    statements.some((one) => one.effect === effect && one.outcome === outcome)
  if (some('Deny', 'applies')) return 'rejects'
  if (!some('Allow', 'applies')) return some('Allow', 'undecided') ? 'undecided' : 'rejects'
  return some('Deny', 'undecided') ? 'undecided' : 'allows'
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

/**
 * Whether the statement names this caller.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
function matchPrincipal(principal: Principal | undefined, caller: Caller): PrincipalResult {
  if (principal === undefined) {
    return { outcome: 'undecided', reason: 'NotPrincipal is not evaluated' }
  }
  if (principal.anyone) return { outcome: 'matched', reason: '"*" is everyone' }
  const match = principal.entries.find((entry) => allows(entry, caller))
  if (match) return { outcome: 'matched', reason: `${match.kind} ${match.value}` }
  if (
    caller.kind === 'federated' &&
    principal.entries.some(({ kind, value }) => kind === 'Federated' && value === '*')
  ) {
    return {
      outcome: 'undecided',
      reason: 'AWS does not document what "*" under Federated means',
    }
  }
  const named = principal.entries.map(({ kind, value }) => `${kind} ${value}`).join(', ')
  return { outcome: 'unmatched', reason: `names ${named}; the caller is ${describeCaller(caller)}` }
}

function allows(entry: { kind: string; value: string }, caller: Caller): boolean {
  // {"AWS": "*"} is equivalent to "*": "All principals" on the page above.
  if (entry.kind === 'AWS' && entry.value === '*') return true
  if (caller.kind === 'federated') {
    return entry.kind === 'Federated' && entry.value === caller.providerArn
  }
  if (entry.kind !== 'AWS') return false
  // An account, bare or as its root, stands for every principal in it ("AWS account principals").
  const account = /^arn:[\w-]+:iam::(\d{12}):root$/.exec(entry.value)?.[1] ?? entry.value
  return account === caller.account || [caller.arn, caller.roleArn].includes(entry.value)
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

/** Why the evaluation came out as it did: one line per statement that decided it, for people. */
export function explainEvaluation(evaluation: Evaluation): string[] {
  const { verdict, statements } = evaluation
  if (verdict === 'allows') {
    return statements.filter((one) => one.outcome === 'applies').map(explainStatement)
  }
  const denied = statements.filter((one) => one.effect === 'Deny' && one.outcome === 'applies')
  if (denied.length > 0) return denied.map(explainStatement)
  const relevant =
    verdict === 'undecided'
      ? statements.filter((one) => one.outcome === 'undecided')
      : statements.filter((one) => one.effect === 'Allow')
  return relevant.length > 0
    ? relevant.map(explainStatement)
    : ['the policy has no Allow statement']
}

function explainStatement(statement: StatementResult): string {
  const name = `statement ${statement.index + 1}${statement.sid ? ` (${statement.sid})` : ''}`
  if (statement.outcome === 'applies') {
    return `${name} ${statement.effect === 'Allow' ? 'allows' : 'denies'} it`
  }
  const wanted = statement.outcome === 'undecided' ? 'undecided' : 'unmatched'
  const reasons = [
    { label: 'Principal', ...statement.principal },
    { label: 'Action', ...statement.action },
    ...statement.conditions.map((one) => ({ label: one.operator, ...one })),
  ].filter((one) => one.outcome === wanted)
  return `${name}: ${reasons.map(({ label, reason }) => `${label}: ${reason}`).join('; ')}`
}

export function describeCaller(caller: Caller): string {
  return caller.kind === 'federated' ? `Federated ${caller.providerArn}` : `AWS ${caller.arn}`
}
