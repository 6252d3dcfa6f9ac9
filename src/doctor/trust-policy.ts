import { EXIT, OidcError } from '../errors.ts'
import type { ProfilePlan } from '../plans/profile-plan.ts'
import type { TokenPool } from '../token/source.ts'
import { checkTrust, type TrustReport } from '../trust/check/check.ts'
import { conditionPath } from '../trust/check/conditions.ts'
import { POLICY_FINDINGS, type PolicyFinding } from '../trust/check/findings.ts'
import { type PolicyFile, readPolicyFile } from '../trust/input.ts'
import { admittingStatement } from '../trust/policy/admitting-statement.ts'
import type { ConditionResult } from '../trust/policy/condition.ts'
import { comparableIssuer, providerIssuers } from '../trust/policy/context-keys.ts'
import { explainEvaluation, type StatementResult } from '../trust/policy/evaluate.ts'
import type { Statement, TrustPolicy } from '../trust/policy/policy.ts'
import { matchesWildcard } from '../trust/policy/wildcard.ts'
import type { TriedRole } from './exchange.ts'
import {
  COMPARISON_FINDINGS,
  type ComparisonFindingKind,
  errorFinding,
  type Finding,
  findingOf,
  fine,
  settle,
  skipped,
} from './findings.ts'

/** Compares a trust policy with the token and with what AWS said. */
export type ComparePolicy = (
  plans: readonly ProfilePlan[],
  tokens: TokenPool,
  exchanges: readonly TriedRole[],
) => Promise<Finding[]>

/** Reads the file of `--trust-policy`. */
export async function readPolicy(path: string, signal: AbortSignal): Promise<ComparePolicy> {
  const file = await settle(() => readPolicyFile(path, signal))
  if ('error' in file) return async () => [errorFinding(file.error)]
  return (...facts) => examinePolicy(path, file.value, ...facts)
}

async function examinePolicy(
  path: string,
  file: PolicyFile,
  ...[plans, tokens, exchanges]: Parameters<ComparePolicy>
): Promise<Finding[]> {
  const [plan, ...others] = plans.filter(({ source }) => source.kind === 'token')
  if (others.length > 0) return [errorFinding(oneRole())]
  const audience = plan?.source.kind === 'token' ? plan.source.audience : undefined
  const token = await settle(() => tokens.get(audience))
  const claims = 'value' in token ? token.value.claims : undefined
  const outcome = exchanges.find((one) => one.plan.profile === plan?.profile)?.outcome
  const refused = outcome && 'error' in outcome && outcome.error.code === 'access-denied'
  const accepted = outcome && 'value' in outcome
  const statement = plan && claims ? admittingStatement(claims, plan.role) : undefined
  const { policy, length } = file
  const report = checkTrust({ policy, length, claims, clientIds: [], now: new Date() })
  const compared = checkPolicy(
    { path, policy, report },
    accepted ? 'accepted' : refused ? 'refused' : undefined,
    statement && JSON.stringify(statement, null, 2),
  )
  return claims
    ? compared
    : [...compared, skipped('trust-policy', 'there is no token to compare it with')]
}

function oneRole(): OidcError {
  return new OidcError('invalid-usage', {
    what: '--trust-policy is that of one role, but there are several.',
    next: 'Choose one of them with --profile.',
  })
}

/** The policy in the file, and what it makes of the token. */
interface ComparedPolicy {
  readonly path: string
  readonly policy: TrustPolicy
  readonly report: TrustReport
}

/** The verdict of the policy beside the answer of AWS. `statement` is one that would allow the token, in JSON. */
function checkPolicy(
  { path, policy, report }: ComparedPolicy,
  answer: AwsAnswer,
  statement: string | undefined,
): Finding[] {
  const { verdict, evaluation, findings } = report
  const reasons = evaluation ? explainEvaluation(evaluation) : []
  const evidence = reasons.join('\n')
  const others = findings.map((one) => asFinding(one))
  switch (verdict) {
    case undefined:
      return others
    case 'rejects':
      if (answer === 'accepted')
        return [comparisonFinding('trust-policy-differs', path, { evidence }), ...others]
      return rejectionFindings(policy, report, evidence, statement)
    case 'undecided':
      return [comparisonFinding('trust-policy-undecided', path, { evidence }), ...others]
    case 'invalid':
      return findings.map((one) => asFinding(one, one.kind === 'invalid-policy'))
    case 'allows':
      if (answer === 'refused')
        return [comparisonFinding('refused-despite-policy', path, { evidence }), ...others]
      return [...others, fine('trust-policy', `${path} allows this token: ${reasons.join('; ')}`)]
  }
}

function rejectionFindings(
  policy: TrustPolicy,
  report: TrustReport,
  evidence: string,
  statement: string | undefined,
): Finding[] {
  const causes = whyRejected(policy, report)
  const culprits = causes.flatMap(({ finding }) => finding ?? [])
  const why = causes.map(({ finding, reason }) => (finding ? sentence(finding) : reason))
  const fix = [
    ...new Set(culprits.map(({ kind }) => POLICY_FINDINGS[kind].fix)),
    ...(culprits.length === causes.length
      ? []
      : ['Correct the condition named, or use another role.']),
    ...(statement === undefined ? [] : [`This statement would allow it:\n${statement}`]),
  ].join(' ')
  return [
    comparisonFinding('trust-policy-rejects', why.join('; and '), { evidence, fix }),
    ...report.findings.filter((one) => !culprits.includes(one)).map((one) => asFinding(one)),
  ]
}

/** How AWS answered; undefined where it was not asked. */
type AwsAnswer = 'accepted' | 'refused' | undefined

function comparisonFinding(
  kind: ComparisonFindingKind,
  detail: string,
  more: { evidence: string; fix?: string },
): Finding {
  return findingOf(kind, COMPARISON_FINDINGS[kind], detail, more)
}

function asFinding(one: PolicyFinding, decides = false): Finding {
  const { kind, fix = POLICY_FINDINGS[kind].fix } = one
  const [level, exit] = decides
    ? (['error', EXIT.refused] as const)
    : (['warning', EXIT.done] as const)
  return { id: kind, level, what: `${sentence(one)}.`, fix, exit }
}

function sentence({ kind, path, detail }: PolicyFinding): string {
  return `${POLICY_FINDINGS[kind].title}: ${path === '' ? '' : `${path}: `}${detail}`
}

/** Why the policy rejects the token: the statement that denies it, else the one that comes closest to allowing it. */
function whyRejected(policy: TrustPolicy, report: TrustReport): Cause[] {
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

/** One reason why the policy rejects the token, and the mistake in the policy behind it, if it is one. */
interface Cause {
  readonly reason: string
  readonly finding: PolicyFinding | undefined
}

/** How far the statement is from admitting this token: by issuer, then by mismatches, then by how unlike the values are. */
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

function causes(statement: StatementResult, findings: readonly PolicyFinding[]): Cause[] {
  const at = `Statement[${statement.index}]`
  const name = `statement ${statement.index + 1}`
  const { principal, action, conditions } = statement
  const slipAt = (path: string) =>
    findings.find(
      (one) => one.path.startsWith(path) && POLICY_FINDINGS[one.kind].severity === 'broken',
    )
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

/** Whether this mistake alone explains why the condition does not match, as far as that can be told. */
function isCause(kind: PolicyFinding['kind'], { expected, actual = [] }: ConditionResult): boolean {
  if (POLICY_FINDINGS[kind].severity === 'broad') return false
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
