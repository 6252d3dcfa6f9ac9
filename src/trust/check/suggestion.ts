import { type Claims, circleciSubject } from '../../token/claims.ts'
import type { ConditionResult } from '../policy/condition.ts'
import { issuerHostPath, parseOidcKey, seenClaims, tokenAudience } from '../policy/context-keys.ts'
import type { StatementResult } from '../policy/evaluate.ts'
import { parseOperator } from '../policy/operators.ts'
import type { TrustPolicy } from '../policy/policy.ts'
import { sessionClaims, tokenActions } from '../policy/session-claims.ts'

/** A statement to add to the policy, and what the reader must know of it. */
interface Suggestion {
  readonly statement: object
  readonly notes: readonly string[]
}

/**
 * A statement that allows this token and keeps every limit of the one it mends. Beyond what the policy allows
 * already it lets in this token's own subject, from whichever user, and no other project, repository or branch.
 * Undefined where none can.
 */
export function suggestStatement(
  policy: TrustPolicy,
  meant: StatementResult,
  { provider, claims }: { readonly provider: string; readonly claims: Claims },
): Suggestion | undefined {
  const host = issuerHostPath(claims.iss ?? '')
  const conditions = new Map<string, Map<string, readonly string[]>>()
  const add = (operator: string, key: string, values: readonly string[]) => {
    const block = conditions.get(operator) ?? new Map<string, readonly string[]>()
    conditions.set(operator, block.set(key, values))
  }
  const kept = keptConditions(meant, host)
  if (kept === undefined) return undefined
  for (const { operator, key, expected } of kept.conditions) add(operator, key, expected)
  const audience = tokenAudience(claims) ?? []
  if (!kept.audience) add('StringEquals', `${host}:aud`, audience)
  const subject = ownSubject(policy, claims)
  add(subject.operator, `${host}:sub`, [subject.value])
  const actions = tokenActions(sessionClaims(claims))
  return {
    statement: {
      Effect: 'Allow',
      Principal: { Federated: provider },
      Action: one(actions),
      Condition: Object.fromEntries(
        [...conditions].map(([operator, block]) => [
          operator,
          Object.fromEntries([...block].map(([key, values]) => [key, one(values)])),
        ]),
      ),
    },
    notes: [...kept.dropped.map(droppedNote), ...reachNotes(claims)],
  }
}

const one = (values: readonly string[]) => (values.length === 1 ? values[0] : values)

interface Kept {
  readonly conditions: readonly ConditionResult[]
  readonly audience: boolean
  /** Keys that IAM never sees. */
  readonly dropped: readonly string[]
}

/** What of the statement stays; undefined where it keeps the token out by a condition that is not about the token. */
function keptConditions({ conditions }: StatementResult, host: string): Kept | undefined {
  const kept: ConditionResult[] = []
  const dropped: string[] = []
  let audience = false
  for (const result of conditions) {
    const { key, operator, outcome } = result
    const claim = claimIn(key)
    const plain = /^String(Equals|Like)$/.test(operator)
    const own = key.toLowerCase().startsWith(`${host.toLowerCase()}:`)
    if (claim === 'sub' && plain) {
      // The token's own takes its place.
    } else if (outcome !== 'unmatched') {
      kept.push(result)
      if (own && plain && claim === 'aud') audience = true
    } else if (/^(aud|audience|oidc\.circleci\.com\/project-id)$/.test(claim ?? '') && plain) {
      // The token's own audience is added, and the project stands in the subject.
    } else if (claim !== undefined && !(own && seenClaims(host).includes(claim))) {
      if (parseOperator(operator)?.negated) return undefined
      // Repository and branch stand in the subject.
      if (own && !/vcs-(ref|origin)$/.test(claim)) dropped.push(key)
    } else {
      return undefined
    }
  }
  return { conditions: kept, audience, dropped }
}

/** The claim that a key is about, also where the issuer before it is missing. */
function claimIn(key: string): string | undefined {
  if (/^(sub|aud|oidc\.circleci\.com\/[\w-]+)$/i.test(key)) return key.toLowerCase()
  return parseOidcKey(key)?.claim.toLowerCase()
}

interface Subject {
  readonly operator: string
  readonly value: string
}

/** The subject of this token, with any user in the place of this one unless the policy names users. */
function ownSubject({ version, statements }: TrustPolicy, claims: Claims): Subject {
  const { sub = '' } = claims
  // ${…} is a policy variable, ${$} a plain $.
  const plain = version === '2012-10-17' ? sub.replaceAll('${', '${$}{') : sub
  const exact = { operator: 'StringEquals', value: plain }
  const named = circleciSubject(claims)
  const perUser = statements.some(({ conditions }) =>
    conditions.some(({ values }) => values.some((value) => /\/user\/[^*?]/.test(value))),
  )
  if (!named || perUser || version !== '2012-10-17' || named.origin === undefined) return exact
  const escaped = (text: string) => text.replace(/[*?$]/g, (char) => `\${${char}}`)
  const anyone = named.user.replace(/[^-]/g, '?')
  const before = escaped(`org/${named.organization}/project/${named.project}/user/`)
  const behind = escaped(`/vcs-origin/${named.origin}/vcs-ref/${named.ref}`)
  return { operator: 'StringLike', value: `${before}${anyone}${behind}` }
}

function droppedNote(key: string): string {
  return `It does not limit ${key}, because IAM never sees that key.`
}

/** How far the statement reaches. */
function reachNotes(claims: Claims): string[] {
  const ref = circleciSubject(claims)?.ref
  return ref === undefined ? [] : [`It allows only ${ref}.`]
}
