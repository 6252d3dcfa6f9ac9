import { EXIT } from '../errors.ts'
import type { Claims } from '../token/claims.ts'
import { checkTrust, type TrustReport } from '../trust/check.ts'
import { explainEvaluation } from '../trust/explain.ts'
import { FINDINGS as TRUST_FINDINGS, type Finding as TrustFinding } from '../trust/findings.ts'
import type { TrustPolicy } from '../trust/policy.ts'
import type { PolicyFile } from '../trust/policy-file.ts'
import { type Finding, findingOf, fine } from './finding.ts'
import { POLICY_FINDINGS, type PolicyFindingKind } from './policy-findings.ts'
import { whyRejected } from './rejection.ts'

/** What the file says, before AWS is asked. */
export interface ComparedPolicy {
  readonly path: string
  readonly policy: TrustPolicy
  readonly report: TrustReport
}

/** Would the trust policy in the file admit the token? */
export function comparePolicy(
  path: string,
  { policy, length }: PolicyFile,
  claims: Claims | undefined,
): ComparedPolicy {
  const report = checkTrust({ policy, length, claims, clientIds: [], now: new Date() })
  return { path, policy, report }
}

/** How AWS answered, where it was asked. */
export type Answer = 'admitted' | 'refused' | undefined

/** What the policy says, beside what AWS says. `statement`, in JSON, would admit the token. */
export function checkPolicy(
  { path, policy, report }: ComparedPolicy,
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
      const causes = whyRejected(policy, report)
      const culprits = causes.flatMap(({ finding }) => finding ?? [])
      const why = causes.map(({ finding, reason }) => (finding ? told(finding) : reason))
      const fix = [
        ...new Set(culprits.map(({ kind }) => TRUST_FINDINGS[kind].fix)),
        ...(culprits.length === causes.length
          ? []
          : ['Correct the condition named, or use another role.']),
        ...(statement === undefined ? [] : [`This statement would admit it:\n${statement}`]),
      ].join(' ')
      const rest = findings.filter((one) => !culprits.includes(one)).map(asFinding)
      return [policyFinding('trust-policy-rejects', why.join('; and '), { evidence, fix }), ...rest]
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

function asFinding(one: TrustFinding): Finding {
  const { kind } = one
  const { fix } = TRUST_FINDINGS[kind]
  return { id: kind, level: 'warning', what: `${told(one)}.`, fix, exit: EXIT.done }
}

function told({ kind, path, detail }: TrustFinding): string {
  return `${TRUST_FINDINGS[kind].title}: ${path === '' ? '' : `${path}: `}${detail}`
}
