import {
  asPattern,
  claimOf,
  isShared,
  limits,
  namesOwner,
  pinsOne,
  subjectReach,
} from '../check/scope.ts'
import {
  comparableIssuer,
  parseOidcKey,
  providerIssuers,
  seenClaims,
  tokenContextKeys,
} from '../policy/context-keys.ts'
import type { Condition } from '../policy/document.ts'
import { evaluate } from '../policy/evaluate.ts'
import type { Statement, TrustPolicy } from '../policy/policy.ts'
import { EXCHANGE } from '../policy/session-claims.ts'

/** How many may assume a role, from the most to the fewest. */
const REACHES = ['everyone', 'organization', 'project', 'branch', 'nobody'] as const
export type AccessReach = (typeof REACHES)[number]

/** Who may assume a role with tokens of an issuer. */
export interface Access {
  /** Without a scheme. */
  readonly issuer: string
  readonly reach: AccessReach
  /** Whether the answer hangs on what only AWS knows, such as the address of the caller. */
  readonly isConditional: boolean
  /** Organizations, projects, repositories, branches, as the policy names them. */
  readonly who: readonly string[]
}

/**
 * Who may assume the role, by trying: tokens that a stranger could get, and tokens that fit each subject of the
 * policy, are put to the evaluator, so that Deny, negated operators and several statements count as they do in AWS.
 */
export function accessOf(policy: TrustPolicy): readonly Access[] {
  const issuers = new Set(policy.statements.flatMap(issuersOf))
  return [...issuers].map((issuer) => accessThrough(issuer, policy))
}

/** The issuers of the providers that a statement lets in; where it names everyone, those of its conditions. */
function issuersOf(statement: Statement): readonly string[] {
  if (statement.effect !== 'Allow') return []
  const named = providerIssuers(statement)
  const anyone =
    statement.principal?.anyone || statement.principal?.entries.some(({ value }) => value === '*')
  if (!anyone) return named
  const keys = statement.conditions.map(({ key }) => parseOidcKey(key)?.issuer ?? '')
  return [...named, ...keys.filter((issuer) => issuer.includes('.'))]
}

/** A token to try, and who could get it. */
interface Probe {
  readonly sub: string
  readonly claims: Readonly<Record<string, string>>
  readonly reach: AccessReach
  readonly who: string
}

function accessThrough(issuer: string, policy: TrustPolicy): Access {
  const conditions = policy.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) => statement.conditions)
    .filter(({ key }) => sameIssuer(parseOidcKey(key)?.issuer ?? '', issuer))
  // What a Deny excepts is what it leaves to the others.
  const excepted = policy.statements
    .filter(({ effect }) => effect === 'Deny')
    .flatMap((statement) => statement.conditions)
    .filter((one) => claimOf(one) === 'sub' && /^StringNot/.test(one.operator))
  const allowed = probes(issuer, conditions, excepted)
    .map((probe) => ({ probe, verdict: tryToken(issuer, policy, conditions, probe) }))
    .filter(({ verdict }) => verdict === 'allows' || verdict === 'undecided')
  const rank = ({ reach }: Probe) => REACHES.indexOf(reach)
  const reach = allowed.reduce<AccessReach>(
    (widest, { probe }) => (rank(probe) < REACHES.indexOf(widest) ? probe.reach : widest),
    'nobody',
  )
  const isWide = reach === 'everyone' || reach === 'organization'
  const shown = isWide ? allowed.filter(({ probe }) => probe.reach === reach) : allowed
  const who = new Set(shown.map(({ probe }) => probe.who))
  const whole = wholeOf(issuer)
  return {
    issuer,
    reach,
    isConditional: shown.length > 0 && shown.every(({ verdict }) => verdict === 'undecided'),
    // Whoever else is named is among them.
    who: who.has(whole) ? [whole] : [...who],
  }
}

function sameIssuer(one: string, other: string): boolean {
  return comparableIssuer(one) === comparableIssuer(other)
}

/** What no organization, project or branch is called. */
const STRANGER = 'a-stranger-0000'
const STRANGE_UUID = '00000000-aaaa-4aaa-8aaa-000000000000'

function probes(
  issuer: string,
  conditions: readonly Condition[],
  excepted: readonly Condition[],
): readonly Probe[] {
  const subjects = [...conditions.filter((one) => claimOf(one) === 'sub'), ...excepted]
  const claims = conditions.filter((one) => !isStandard(claimOf(one)))
  const strange = strangeSubject(issuer)
  const whole = isShared(issuer) ? ('everyone' as const) : ('organization' as const)
  return [
    { sub: strange, claims: {}, reach: whole, who: wholeOf(issuer) },
    ...(claims.length > 0 ? [byClaims(strange, claims, whole, issuer)] : []),
    ...subjects.flatMap((condition) =>
      condition.values.flatMap((value) => bySubject(value, condition, claims, whole, issuer)),
    ),
  ]
}

function isStandard(claim: string): boolean {
  return /^(sub|aud|oaud|amr|)$/.test(claim)
}

