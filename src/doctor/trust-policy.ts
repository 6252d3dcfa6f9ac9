import { EXIT, OidcError } from '../errors.ts'
import type { ProfilePlan } from '../plans/profile-plan.ts'
import type { RoleArn } from '../role/arn.ts'
import type { Claims } from '../token/claims.ts'
import type { TokenPool } from '../token/source.ts'
import { checkTrust, type TrustReport } from '../trust/check/check.ts'
import { POLICY_FINDINGS, type PolicyFinding } from '../trust/check/findings.ts'
import { whyRejected } from '../trust/check/rejection.ts'
import { suggestStatement } from '../trust/check/suggestion.ts'
import { type PolicyFile, readPolicyFile } from '../trust/input.ts'
import { explainEvaluation } from '../trust/policy/evaluate.ts'
import type { TrustPolicy } from '../trust/policy/policy.ts'
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
  doubts: readonly Finding[],
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
  ...[plans, tokens, exchanges, doubts]: Parameters<ComparePolicy>
): Promise<Finding[]> {
  const [plan, ...others] = plans.filter(({ source }) => source.kind === 'token')
  if (others.length > 0) return [errorFinding(oneRole())]
  const audience = plan?.source.kind === 'token' ? plan.source.audience : undefined
  const token = await settle(() => tokens.get(audience))
  const claims = 'value' in token ? token.value.claims : undefined
  const outcome = exchanges.find((one) => one.plan.profile === plan?.profile)?.outcome
  const refused =
    outcome &&
    'error' in outcome &&
    ['access-denied', 'token-version-refused'].includes(outcome.error.code)
  const answer = outcome && 'value' in outcome ? 'accepted' : refused ? 'refused' : undefined
  const { policy, length } = file
  if (plan && file.role && plan.role.arn !== file.role.arn) {
    return [otherRole(path, file.role, plan.role, answer)]
  }
  const role = plan?.role ?? file.role
  const report = checkTrust({
    policy,
    length,
    claims,
    clientIds: [],
    role,
    sessionName: plan?.roleSessionName,
    now: new Date(),
  })
  const compared = checkPolicy({ path, policy, report, claims, doubts }, answer)
  return claims
    ? compared
    : [...compared, skipped('trust-policy', 'there is no token to compare it with')]
}

function oneRole(): OidcError {
  return new OidcError('invalid-usage', {
    what: '--trust-policy is for one role, but there are several.',
    next: 'Choose one of them with --profile.',
  })
}

/** Of no interest is then what the policy says of the token. */
function otherRole(path: string, ofFile: RoleArn, asked: RoleArn, answer: AwsAnswer): Finding {
  const evidence = `${path} is the policy of that role; AWS is asked for ${asked.arn}.`
  const found = comparisonFinding('policy-of-another-role', ofFile.arn, { evidence })
  return answer === 'refused' ? found : { ...found, level: 'warning', exit: EXIT.done }
}

/** The policy in the file, and what it makes of the token. */
interface ComparedPolicy {
  readonly path: string
  readonly policy: TrustPolicy
  readonly report: TrustReport
  readonly claims: Claims | undefined
  /** What is strange about the token. */
  readonly doubts: readonly Finding[]
}

/** The verdict of the policy beside the answer of AWS. */
function checkPolicy(compared: ComparedPolicy, answer: AwsAnswer): Finding[] {
  const { path, report } = compared
  const { verdict, evaluation, findings } = report
  const reasons = evaluation ? explainEvaluation(evaluation) : []
  const evidence = reasons.join('\n')
  const others = findings.map((one) => asFinding(one))
  switch (verdict) {
    case undefined:
      return others
    case 'rejects':
      return answer === 'accepted'
        ? [comparisonFinding('trust-policy-differs', path, { evidence }), ...others]
        : [rejectionFinding(compared)]
    case 'undecided':
      return [comparisonFinding('trust-policy-undecided', path, { evidence }), ...others]
    case 'invalid':
      return findings
        .filter(({ kind }) => kind === 'invalid-policy')
        .map((one) => asFinding(one, true))
    case 'allows':
      if (answer === 'refused')
        return [comparisonFinding('refused-despite-policy', path, { evidence }), ...others]
      return [...others, fine('trust-policy', `${path} allows this token: ${reasons.join('; ')}`)]
  }
}

/** One finding for all that keeps the token out: what else is wrong with the policy, `trust check` says. */
function rejectionFinding({ policy, report, claims, doubts }: ComparedPolicy): Finding {
  const { meant, causes } = whyRejected(policy, report)
  const [first, ...more] = causes.map(({ title }) => title)
  const also = more.length > 0 ? `; ${more.length} more below` : ''
  const fork = doubts.find(({ id }) => id === 'fork-token')
  const suggestion =
    meant && claims && report.provider !== undefined && !fork
      ? suggestStatement(policy, meant, { provider: report.provider, claims })
      : undefined
  const advice = causes.map(({ finding, fix }) =>
    finding ? (finding.fix ?? POLICY_FINDINGS[finding.kind].fix) : fix,
  )
  const fix = [
    ...(fork ? [`${fork.what} ${fork.fix ?? ''}`] : []),
    ...new Set(advice.filter((one) => one !== undefined)),
    ...(suggestion
      ? [
          ['Correct that, or add the statement below.', ...suggestion.notes].join(' '),
          statementText(suggestion.statement),
        ]
      : []),
  ]
  return comparisonFinding('trust-policy-rejects', `${first}${also}`, {
    evidence: causes
      .flatMap(({ title, lines }, index) => (index === 0 ? lines : [title, ...lines]))
      .join('\n'),
    fix: fix.join('\n') || 'Correct this condition, or use another role.',
  })
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

/** The statement in JSON, each block with one entry in one line. */
function statementText(statement: object): string {
  return JSON.stringify(statement, null, 2).replace(/\{\n\s+("[^\n]*[^{,])\n\s+\}/g, '{ $1 }')
}
