import { EXIT } from '../errors.ts'
import type { FindingText } from './findings.ts'

/** What comparing with a trust policy can show; apart, because the orb's copy goes without the evaluator. */
export const POLICY_FINDINGS = {
  'trust-policy-rejects': {
    level: 'error',
    exit: EXIT.refused,
    title: 'The trust policy rejects this token',
    fix: 'Correct the condition named.',
  },
  'trust-policy-undecided': {
    level: 'warning',
    title: 'Whether the trust policy admits this token hangs on what only AWS can tell',
    fix: 'Look at the conditions named; "trust check" shows all of them.',
  },
  'refused-despite-policy': {
    level: 'error',
    exit: EXIT.refused,
    title: 'AWS refuses the role although this trust policy admits the token',
    fix: "Compare with the role's own policy (aws iam get-role), its name with regard to case, and the service control policies. Changes take a few minutes.",
  },
  'trust-policy-differs': {
    level: 'warning',
    title: 'AWS admits the token although this trust policy does not',
    fix: "The role has another trust policy: bring the file and the role's own (aws iam get-role) together.",
  },
} as const satisfies Record<string, FindingText>

export type PolicyFindingKind = keyof typeof POLICY_FINDINGS