/** A subject as a new customer of the issuer gets it. */
function strangeSubject(issuer: string): string {
  const host = comparableIssuer(issuer)
  const [, organization] = /^oidc\.circleci\.com\/org\/([^/]+)$/.exec(host) ?? []
  if (organization !== undefined) {
    return `org/${organization}/project/${STRANGE_UUID}/user/${STRANGE_UUID}/vcs-origin/github.com/${STRANGER}/${STRANGER}/vcs-ref/refs/heads/${STRANGER}`
  }
  if (/githubusercontent\.com|ghe\.com/.test(host)) {
    return `repo:${STRANGER}/${STRANGER}:ref:refs/heads/${STRANGER}`
  }
  if (host === 'agent.buildkite.com') {
    return `organization:${STRANGER}:pipeline:${STRANGER}:ref:refs/heads/${STRANGER}:commit:0:step:a`
  }
  if (host === 'app.terraform.io') {
    return `organization:${STRANGER}:project:${STRANGER}:workspace:${STRANGER}:run_phase:apply`
  }
  return `project_path:${STRANGER}/${STRANGER}:ref_type:branch:ref:${STRANGER}`
}

function wholeOf(issuer: string): string {
  return isShared(issuer) ? `everyone who uses ${issuer}` : `every project of ${issuer}`
}

/** A token of a stranger's subject, but with the claims that the policy asks for besides it. */
function byClaims(
  sub: string,
  claims: readonly Condition[],
  whole: AccessReach,
  issuer: string,
): Probe {
  const effective = claims.filter(limits)
  const owned = effective.some(namesOwner)
  const pinned = effective.some((one) => pinsOne(one, owned))
  const reach = pinned ? 'project' : owned ? 'organization' : whole
  const named = effective.map((one) => `${claimOf(one)} ${one.values.join(' or ')}`).join(', ')
  return { sub, claims: wanted(claims), reach, who: named || wholeOf(issuer) }
}

/** Tokens that fit one value for the subject. */
function bySubject(
  value: string,
  condition: Condition,
  claims: readonly Condition[],
  whole: AccessReach,
  issuer: string,
): readonly Probe[] {
  const isPattern = condition.operator.includes('Like')
  const reach = subjectReach(isPattern ? value : asPattern(value), issuer)
  const narrow = reach === 'project' && pinsBranch(value, isPattern) ? 'branch' : reach
  // A stranger's name may go on where the wildcard begins: repo:acme* fits repo:acme-evil/x.
  const fillings = value.includes('*') ? [strangeTail(issuer), STRANGER, ''] : ['']
  return fillings.map((filling) => ({
    sub: filled(value, filling),
    claims: wanted(claims),
    reach: narrow === 'everyone' ? whole : narrow,
    who: reach === 'everyone' ? wholeOf(issuer) : describeSubject(value),
  }))
}

function strangeTail(issuer: string): string {
  return strangeSubject(issuer).replace(/^[^:]*:/, '')
}

/** A value that fits the pattern; `?` and the escapes stand for one character. */
function filled(pattern: string, filling: string): string {
  return pattern.replace(/\$\{([*?$])\}|\*|\?/g, (symbol, literal?: string) =>
    literal !== undefined ? literal : symbol === '*' ? filling : '0',
  )
}

function wanted(claims: readonly Condition[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    claims
      .filter(limits)
      .map((one) => [claimOf(one), filled(one.values[0] ?? '', STRANGER)] as const),
  )
}

function tryToken(
  issuer: string,
  policy: TrustPolicy,
  conditions: readonly Condition[],
  { sub, claims }: Probe,
) {
  const aud = conditions
    .filter((one) => /^o?aud$/.test(claimOf(one)))
    .map(({ values }) => filled(values[0] ?? '', 'x'))[0]
  const keys = tokenContextKeys({
    iss: `https://${issuer}`,
    aud: aud ?? 'sts.amazonaws.com',
    sub,
    ...strangeClaims(issuer),
    ...claims,
  })
  const providerArn =
    policy.statements
      .flatMap(({ principal }) => principal?.entries ?? [])
      .map(({ value }) => value)
      .find((value) => value.endsWith(`:oidc-provider/${issuer}`)) ?? '*'
  return evaluate(policy, { action: EXCHANGE, caller: { kind: 'federated', providerArn }, keys })
    .verdict
}

/** What a stranger's token has for the claims that IAM sees of this issuer. */
function strangeClaims(issuer: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    seenClaims(issuer)
      .filter((claim) => !isStandard(claim))
      .map((claim) => [claim, STRANGER]),
  )
}

// Where a subject goes on with what was built, by the CI's own words.
const CONTEXT =
  /^.*(?:\/vcs-ref\/|:ref:|:ref_type:|:environment:|:workspace:|:job_workflow_ref:|:pull_request)(.*)$/s

/** Whether the value names a branch, tag or environment, and not any. */
function pinsBranch(value: string, isPattern: boolean): boolean {
  if (!isPattern || !/[*?]/.test(value)) return CONTEXT.test(value)
  const [, context] = CONTEXT.exec(value) ?? []
  return context !== undefined && /^[^*?]/.test(context.replace(/^refs\/(heads\/|tags\/)?/, ''))
}

/** A subject in fewer words. */
function describeSubject(value: string): string {
  const [, organization, project, rest = ''] =
    /^org\/([^/]+)\/project\/([^/]+)(?:\/user\/[^/]*)?(.*)$/s.exec(value) ?? []
  if (organization === undefined) return value.replace(/^repo:|^project_path:/, '')
  const [, origin, ref] = /vcs-origin\/(.+?)\/vcs-ref\/(.+)$/s.exec(rest) ?? []
  if (project === '*') return `every project of organization ${organization}`
  const branch = ref ? `, ${ref.replace(/^refs\/heads\//, 'branch ')} of ${origin}` : ''
  return `project ${project}${branch}`
}
