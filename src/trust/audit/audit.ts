import { policyFindings } from '../check/statement.ts'
import { comparableIssuer, providerIssuers } from '../policy/context-keys.ts'
import { parseTrustPolicy, type TrustPolicy } from '../policy/policy.ts'
import { type Access, accessOf } from './access.ts'
import { type Allowance, type Allowed, allowanceFor } from './allow-file.ts'
import { type AuditFinding, auditFinding, SEVERITIES, severityOf } from './findings.ts'
import type { FoundProvider, FoundRole, Inventory, Place } from './inventory.ts'

export type Judged = AuditFinding & { readonly allowance: Allowance | undefined }

/** A role or provider, and what is wrong with it. */
export interface AuditedThing {
  readonly kind: 'role' | 'provider'
  readonly arn: string
  readonly accountId: string
  readonly name: string
  readonly access: readonly Access[]
  readonly findings: readonly Judged[]
  readonly place: Place
}

export interface AuditReport {
  /** The most dangerous first. */
  readonly things: readonly AuditedThing[]
  /** How many roles were read, those without a CI provider included. */
  readonly rolesRead: number
  readonly notes: readonly string[]
}

/** Who may assume the roles with a CI provider, and what is wrong with them and their providers. */
export function audit(inventory: Inventory, allowed: Allowed, now: Date): AuditReport {
  const roles = inventory.roles.map((role) => ({ role, policy: policyOf(role) }))
  const ofCi = roles.filter(({ policy }) => policy === 'unreadable' || trustsCi(policy))
  const things = [
    ...ofCi.map(({ role, policy }) => auditRole(role, policy, inventory, allowed)),
    ...inventory.providers
      .filter(({ issuer }) => !isCluster(issuer))
      .filter(isDistinct)
      .map((provider) => auditProvider(provider, roles, inventory)),
  ].map((thing) => ({
    ...thing,
    findings: thing.findings.map((one) => ({
      ...one,
      allowance: allowanceFor(allowed, thing.arn, one.kind, now),
    })),
  }))
  return {
    things: things.sort(mostDangerousFirst),
    rolesRead: roles.length,
    notes: [...inventory.notes, ...unusedAllowances(things, allowed, now)],
  }
}

function policyOf({ trustPolicy }: FoundRole): TrustPolicy | 'unreadable' {
  const parsed = parseTrustPolicy(trustPolicy)
  return 'policy' in parsed ? parsed.policy : 'unreadable'
}

/** Whether a role is for jobs of a CI, and not for service accounts of an EKS cluster. */
function trustsCi({ statements }: TrustPolicy): boolean {
  return statements.some(
    (statement) =>
      statement.effect === 'Allow' &&
      (providerIssuers(statement).some((issuer) => !isCluster(issuer)) ||
        (isForAnyone(statement.principal) &&
          accessOf({ version: '2012-10-17', statements }).length > 0)),
  )
}

function isForAnyone(principal: TrustPolicy['statements'][number]['principal']): boolean {
  return principal?.anyone === true || (principal?.entries ?? []).some(({ value }) => value === '*')
}

function isCluster(issuer: string): boolean {
  return /^oidc\.eks\.[^/]+\/id\//.test(issuer)
}

type Unjudged = Omit<AuditedThing, 'findings'> & { readonly findings: readonly AuditFinding[] }

function auditRole(
  role: FoundRole,
  policy: TrustPolicy | 'unreadable',
  inventory: Inventory,
  { organizations }: Allowed,
): Unjudged {
  const { arn, accountId, name, place } = role
  const thing = { kind: 'role' as const, arn, accountId, name, place }
  if (policy === 'unreadable') {
    const parsed = parseTrustPolicy(role.trustPolicy)
    const detail = 'problem' in parsed ? `${parsed.path || 'the document'} ${parsed.problem}` : ''
    return { ...thing, access: [], findings: [auditFinding('policy-unreadable', detail)] }
  }
  const access = accessOf(policy)
  const findings = [
    ...access.flatMap(accessFindings),
    ...foreignFindings(policy, access, organizations),
    ...versionFindings(policy),
    ...providerFindings(policy, role, inventory),
    ...policyFindings(policy).flatMap(({ kind, path, detail }): AuditFinding[] => {
      const severity = severityOf(kind)
      return severity === undefined ? [] : [{ kind, severity, path, detail }]
    }),
  ]
  return { ...thing, access, findings: findings.sort(bySeverity) }
}

function accessFindings({ reach, who, isConditional }: Access): AuditFinding[] {
  const detail = `${who.join('; ')}${isConditional ? ', depending on what only AWS knows' : ''}`
  if (reach === 'everyone') return [auditFinding('open-to-everyone', detail)]
  if (reach === 'organization') return [auditFinding('open-to-organization', detail)]
  return reach === 'project' ? [auditFinding('any-branch', detail)] : []
}

