import { StsError } from './answer.ts'

/** Parameters of one AWS Query request (`Action=…&Tags.member.1.Key=…`). */
export type Query = ReadonlyMap<string, string>

/** Parses a form body or query string; of a repeated parameter STS uses the first. */
export function parseQuery(text: string): Query {
  const query = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (!query.has(name)) query.set(name, value)
  }
  return query
}

/**
 * The entries of a list parameter in order. An entry of a structure list has one key per member (`Key`, `Value`);
 * an entry of a plain list has the single key `''`.
 */
export function listMembers(query: Query, name: string): Query[] {
  const entries = new Map<number, Map<string, string>>()
  for (const [key, value] of query) {
    const rest = key.startsWith(`${name}.member.`) ? key.slice(`${name}.member.`.length) : ''
    const match = /^(\d+)(?:\.(.+))?$/.exec(rest)
    if (!match) continue
    const index = Number(match[1])
    const entry = entries.get(index) ?? new Map<string, string>()
    entry.set(match[2] ?? '', value)
    entries.set(index, entry)
  }
  return [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry)
}

/** One HTTP request to STS, body read. */
export interface StsRequest {
  readonly method: string
  /** Path and query string as sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly query: Query
}

interface Constraint {
  readonly length?: readonly [number, number]
  readonly range?: readonly [number, number]
  /** As AWS prints it; ASCII `\w`. */
  readonly pattern?: string
  /** Never repeated in an answer. */
  readonly secret?: true
}

// Limits of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and …WithWebIdentity.html
const CONSTRAINTS: Readonly<Record<string, Constraint>> = {
  RoleArn: { length: [20, 2048] },
  RoleSessionName: { length: [2, 64], pattern: '[\\w+=,.@-]*' },
  WebIdentityToken: { length: [4, 20_000], secret: true },
  DurationSeconds: { range: [900, 43_200] },
  Policy: { length: [1, 2048], pattern: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+' },
  ExternalId: { length: [2, 1224], pattern: '[\\w+=,.@:\\/-]*' },
  SourceIdentity: { length: [2, 64], pattern: '[\\w+=,.@-]*' },
}

/** Throws AWS's `ValidationError` listing every parameter that is missing or breaks its constraint. */
export function validateParameters(query: Query, required: readonly string[]): void {
  const problems = Object.entries(CONSTRAINTS).flatMap(([name, constraint]) => {
    const value = query.get(name)
    if (value === undefined) {
      return required.includes(name) ? [complaint(name, 'null', 'Member must not be null')] : []
    }
    const shown = constraint.secret ? "'***'" : `'${value}'`
    return breaches(value, constraint).map((breach) => complaint(name, shown, breach))
  })
  if (problems.length === 0) return
  const count = `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected`
  throw new StsError('ValidationError', `${count}: ${problems.join('; ')}`)
}

function complaint(name: string, shown: string, breach: string): string {
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  return `Value ${shown} at '${member}' failed to satisfy constraint: ${breach}`
}

function breaches(value: string, { length, range, pattern }: Constraint): string[] {
  const found: string[] = []
  const between = (size: number, [least, most]: readonly [number, number], what: string) => {
    if (size < least) found.push(`Member must have ${what} greater than or equal to ${least}`)
    if (size > most) found.push(`Member must have ${what} less than or equal to ${most}`)
  }
  if (pattern && !new RegExp(`^(?:${pattern})$`).test(value)) {
    found.push(`Member must satisfy regular expression pattern: ${pattern}`)
  }
  // Lengths count Unicode characters, not UTF-16 units.
  if (length) between([...value].length, length, 'length')
  if (range && !/^-?\d+$/.test(value)) found.push('Member must be an integer')
  else if (range) between(Number(value), range, 'value')
  return found
}

export interface RequestedRole {
  readonly arn: string
  readonly partition: string
  readonly account: string
  /** With its path, without a leading slash: `team/ci`. */
  readonly resource: string
}

/** The pieces of a role ARN; `undefined` when it is not the ARN of a role. */
export function parseRoleArn(arn: string): RequestedRole | undefined {
  const match = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(.+)$/.exec(arn)
  const [, partition, account, resource] = match ?? []
  if (!partition || !account || !resource) return undefined
  return { arn, partition, account, resource }
}
