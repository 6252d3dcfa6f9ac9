import type { Claims } from '../token/claims.ts'
import type { ConditionResult } from './condition.ts'
import { issuerHostPath, tokenAudience } from './context-keys.ts'
import type { Evaluation } from './evaluate.ts'
import type { Finding } from './findings.ts'
import { conditionPath } from './key-findings.ts'
import type { SessionClaims } from './session-claims.ts'
import { matchesWildcard } from './wildcard.ts'

/** `clientIds` are those of the provider; none means that they are not known. */
export function audienceFindings(claims: Claims, clientIds: readonly string[]): Finding[] {
  const found = tokenAudience(claims) ?? []
  if (clientIds.length === 0 || found.some((one) => clientIds.includes(one))) return []
  const detail = `the token's audience is ${found.join(', ') || 'missing'}; client ids: ${clientIds.join(', ')}`
  return [{ kind: 'audience-not-registered', path: '', detail }]
}

/** What of the token's claims for AWS can't be judged here. */
export function sessionFindings({ roles, unclear }: SessionClaims): Finding[] {
  const details = [
    ...(roles ? [`the token is for ${roles.join(', ') || 'no role'} only`] : []),
    ...unclear.map((name) => `${name} is not of the form that AWS documents`),
  ]
  return details.length > 0 ? [{ kind: 'claim-of-aws', path: '', detail: details.join('; ') }] : []
}

/** Where the token's issuer ends in a slash itself, as those of Auth0 do. */
export function isSlashOf({ iss = '' }: Claims, { kind, detail }: Finding): boolean {
  const host = issuerHostPath(iss)
  return kind === 'trailing-slash' && /\/$/.test(host) && detail.includes(host)
}

/** Conditions that this token fails by upper and lower case only. */
export function caseFindings({ statements }: Evaluation): Finding[] {
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
