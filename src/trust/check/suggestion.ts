import { type Claims, circleciSubject } from '../../token/claims.ts'
import type { ConditionResult } from '../policy/condition.ts'
import { issuerHostPath, parseOidcKey, seenClaims, tokenAudience } from '../policy/context-keys.ts'
import type { StatementResult } from '../policy/evaluate.ts'
import { parseOperator } from '../policy/operators.ts'
import type { TrustPolicy } from '../policy/policy.ts'
import { sessionClaims, tokenActions } from '../policy/session-claims.ts'
import { matchesWildcard } from '../policy/wildcard.ts'

/** A statement to add to the policy, and what the reader must know of it. */
interface Suggestion {
  readonly statement: object
  readonly notes: readonly string[]
}

/**
 * A statement that allows this token and keeps every limit of the one it mends: added to the policy, it lets
 * in no other project, and no other branch than the policy's own pattern does. Undefined where none can.
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
  const kept = keptConditions(meant, host, claims)
  if (kept === undefined) return undefined
  for (const { operator, key, expected } of kept.conditions) add(operator, key, expected)
  const audience = tokenAudience(claims) ?? []
  if (!kept.audience) add('StringEquals', `${host}:aud`, audience)
  const subject = kept.subject ?? (kept.project ? undefined : exactSubject(policy, claims))
  if (subject) add(subject.operator, `${host}:sub`, subject.values)
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
    notes: [...kept.dropped.map(droppedNote), ...reachNotes(claims, kept.subject)],
  }
}

const one = (values: readonly string[]) => (values.length === 1 ? values[0] : values)

interface Subject {
  readonly operator: string
  readonly values: readonly string[]
}

interface Kept {
  readonly conditions: readonly ConditionResult[]
  readonly audience: boolean
  /** The policy's own patterns for this project; undefined where none fits. */
  readonly subject: Subject | undefined
  /** Whether another condition names the project. */
  readonly project: boolean
  /** Keys that IAM never sees. */
  readonly dropped: readonly string[]
}

/** What of the statement stays; undefined where it keeps the token out by a condition that is not about the token. */
function keptConditions(
  { conditions }: StatementResult,
  host: string,
  claims: Claims,
): Kept | undefined {
  const kept: ConditionResult[] = []
  const dropped: string[] = []
  let audience = false
  let project = false
  let subject: Subject | undefined
  let branch = false
  let seen = false
  for (const result of conditions) {
    const { key, operator, outcome } = result
    const claim = claimIn(key)
    const plain = /^String(Equals|Like)$/.test(operator)
    const own = key.toLowerCase().startsWith(`${host.toLowerCase()}:`)
    if (claim === 'sub' && (plain || outcome === 'unmatched')) {
      if (!plain) return undefined
      // Two conditions on the subject are both to hold: only the exact one keeps to both.
      subject = seen ? undefined : ownSubject(result, claims)
      seen = true
    } else if (outcome !== 'unmatched') {
      kept.push(result)
      if (own && plain && claim === 'aud') audience = true
      if (own && plain && claim === PROJECT_ID) project = true
    } else if (/^(aud|audience)$/.test(claim ?? '') && plain) {
      // The token's own is added.
    } else if (claim === PROJECT_ID && plain) {
      // The project stands in the subject.
    } else if (claim !== undefined && !(own && seenClaims(host).includes(claim))) {
      if (parseOperator(operator)?.negated) return undefined
      if (/vcs-(ref|origin)$/.test(claim)) branch = true
      else if (own) dropped.push(key)
    } else {
      return undefined
    }
  }
  // A limit that IAM never saw goes into the subject.
  if (branch) subject = undefined
  return { conditions: kept, audience, subject, project: project && !branch, dropped }
}

const PROJECT_ID = 'oidc.circleci.com/project-id'

/** The claim that a key is about, also where the issuer before it is missing. */
function claimIn(key: string): string | undefined {
  if (/^(sub|aud|oidc\.circleci\.com\/[\w-]+)$/i.test(key)) return key.toLowerCase()
  return parseOidcKey(key)?.claim.toLowerCase()
}

/** The patterns of the policy that match the subject and name its project, under StringLike where they are patterns. */
function ownSubject({ expected }: ConditionResult, claims: Claims): Subject | undefined {
  const { sub = '' } = claims
  const named = circleciSubject(claims)
  const start = named && `org/${named.organization}/project/${named.project}/user/`
  const values = expected.filter(
    (value) =>
      matchesWildcard(sub, value) &&
      (start === undefined ? value === sub : value.startsWith(start)),
  )
  if (values.length === 0) return undefined
  return {
    operator: values.some((value) => /[*?]/.test(value)) ? 'StringLike' : 'StringEquals',
    values,
  }
}

/** The subject of this token, with any user in the place of this one unless the policy names users. */
function exactSubject({ version, statements }: TrustPolicy, claims: Claims): Subject {
  const { sub = '' } = claims
  const exact = { operator: 'StringEquals', values: [sub] }
  const named = circleciSubject(claims)
  const perUser = statements.some(({ conditions }) =>
    conditions.some(({ values }) => values.some((value) => /\/user\/[^/*?]+(\/|$)/.test(value))),
  )
  if (!named || perUser || version !== '2012-10-17' || named.origin === undefined) return exact
  const escaped = (text: string) => text.replace(/[*?$]/g, (char) => `\${${char}}`)
  const anyone = named.user.replace(/[^-]/g, '?')
  const before = escaped(`org/${named.organization}/project/${named.project}/user/`)
  const behind = escaped(`/vcs-origin/${named.origin}/vcs-ref/${named.ref}`)
  return { operator: 'StringLike', values: [`${before}${anyone}${behind}`] }
}

function droppedNote(key: string): string {
  return `It does without ${key}, which IAM never sees: whatever that was to keep out is not kept out.`
}

/** How far the statement reaches, where that is not plain from the policy. */
function reachNotes(claims: Claims, own: Subject | undefined): string[] {
  const ref = circleciSubject(claims)?.ref
  if (own !== undefined || ref === undefined) return []
  return [`It allows ${ref} only.`]
}
