import { comparableIssuer } from './oidc-key.ts'
import { requiredControl } from './shared-issuers.ts'

/** Whose tokens a pattern for `sub` admits: of one project, of one organization, or of whoever the issuer serves. */
export type Reach = 'project' | 'organization' | 'everyone'

interface SubjectForm {
  readonly issuer: RegExp
  readonly start: string
  /** What names the organization, and the project, before any wildcard. */
  readonly organization: RegExp
  readonly project: RegExp
}

const FORMS: readonly SubjectForm[] = [
  {
    issuer: /^token\.actions\.githubusercontent\.com(\/|$)/,
    start: 'repo:',
    // A repository may choose other claims for its subject: those that name an owner limit it to that owner.
    // GitHub percent-encodes colons within the value of a claim.
    organization:
      /(^|:)(repo|repository_(owner|owner_id|id)|enterprise|enterprise_id|job_workflow_ref):[^:/]+[:/]/,
    project: /^(repo:[^:/]+\/[^:/]+|repository_id:[^:/]+):/,
  },
  {
    issuer: /^gitlab\.com$/,
    start: 'project_path:',
    organization: /^project_path:[^:/]+\//,
    project: /^project_path:[^:]+:/,
  },
  {
    issuer: /^agent\.buildkite\.com$/,
    start: 'organization:',
    organization: /^organization:[^:]+:/,
    project: /^organization:[^:]+:(pipeline:[^:]+|project:[^:]+:workspace:[^:]+):/,
  },
  {
    issuer: /^oidc\.circleci\.com\/org\//,
    start: 'org/',
    organization: /^org\/[^/]+\//,
    project: /^org\/[^/]+\/project\/[^/]+\//,
  },
  {
    issuer: /^api\.bitbucket\.org\/2\.0\/workspaces\//,
    start: '{',
    // The issuer is the workspace.
    organization: /^/,
    project: /^\{[^}]+\}:/,
  },
]

export function subjectReach(subject: string, issuer: string): Reach {
  const plain = subject.replace(/\$\{[*?$]\}/g, '$')
  const [fixed = ''] = plain.split(/[*?]/)
  if (fixed === plain) return 'project'
  const host = comparableIssuer(issuer)
  const form = FORMS.find((one) => plain.startsWith(one.start) || one.issuer.test(host))
  if (form?.project.test(fixed)) return 'project'
  if (form) return form.organization.test(fixed) ? 'organization' : 'everyone'
  return /[a-z0-9]/i.test(isShared(host) ? fixed : plain) ? 'project' : 'everyone'
}

/** Whether an issuer gives the same `iss` to all its customers, who differ by `sub`. */
export function isShared(issuer: string): boolean {
  const host = comparableIssuer(issuer)
  // Google has tokens for everybody, too.
  return host === 'accounts.google.com' || requiredControl(host) === `${host}:sub`
}
