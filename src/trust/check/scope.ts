import { comparableIssuer, parseOidcKey } from '../policy/context-keys.ts'
import type { Condition } from '../policy/document.ts'
import { parseOperator } from '../policy/operators.ts'
import type { Statement } from '../policy/policy.ts'

// Issuers that give the same `iss` to all their customers, and the claim by which IAM has policies tell them apart:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
const CONTROLS: ReadonlyMap<string, 'sub' | 'aud'> = new Map([
  ['token.actions.githubusercontent.com', 'sub'],
  ['vstoken.actions.githubusercontent.com', 'sub'],
  ['oidc-configuration.audit-log.githubusercontent.com', 'sub'],
  ['gitlab.com', 'sub'],
  ['agent.buildkite.com', 'sub'],
  ['app.terraform.io', 'sub'],
  ['oidc.codefresh.io', 'sub'],
  ['studio.datachain.ai/api', 'sub'],
  ['scalr.io', 'sub'],
  ['tokens.cloud.shisho.dev', 'sub'],
  ['proidc.upbound.io', 'sub'],
  ['api.pulumi.com/oidc', 'aud'],
  ['oidc.vercel.com', 'aud'],
  ['sandboxes.cloud', 'aud'],
])

/** The condition key that IAM requires of a new policy for this issuer, if any; `issuer` without scheme, in small letters. */
export function requiredControl(issuer: string): string | undefined {
  const claim = CONTROLS.get(issuer)
  return claim && `${issuer}:${claim}`
}

/** Whose tokens a pattern for `sub` allows: of one project, of one organization, or of whoever the issuer serves. */
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
    // A repository may choose other claims for its subject: those that name an owner limit it to that owner, and a
    // workflow to whoever calls it. GitHub percent-encodes colons within the value of a claim.
    organization: /(^|:)(repo(sitory)?|repository_(owner|owner_id|id)|enterprise(_id)?):[^:/]+[:/]/,
    project: /(^|:)(repo(sitory)?:[^:/]+\/[^:/]+|repository_id:[^:/]+):/,
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
  const host = comparableIssuer(issuer)
  if (fixed === plain && host !== CHOSEN_SUBJECTS) return 'project'
  const form = FORMS.find((one) => plain.startsWith(one.start) || one.issuer.test(host))
  const named = fixed === plain ? `${plain}:` : fixed
  if (form?.project.test(named)) return 'project'
  if (form) return form.organization.test(named) ? 'organization' : 'everyone'
  return /[a-z0-9]/i.test(isShared(host) ? fixed : plain) ? 'project' : 'everyone'
}

// Every repository of GitHub can choose what its subject is made of, so any can have `environment:production`:
// https://docs.github.com/actions/reference/security/oidc#customizing-the-subject-claims-for-an-organization-or-repository
const CHOSEN_SUBJECTS = 'token.actions.githubusercontent.com'

/** A value that has no wildcards, as a pattern that means the same. */
export function asPattern(value: string): string {
  return value.replace(/[*?]/g, '${$&}')
}

/** Whether an issuer gives the same `iss` to all its customers, who differ by `sub`. */
export function isShared(issuer: string): boolean {
  const host = comparableIssuer(issuer)
  // Google has tokens for everybody, too.
  return host === 'accounts.google.com' || requiredControl(host) === `${host}:sub`
}

/** Claims that tell one project from another. */
const PROJECT =
  /^(sub|oidc\.circleci\.com\/project-id|repository|repository_id|job_workflow_ref|project_id|pipeline_id|pipeline_slug|rpst_id)$/
/** Claims that tell whose projects they are: an owner's, a group's, an organization's. */
const OWNER =
  /^(repository_owner_id|enterprise_id|namespace_id|organization_id|organization_slug|google\/organization_number)$/

/** The claim a condition is about, in small letters; empty where it is about none. */
export function claimOf({ key }: Condition): string {
  return parseOidcKey(key)?.claim.toLowerCase() ?? ''
}

export function namesProject(condition: Condition): boolean {
  return PROJECT.test(claimOf(condition))
}

/** Whether the condition keeps out tokens that lack the claim. */
export function requires({ operator }: Condition): boolean {
  const parsed = parseOperator(operator)
  return (
    parsed !== undefined &&
    !parsed.negated &&
    !parsed.ifExists &&
    parsed.quantifier !== 'ForAllValues'
  )
}

/** Whether the condition also keeps out tokens with other values: one value that fits everything lets all in. */
export function limits(condition: Condition): boolean {
  const everything = isPattern(condition) && condition.values.some((value) => /^[*?]+$/.test(value))
  return requires(condition) && !everything
}

export function namesOwner(condition: Condition): boolean {
  const ofOwner =
    claimOf(condition) === 'sub'
      ? reaches(condition).every((reach) => reach !== 'everyone')
      : OWNER.test(claimOf(condition))
  return limits(condition) && ofOwner
}

/** Whether one of the conditions allows a single project, whatever the others leave open. */
export function pinsProject({ conditions }: Statement): boolean {
  const owned = conditions.some(namesOwner)
  return conditions.filter(limits).some((one) => {
    const claim = claimOf(one)
    if (claim === 'sub') return reaches(one).every((reach) => reach === 'project')
    return pinsOne(one, owned)
  })
}

/** Whether a claim's condition names one project; `owned` where another one says whose projects they are. */
export function pinsOne(condition: Condition, owned: boolean): boolean {
  // Organizations may well have pipelines of the same name, and call each other's workflows.
  const isShareable = /^(pipeline_slug|job_workflow_ref)$/.test(claimOf(condition))
  return namesProject(condition) && !hasWildcard(condition) && (owned || !isShareable)
}

/** Whether the values of a pattern have wildcards, apart from the escapes `${*}` and `${?}`. */
export function hasWildcard(condition: Condition): boolean {
  return isPattern(condition) && condition.values.some((value) => /[*?]/.test(unescaped(value)))
}

/** Without the escapes `${*}`, `${?}`, `${$}`. */
export function unescaped(value: string): string {
  return value.replace(/\$\{[*?$]\}/g, '')
}

function reaches(condition: Condition) {
  const issuer = parseOidcKey(condition.key)?.issuer ?? ''
  return condition.values.map((value) =>
    subjectReach(isPattern(condition) ? value : asPattern(value), issuer),
  )
}

function isPattern({ operator }: Condition): boolean {
  return operator.includes('Like')
}
