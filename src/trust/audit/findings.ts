import { POLICY_FINDINGS, type PolicyFindingKind } from '../check/findings.ts'

/** The most dangerous first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What can be wrong with the roles and providers of accounts. `docs/findings/audit.md` has one heading per kind. */
const OWN_FINDINGS = {
  'open-to-everyone': {
    severity: 'critical',
    title: 'Everyone who uses the issuer can assume the role',
    fix: 'Add a condition on ISSUER:sub that names the organization and the project before any wildcard.',
  },
  'other-organization': {
    severity: 'high',
    title: 'The role trusts an organization that is not yours',
    fix: 'Remove it from the trust policy, or add it to [trusted] in the --allow file.',
  },
  'open-to-organization': {
    severity: 'high',
    title: 'Every project of the organization can assume the role',
    fix: 'Name the project in the condition on ISSUER:sub.',
  },
  'versions-mixed': {
    severity: 'medium',
    title: 'One value limits the branch, another value for the same project does not',
    fix: 'Limit the branch in every value for ISSUER:sub, or in none: a value without a branch defeats the others.',
  },
  'any-branch': {
    severity: 'low',
    title: 'Every branch of the project can assume the role',
    fix: 'Limit the condition on ISSUER:sub to protected branches, if the role can do harm.',
  },
  'provider-of-other-account': {
    severity: 'low',
    title: 'The trust policy names a provider of another account, so nobody can use it',
    fix: "Name the provider of the role's own account.",
  },
  'provider-missing': {
    severity: 'low',
    title:
      'The account has no such provider: whoever can create it decides who can assume the role',
    fix: 'Create the provider, or remove the statement.',
  },
  'unused-client-id': {
    severity: 'low',
    title: 'No role asks for this client id of the provider',
    fix: 'Remove the client id: tokens made for it can assume roles that ask for no audience.',
  },
  'unused-provider': {
    severity: 'low',
    title: 'No role trusts this provider',
    fix: 'Delete the provider, if the input has all roles of its account.',
  },
  'policy-unreadable': {
    severity: 'low',
    title: 'The trust policy cannot be read',
    fix: 'Look at the role in IAM; the input may be cut off or from another tool.',
  },
} as const satisfies Record<string, { severity: Severity; title: string; fix: string }>

/** How dangerous a finding of `trust check` is; undefined where who may take the role says it better. */
const OF_POLICY = {
  'no-condition': undefined,
  'no-subject': undefined,
  'any-project': undefined,
  'unowned-subject': undefined,
  'missing-control': undefined,
  'anyone-principal': 'high',
  'passes-when-absent': 'medium',
  'wildcard-before-branch': 'medium',
  'no-audience': 'medium',
  'broad-action': 'low',
  'equals-with-wildcard': 'low',
  'key-not-seen': 'low',
  'scheme-in-key': 'low',
  'issuer-with-port': 'low',
  'trailing-slash': 'low',
  'issuer-mismatch': 'low',
  'wrong-case': 'low',
  'wrong-action': 'low',
  'invalid-policy': 'low',
  'too-long': 'low',
  'audience-not-registered': 'low',
  'v1-only-subject': 'low',
  'v2-only-subject': undefined,
  'claim-of-aws': undefined,
  'like-without-wildcard': undefined,
  'policy-variable': 'low',
} as const satisfies Record<PolicyFindingKind, Severity | undefined>

type OwnKind = keyof typeof OWN_FINDINGS
export type AuditFindingKind = OwnKind | PolicyFindingKind

export interface AuditFinding {
  readonly kind: AuditFindingKind
  readonly severity: Severity
  /** Where in the trust policy; empty for what is not in one place. */
  readonly path: string
  readonly detail: string
}

export function auditFinding(kind: OwnKind, detail: string, path = ''): AuditFinding {
  return { kind, severity: OWN_FINDINGS[kind].severity, path, detail }
}

/** The page with the kind's heading. */
export function pageOf(kind: AuditFindingKind): 'audit' | 'trust-policy' {
  return kind in OWN_FINDINGS ? 'audit' : 'trust-policy'
}

export function severityOf(kind: PolicyFindingKind): Severity | undefined {
  return OF_POLICY[kind]
}

interface FindingWords {
  readonly title: string
  readonly fix: string
}

/** Every kind that an audit can find, with what to say of it. */
export const AUDIT_FINDINGS: Readonly<Record<string, FindingWords & { severity: Severity }>> = {
  ...OWN_FINDINGS,
  ...Object.fromEntries(
    Object.entries(POLICY_FINDINGS).flatMap(([kind, { title, fix }]) => {
      const severity = severityOf(kind as PolicyFindingKind)
      return severity === undefined ? [] : [[kind, { severity, title, fix }] as const]
    }),
  ),
}
