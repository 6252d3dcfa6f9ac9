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
