import { audiences, type Claims } from '../../token/claims.ts'
import type { ConditionResult } from '../policy/condition.ts'
import {
  type ContextKeys,
  contextKeys,
  issuerHostPath,
  tokenAudience,
  tokenContextKeys,
} from '../policy/context-keys.ts'
import { type Evaluation, evaluate, type Verdict } from '../policy/evaluate.ts'
import type { TrustPolicy } from '../policy/policy.ts'
import {
  type SessionClaims,
  sessionClaims,
  tagConditionKeys,
  tokenActions,
} from '../policy/session-claims.ts'
import { matchesWildcard } from '../policy/wildcard.ts'
import { conditionPath, hasPort } from './conditions.ts'
import type { PolicyFinding, PolicyFindingKind } from './findings.ts'
import { policyFindings } from './statement.ts'

interface TrustQuestion {
  readonly policy: TrustPolicy
  /** Characters of the document without blanks. */
  readonly length: number
  readonly claims: Claims | undefined
  /** Of the provider, where known. */
  readonly clientIds: readonly string[]
  /** Where the role is, if known: its provider must be there too. */
  readonly role?: Place | undefined
  /** The role session name, if known. */
  readonly sessionName?: string | undefined
  readonly now: Date
}

/** What can be said of a policy, and of a token before it. */
export interface TrustReport {
  /** Undefined where there was no token. */
  readonly verdict: Verdict | undefined
  readonly token: CheckedToken | undefined
  readonly evaluation: Evaluation | undefined
  readonly findings: readonly PolicyFinding[]
  /** ARN of the provider that the token comes through; undefined where there was no token. */
  readonly provider: string | undefined
}

interface Place {
  readonly partition: string
  readonly accountId: string
}

interface CheckedToken {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly subject: string
}

/** Would this policy allow this token, why (not), and what else is wrong with it? */
export function checkTrust(question: TrustQuestion): TrustReport {
  const { policy, claims, length } = question
  const long: PolicyFinding[] =
    length > 2048 ? [{ kind: 'too-long', path: '', detail: `${length} characters of 2048` }] : []
  const ofPolicy = [...policyFindings(policy), ...long]
  if (claims === undefined) {
    return {
      verdict: undefined,
      token: undefined,
      evaluation: undefined,
      findings: ofPolicy,
      provider: undefined,
    }
  }
  const session = sessionClaims(claims)
  const provider = providerOf(question, claims)
  const evaluation = evaluateToken(question, claims, session, provider)
  const findings = [
    ...audienceFindings(claims, question.clientIds),
    ...sessionFindings(session),
    ...caseFindings(evaluation),
    ...(ofPolicy.some(({ kind }) => kind === 'issuer-with-port') ? [] : portFindings(claims)),
    ...ofPolicy.filter((one) => !isOwnSlash(claims, one) && !isOwnVersion(claims, one)),
  ]
  return {
    verdict: verdictOf(evaluation, findings),
    token: {
      issuer: claims.iss ?? '',
      audiences: audiences(claims),
      subject: claims.sub ?? '',
    },
    evaluation,
    findings: distinct(findings),
    provider,
  }
}

/** Of several actions that the token needs, the one that decides. */
function evaluateToken(
  question: TrustQuestion,
  claims: Claims,
  session: SessionClaims,
  providerArn: string,
): Evaluation {
  const caller = { kind: 'federated', providerArn } as const
  const keys = requestKeys(question, claims, session)
  const ask = (action: string) => evaluate(question.policy, { action, caller, keys })
  const order: readonly Verdict[] = ['invalid', 'rejects', 'undecided', 'allows']
  const rank = ({ verdict }: Evaluation) => order.indexOf(verdict)
  return tokenActions(session)
    .map(ask)
    .reduce((decisive, one) => (rank(one) < rank(decisive) ? one : decisive))
}

/** The keys of the request as far as they are known beforehand: the token's, the time, TLS. */
function requestKeys(
  { now, sessionName }: TrustQuestion,
  claims: Claims,
  session: SessionClaims,
): ContextKeys {
  return new Map([
    ...tokenContextKeys(claims),
    ...contextKeys([
      ...tagConditionKeys(session),
      ['sts:SourceIdentity', session.sourceIdentity],
      ['sts:RoleSessionName', sessionName],
      ['aws:CurrentTime', now.toISOString()],
      ['aws:EpochTime', String(Math.floor(now.getTime() / 1000))],
      ['aws:SecureTransport', 'true'],
    ]),
  ])
}

