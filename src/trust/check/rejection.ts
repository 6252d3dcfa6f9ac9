import type { ConditionResult } from '../policy/condition.ts'
import { comparableIssuer, issuerHostPath, providerIssuers } from '../policy/context-keys.ts'
import type { StatementResult } from '../policy/evaluate.ts'
import type { Statement, TrustPolicy } from '../policy/policy.ts'
import { matchesWildcard } from '../policy/wildcard.ts'
import type { TrustReport } from './check.ts'
import { conditionPath } from './conditions.ts'
import { POLICY_FINDINGS, type PolicyFinding } from './findings.ts'
import { subjectDifference } from './subject-difference.ts'

/** Why a policy rejects a token. */
interface Rejection {
  /** The statement that was to allow the token; undefined where another denies it, or none is about it. */
  readonly meant: StatementResult | undefined
  readonly causes: readonly Cause[]
}

/** One reason, and the mistake in the policy behind it, if it is one. */
interface Cause {
  /** A few words, with the number of the statement. */
  readonly title: string
  /** Where it stands, and the values of both sides. */
  readonly lines: readonly string[]
  readonly finding: PolicyFinding | undefined
  /** Where the finding has none. */
  readonly fix?: string | undefined
}

/** Why the policy rejects the token: the statement that denies it, else the one that comes closest to allowing it. */
export function whyRejected(policy: TrustPolicy, report: TrustReport): Rejection {
  const { evaluation, token } = report
  if (!evaluation || !token) return { meant: undefined, causes: [] }
  const { statements } = evaluation
  const denying = statements.filter((one) => one.effect === 'Deny' && one.outcome === 'applies')
  if (denying.length > 0) return { meant: undefined, causes: denying.map(denial) }
  const [closest] = statements
    .filter(({ effect, outcome }) => effect === 'Allow' && outcome === 'does-not-apply')
    .map((one) => ({ one, far: distance(one, policy.statements[one.index], token.issuer) }))
    .sort((a, b) => compare(a.far, b.far))
  if (!closest) return { meant: undefined, causes: [NO_ALLOW] }
  const statement = policy.statements[closest.one.index]
  return { meant: closest.one, causes: causesIn(closest.one, statement, report) }
}

const NO_ALLOW: Cause = {
  title: 'no statement allows anything',
  lines: [],
  finding: undefined,
  fix: 'Add a statement with "Effect": "Allow".',
}

function denial({ index, conditions }: StatementResult): Cause {
  const first = conditions[0]
  return {
    title: `statement ${index + 1} denies it${first ? ` by ${first.operator} on ${shortKey(first.key)}` : ''}`,
    lines: conditions.flatMap((one) => [`${one.operator} ${one.key}`, ...sides(one)]),
    finding: undefined,
    fix: `An explicit deny overrides every allow: change the condition of statement ${index + 1} if this job should have the role, or use another role.`,
  }
}

function sides({ expected, actual }: ConditionResult): string[] {
  return [
    `  policy  ${expected.map((value) => `"${value}"`).join(' or ')}`,
    `  token   ${actual === undefined ? 'has none' : actual.map((value) => `"${value}"`).join(', ')}`,
  ]
}

/** The key without the issuer's path, which can be long: `sub` of `oidc.circleci.com/org/ID:sub`. */
function shortKey(key: string): string {
  return key.length <= 60 ? key : key.slice(key.lastIndexOf(':') + 1)
}

/** How far the statement is from allowing this token: by issuer, then by mismatches, then by how unlike the values are. */
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

