import { EXIT } from '../errors.ts'
import type { Claims } from '../token/claims.ts'
import { checkTrust, type TrustReport } from '../trust/check.ts'
import type { ConditionResult } from '../trust/condition.ts'
import { explainEvaluation } from '../trust/explain.ts'
import { FINDINGS as TRUST_FINDINGS, type Finding as TrustFinding } from '../trust/findings.ts'
import { conditionPath } from '../trust/key-findings.ts'
import { readPolicyFile } from '../trust/policy-file.ts'
import { matchesWildcard } from '../trust/wildcard.ts'
import { type Finding, findingOf, fine } from './finding.ts'
import { POLICY_FINDINGS, type PolicyFindingKind } from './policy-findings.ts'

/** What the file says, before AWS is asked. */
export interface ComparedPolicy {
  readonly path: string
  readonly report: TrustReport
}

/** Would the trust policy in the file admit the token? Throws `file-unreadable`, `file-malformed`. */
export async function comparePolicy(
  path: string,
  claims: Claims | undefined,
): Promise<ComparedPolicy> {
  const { policy, length } = await readPolicyFile(path)
  return { path, report: checkTrust({ policy, length, claims, clientIds: [], now: new Date() }) }
}

/** How AWS answered, where it was asked. */
export type Answer = 'admitted' | 'refused' | undefined

/** What the policy says, beside what AWS says. `statement`, in JSON, would admit the token. */
export function checkPolicy(
  { path, report }: ComparedPolicy,
  answer: Answer,
  statement: string | undefined,
): Finding[] {
  const { verdict, evaluation, findings } = report
  const reasons = evaluation ? explainEvaluation(evaluation) : []
  const evidence = reasons.join('\n')
  const others = findings.map((one) => asFinding(one))
  switch (verdict) {
    case undefined:
      return others
    case 'rejects': {
      if (answer === 'admitted')
        return [policyFinding('trust-policy-differs', path, { evidence }), ...others]
      const culprit = findings.find((one) => explains(one, report))
      const why = culprit ? asFinding(culprit).what.replace(/\.$/, '') : (reasons[0] ?? path)
      const fix = [
        culprit
          ? TRUST_FINDINGS[culprit.kind].fix
          : 'Correct the condition named, or use another role.',
        ...(statement === undefined ? [] : [`This statement would admit it:\n${statement}`]),
      ].join(' ')
      const rest = findings.filter((one) => one !== culprit).map(asFinding)
      return [policyFinding('trust-policy-rejects', why, { evidence, fix }), ...rest]
    }
    case 'undecided':
      return [policyFinding('trust-policy-undecided', path, { evidence }), ...others]
    case 'admits':
      if (answer === 'refused')
        return [policyFinding('refused-despite-policy', path, { evidence }), ...others]
      return [...others, fine('trust-policy', `${path} admits this token: ${reasons.join('; ')}`)]
  }
}

function policyFinding(
  kind: PolicyFindingKind,
  detail: string,
  more: { evidence: string; fix?: string },
): Finding {
  return findingOf(kind, POLICY_FINDINGS[kind], detail, more)
}

function asFinding({ kind, path, detail }: TrustFinding): Finding {
  const { title, fix } = TRUST_FINDINGS[kind]
  const what = `${title}: ${path === '' ? '' : `${path}: `}${detail}.`
  return { id: kind, level: 'warning', what, fix, exit: EXIT.done }
}

/** Whether it is the reason why a statement that allows something does not apply to this token. */
function explains({ kind, path }: TrustFinding, { evaluation }: TrustReport): boolean {
  return (evaluation?.statements ?? [])
    .filter(({ effect, outcome }) => effect === 'Allow' && outcome === 'does-not-apply')
    .some(({ index, principal, action, conditions }) => {
      const at = `Statement[${index}]`
      const condition = conditions.find((one) => path === conditionPath(at, one))
      if (condition) return condition.outcome === 'unmatched' && isCause(kind, condition)
      const part = /Action$/.test(path) ? action : principal
      return path.startsWith(at) && part.outcome === 'unmatched' && isCause(kind, undefined)
    })
}

/** Whether this alone keeps the condition from matching, as far as that can be told. */
function isCause(kind: TrustFinding['kind'], condition: ConditionResult | undefined): boolean {
  if (TRUST_FINDINGS[kind].severity === 'broad') return false
  const { expected = [], actual = [] } = condition ?? {}
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
