import { audiences, type Claims } from '../token/claims.ts'
import type { ConditionResult } from './condition.ts'
import type { ContextKeys } from './context-keys.ts'
import { issuerHostPath, tokenAudience, tokenContextKeys } from './context-keys.ts'
import { type Evaluation, evaluate, type Verdict } from './evaluate.ts'
import type { Finding } from './findings.ts'
import { conditionPath } from './key-findings.ts'
import type { TrustPolicy } from './policy.ts'
import { policyFindings } from './policy-findings.ts'
import { matchesWildcard } from './wildcard.ts'

export interface CheckedToken {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly subject: string
}

/** What can be said of a policy, and of a token before it. */
export interface TrustReport {
  /** Undefined where there was no token. */
  readonly verdict: Verdict | undefined
  readonly token: CheckedToken | undefined
  readonly evaluation: Evaluation | undefined
  readonly findings: readonly Finding[]
}

export interface TrustQuestion {
  readonly policy: TrustPolicy
  /** Characters of the document without blanks. */
  readonly length: number
  readonly claims: Claims | undefined
  /** Of the provider, where known. */
  readonly clientIds: readonly string[]
  readonly now: Date
}

/** Would this policy admit this token, why (not), and what else is wrong with it? */
export function checkTrust(question: TrustQuestion): TrustReport {
  const { policy, claims, length } = question
  const long: Finding[] =
    length > 2048 ? [{ kind: 'too-long', path: '', detail: `${length} characters of 2048` }] : []
  const findings = [...policyFindings(policy), ...long]
  if (claims === undefined) {
    return { verdict: undefined, token: undefined, evaluation: undefined, findings }
  }
  const evaluation = evaluate(policy, {
    action: 'sts:AssumeRoleWithWebIdentity',
    caller: { kind: 'federated', providerArn: assumedProvider(policy, claims) },
    keys: requestKeys(claims, question.now),
  })
  const unregistered = audienceFindings(question, claims)
  return {
    verdict: unregistered.length > 0 ? 'rejects' : evaluation.verdict,
    token: {
      issuer: claims.iss ?? '',
      audiences: audiences(claims),
      subject: claims.sub ?? '',
    },
    evaluation,
    findings: distinct([...unregistered, ...caseFindings(evaluation), ...findings]),
  }
}

/** The keys of the request as far as they are known beforehand: the token's, the time, TLS. */
function requestKeys(claims: Claims, now: Date): ContextKeys {
  return new Map([
    ...tokenContextKeys(claims),
    ['aws:currenttime', [now.toISOString()]],
    ['aws:epochtime', [String(Math.floor(now.getTime() / 1000))]],
    ['aws:securetransport', ['true']],
  ])
}

/** A token does not tell the account: the policy's own provider for this issuer is taken, else its first one's account. */
function assumedProvider({ statements }: TrustPolicy, claims: Claims): string {
  const host = issuerHostPath(claims.iss ?? '')
  const named = statements
    .flatMap(({ principal }) => principal?.entries ?? [])
    .filter(({ kind }) => kind === 'Federated')
    .map(({ value }) => value)
  const own = named.find((arn) => arn.endsWith(`:oidc-provider/${host}`))
  const prefix = /^arn:[\w-]+:iam::\d{12}:/.exec(named[0] ?? '')?.[0]
  return own ?? `${prefix ?? 'arn:aws:iam::ACCOUNT:'}oidc-provider/${host}`
}

function audienceFindings({ clientIds }: TrustQuestion, claims: Claims): Finding[] {
  const found = tokenAudience(claims) ?? []
  if (clientIds.length === 0 || found.some((one) => clientIds.includes(one))) return []
  const detail = `the token's audience is ${found.join(', ') || 'missing'}; client ids: ${clientIds.join(', ')}`
  return [{ kind: 'audience-not-registered', path: '', detail }]
}

/** Conditions that this token fails by upper and lower case only. */
function caseFindings({ statements }: Evaluation): Finding[] {
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

/** The first of a kind at a place says enough. */
function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>()
  for (const one of findings) {
    const name = `${one.kind} ${one.path}`
    if (!seen.has(name)) seen.set(name, one)
  }
  return [...seen.values()]
}