function causesIn(
  result: StatementResult,
  statement: Statement | undefined,
  { findings, evaluation, token, provider = '' }: TrustReport,
): Cause[] {
  const at = `Statement[${result.index}]`
  const name = `statement ${result.index + 1}`
  const wanted = evaluation?.action ?? ''
  const { principal, action, conditions } = result
  const slipAt = (path: string) =>
    findings.find(
      (one) => one.path.startsWith(path) && POLICY_FINDINGS[one.kind].severity === 'broken',
    )
  if (principal.outcome === 'unmatched') {
    // The conditions are about that issuer's tokens, and fail with it.
    const finding = slipAt(`${at}.Principal`)
    const named = (statement?.principal?.entries ?? []).map(({ value }) => value)
    const title = finding ? POLICY_FINDINGS[finding.kind].title : otherPrincipal(named, provider)
    return [
      {
        title: `${title} (${name})`,
        lines: ['Principal', `  policy  ${named.join(', ')}`, `  token   ${provider}`],
        finding,
        fix: 'Name the provider of the token under Federated.',
      },
    ]
  }
  const wrongAction = {
    title: `${name} does not allow ${wanted}`,
    lines: [`Action ${action.reason}`],
    finding: slipAt(`${at}.Action`) ?? slipAt(`${at}.NotAction`),
    fix: `Add ${wanted} to its actions.`,
  }
  return [
    ...(action.outcome === 'unmatched' ? [wrongAction] : []),
    ...conditions
      .filter(({ outcome }) => outcome === 'unmatched')
      .map((one) => {
        const here = findings.filter(({ path }) => path === conditionPath(at, one))
        return conditionCause(
          one,
          name,
          here.find(({ kind }) => isCause(kind, one)),
          issuerHostPath(token?.issuer ?? ''),
        )
      }),
  ]
}

/** What makes the nearest principal another than the provider of the token. */
function otherPrincipal(named: readonly string[], provider: string): string {
  const [, partition, , , account, resource] = provider.split(':')
  const [nearest = ''] = [...named].sort((a, b) => sharedEnd(provider, b) - sharedEnd(provider, a))
  const [, otherPartition, , , otherAccount, otherResource] = nearest.split(':')
  if (otherResource !== resource) return 'the principal is not the provider of this token'
  return otherPartition === partition
    ? `the provider is in account ${otherAccount}, but the role is in ${account}`
    : `the provider is in partition ${otherPartition}, but the role is in ${partition}`
}

function sharedEnd(one: string, other: string): number {
  return sharedStart([...one].reverse().join(''), [...other].reverse().join(''))
}

function conditionCause(
  result: ConditionResult,
  name: string,
  finding: PolicyFinding | undefined,
  host: string,
): Cause {
  const { operator, key, actual } = result
  const where = `${operator} ${key}`
  const ofVersion = /^v\d-only-subject$/.test(finding?.kind ?? '')
  const apart = finding && !ofVersion ? undefined : nearestDifference(result)
  if (apart) {
    return {
      title: `${apart.title} (${name})`,
      lines: [where, `  policy  ${apart.policy}`, `  token   ${apart.token}`],
      finding,
    }
  }
  const title = finding ? POLICY_FINDINGS[finding.kind].title : mismatch(key, actual)
  const meant = finding && keyMeant(key, host)
  return {
    title: `${title} (${name})`,
    lines: [where, ...sides(result), ...(meant ? [`  meant   ${meant}`] : [])],
    finding,
    fix: ofRequest(key),
  }
}

/** The key of the token's issuer that was meant by one that IAM does not see. */
function keyMeant(key: string, host: string): string | undefined {
  const claim = /(?:^|:)(sub|aud|audience|subject|oidc\.circleci\.com\/project-id)$/i.exec(key)?.[1]
  if (claim === undefined) return undefined
  const known = claim.toLowerCase().replace('audience', 'aud').replace('subject', 'sub')
  const meant = `${host}:${known}`
  return meant === key ? undefined : meant
}

/** What helps with a key that is not about the token. */
function ofRequest(key: string): string | undefined {
  if (/^sts:RoleSessionName$/i.test(key))
    return 'Pass a --role-session-name that the policy allows.'
  return /^(aws|sts):/i.test(key)
    ? `Change the condition on ${key}, or make the request match it.`
    : undefined
}

function mismatch(key: string, actual: readonly string[] | undefined): string {
  if (/:aud$/i.test(key)) return 'it requires another audience'
  const short = shortKey(key)
  return actual === undefined ? `the request has no ${short}` : `it requires another ${short}`
}

/** Of several patterns, the one that goes along with the subject for longest. */
function nearestDifference({ operator, key, expected, actual = [] }: ConditionResult) {
  if (!/^String(Equals|Like)$/.test(operator) || !/:sub$/i.test(key)) return undefined
  const [subject = ''] = actual
  const nearest = [...expected].sort((a, b) => sharedStart(subject, b) - sharedStart(subject, a))[0]
  return nearest === undefined ? undefined : subjectDifference(nearest, subject)
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