/** The organization that a subject or an issuer names, in the words of its CI. */
const ORGANIZATION = [
  /^org\/([^/*?]+)\//,
  /^repo:([^/:*?@]+)(?:@\d+)?\//,
  /^project_path:([^/:*?]+)\//,
  /^organization:([^:*?]+):/,
]

function foreignFindings(
  policy: TrustPolicy,
  access: readonly Access[],
  organizations: readonly string[],
): AuditFinding[] {
  const values = subjectValues(policy)
  const named = values.flatMap((value) => {
    const found = ORGANIZATION.map((pattern) => pattern.exec(value)?.[1]).find(Boolean)
    return found === undefined ? [] : [found]
  })
  const issuers = access.map(({ issuer }) => comparableIssuer(issuer))
  const ofIssuers = issuers.flatMap(
    (one) => /^oidc\.circleci\.com\/org\/(.+)$/.exec(one)?.[1] ?? [],
  )
  const all = [...new Set([...named, ...ofIssuers])]
  const foreign =
    organizations.length > 0
      ? all.filter((one) => !organizations.some((own) => own.toLowerCase() === one.toLowerCase()))
      : // An issuer of one organization never signs the subject of another.
        named.filter(
          (one) =>
            ofIssuers.length > 0 &&
            values.some((value) => value.startsWith(`org/${one}/`)) &&
            !ofIssuers.includes(one),
        )
  return [...new Set(foreign)].map((one) => auditFinding('other-organization', one))
}

function subjectValues({ statements }: TrustPolicy): readonly string[] {
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ conditions }) => conditions)
    .filter(({ key, operator }) => /:sub$/i.test(key) && !/Not/.test(operator))
    .flatMap(({ values }) => values)
}

/** Subjects of one CircleCI project, some with a branch and some without. */
function versionFindings(policy: TrustPolicy): AuditFinding[] {
  const values = subjectValues(policy).filter((value) => value.startsWith('org/'))
  const limited = values.filter((value) => value.includes('/vcs-ref/'))
  const projectOf = (value: string) => /^org\/[^/]+\/project\/[^/]+\//.exec(value)?.[0] ?? value
  return values
    .filter((value) => !value.includes('/vcs-'))
    .filter((value) => limited.some((one) => projectOf(one) === projectOf(value)))
    .map((value) => auditFinding('versions-mixed', `"${value}"`))
}

function providerFindings(
  { statements }: TrustPolicy,
  { accountId }: FoundRole,
  { providers, listedAccounts }: Inventory,
): AuditFinding[] {
  const arns = statements
    .flatMap(({ principal }) => principal?.entries ?? [])
    .map(({ value }) => value)
    .filter((value) => value.includes(':oidc-provider/'))
  return [...new Set(arns)].flatMap((arn) => {
    const [, owner, issuer] = /::(\d{12}):oidc-provider\/(.+)$/s.exec(arn) ?? []
    if (owner !== accountId) return [auditFinding('provider-of-other-account', arn)]
    const isThere = providers.some((one) => one.accountId === owner && one.issuer === issuer)
    return isThere || !listedAccounts.has(owner) ? [] : [auditFinding('provider-missing', arn)]
  })
}

/** The first of several answers about the same provider, with the client ids of the others. */
function isDistinct(
  { accountId, issuer }: FoundProvider,
  index: number,
  all: readonly FoundProvider[],
): boolean {
  const isNamed = all.some((one) => one.accountId !== undefined && one.issuer === issuer)
  if (accountId === undefined && isNamed) return false
  return all.findIndex((one) => one.accountId === accountId && one.issuer === issuer) === index
}

function auditProvider(
  { arn, accountId, issuer, clientIds, place }: FoundProvider,
  roles: readonly { readonly role: FoundRole; readonly policy: TrustPolicy | 'unreadable' }[],
  { providers }: Inventory,
): Unjudged {
  const trusting = roles
    .filter(({ role }) => accountId === undefined || role.accountId === accountId)
    .flatMap(({ policy }) => (policy === 'unreadable' ? [] : policy.statements))
    .filter((statement) => providerIssuers(statement).includes(issuer))
  const ids =
    clientIds ??
    providers.find((one) => one.issuer === issuer && one.clientIds !== undefined)?.clientIds ??
    []
  const asked = trusting.map(({ conditions }) =>
    conditions.filter(({ key }) => /:o?aud$/i.test(key)).flatMap(({ values }) => values),
  )
  // A role that asks for no audience takes them all.
  const unused = asked.some(
    (values) => values.length === 0 || values.some((one) => /[*?]/.test(one)),
  )
    ? []
    : ids.filter((one) => !asked.flat().includes(one))
  const findings =
    trusting.length === 0
      ? [auditFinding('unused-provider', issuer)]
      : unused.map((one) => auditFinding('unused-client-id', one))
  return {
    kind: 'provider',
    arn: arn ?? `arn:aws:iam:::oidc-provider/${issuer}`,
    accountId: accountId ?? '',
    name: issuer,
    access: [],
    findings,
    place,
  }
}

function bySeverity(one: AuditFinding, other: AuditFinding): number {
  return SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity)
}

function mostDangerousFirst(one: AuditedThing, other: AuditedThing): number {
  const rank = ({ findings }: AuditedThing) => {
    const open = findings.filter(({ allowance }) => allowance === undefined)
    return open[0] ? SEVERITIES.indexOf(open[0].severity) : SEVERITIES.length
  }
  return rank(one) - rank(other) || (one.arn < other.arn ? -1 : 1)
}

function unusedAllowances(
  things: readonly AuditedThing[],
  { allowances }: Allowed,
  now: Date,
): readonly string[] {
  const used = new Set(things.flatMap(({ findings }) => findings.map(({ allowance }) => allowance)))
  const today = now.toISOString().slice(0, 10)
  return allowances
    .filter((one) => !used.has(one))
    .map(({ name, until }) =>
      until !== undefined && until < today
        ? `[allow ${name}] was valid until ${until}.`
        : `[allow ${name}] covers no finding; remove it.`,
    )
}
