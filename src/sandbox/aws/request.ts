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
  return listIndexes(query, name).map((index) => {
    const entry = `${name}.member.${index}`
    const own = [...query].filter(([key]) => key === entry || key.startsWith(`${entry}.`))
    return new Map(own.map(([key, value]) => [key.slice(entry.length + 1), value]))
  })
}

/** The numbers its entries have in the request, in ascending order: `Tags.member.1.Key`. */
export function listIndexes(query: Query, name: string): number[] {
  const start = `${name}.member.`
  const indexes = [...query.keys()]
    .filter((key) => key.startsWith(start))
    .flatMap((key) => /^\d+(?=\.|$)/.exec(key.slice(start.length)) ?? [])
  return [...new Set(indexes)].map(Number).sort((a, b) => a - b)
}

/** One HTTP request to STS, body read. */
export interface StsRequest {
  readonly method: string
  /** Path and query string as sent. */
  readonly target: string
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly query: Query
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