/** In the account of the role. A token does not tell it: the policy's own provider for this issuer is taken, else its first one's account. */
function providerOf({ policy: { statements }, role }: TrustQuestion, claims: Claims): string {
  const host = issuerHostPath(claims.iss ?? '')
  if (role) return `arn:${role.partition}:iam::${role.accountId}:oidc-provider/${host}`
  const named = statements
    .flatMap(({ principal }) => principal?.entries ?? [])
    .filter(({ kind }) => kind === 'Federated')
    .map(({ value }) => value)
  // Google and Cognito are built in and named by their host: id_roles_create_for-idp_oidc.html
  const own = named.find((one) => one.endsWith(`:oidc-provider/${host}`) || one === host)
  const prefix = /^arn:[\w-]+:iam::\d{12}:/.exec(named[0] ?? '')?.[0]
  return own ?? `${prefix ?? 'arn:aws:iam::ACCOUNT:'}oidc-provider/${host}`
}

function verdictOf({ verdict }: Evaluation, findings: readonly PolicyFinding[]): Verdict {
  if (verdict === 'invalid') return verdict
  if (findings.some(({ kind }) => kind === 'audience-not-registered')) return 'rejects'
  const doubtful = findings.some(({ kind }) => DOUBTS.includes(kind))
  return verdict === 'allows' && doubtful ? 'undecided' : verdict
}

/** Findings after which AWS may refuse what the policy's statements allow. */
const DOUBTS: readonly PolicyFindingKind[] = [
  ...(['too-long', 'missing-control', 'claim-of-aws', 'issuer-with-port'] as const),
]

/** `clientIds` are those of the provider; none means that they are not known. */
function audienceFindings(claims: Claims, clientIds: readonly string[]): PolicyFinding[] {
  const found = tokenAudience(claims) ?? []
  if (clientIds.length === 0 || found.some((one) => clientIds.includes(one))) return []
  const detail = `the token's audience is ${found.join(', ') || 'missing'}; client ids: ${clientIds.join(', ')}`
  return [{ kind: 'audience-not-registered', path: '', detail }]
}

function portFindings({ iss = '' }: Claims): PolicyFinding[] {
  if (!hasPort(issuerHostPath(iss))) return []
  return [{ kind: 'issuer-with-port', path: '', detail: `the token's issuer is ${iss}` }]
}

/** Claims meant for AWS whose effect can't be judged here. */
function sessionFindings({ roles, unclear }: SessionClaims): PolicyFinding[] {
  const details = [
    ...(roles ? [`the token lists ${roles.join(', ') || 'no role'}`] : []),
    ...unclear.map((name) => `${name} does not have the form that AWS documents`),
  ]
  return details.length > 0 ? [{ kind: 'claim-of-aws', path: '', detail: details.join('; ') }] : []
}

/** Conditions that this token fails by upper and lower case only. */
function caseFindings({ statements }: Evaluation): PolicyFinding[] {
  const ignoringCase = ({ expected, actual }: ConditionResult) =>
    (actual ?? []).some((one) =>
      expected.some((value) => matchesWildcard(one.toLowerCase(), value.toLowerCase())),
    )
  return statements.flatMap(({ index, conditions }) =>
    conditions
      .filter((one) => one.outcome === 'unmatched' && /^String(Equals|Like)$/.test(one.operator))
      .filter(ignoringCase)
      .filter(
        ({ operator, expected }) => operator === 'StringLike' || !/[*?]/.test(expected.join('')),
      )
      .map((one) => ({
        kind: 'wrong-case' as const,
        path: conditionPath(`Statement[${index}]`, one),
        detail: `"${one.expected.join('", "')}", but the token has "${one.actual?.join('", "')}"`,
      })),
  )
}

/** Whether the slash found is part of the token's own issuer, as with Auth0. */
function isOwnSlash({ iss = '' }: Claims, { kind, detail }: PolicyFinding): boolean {
  const host = issuerHostPath(iss)
  return kind === 'trailing-slash' && /\/$/.test(host) && detail.includes(host)
}

/** Whether the policy is for V2 tokens, as a limit to a branch has to be, and this is one. */
function isOwnVersion({ sub = '' }: Claims, { kind }: PolicyFinding): boolean {
  return kind === 'v2-only-subject' && sub.includes('/vcs-')
}

/** Without further findings of the same kind at the same place. */
function distinct(findings: readonly PolicyFinding[]): PolicyFinding[] {
  const seen = new Map<string, PolicyFinding>()
  for (const one of findings) {
    const name = `${one.kind} ${one.path}`
    if (!seen.has(name)) seen.set(name, one)
  }
  return [...seen.values()]
}
