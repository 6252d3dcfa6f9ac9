import { parseJson } from './json.ts'

export type Version = '2012-10-17' | '2008-10-17'

type ReadStatement<S> = (value: unknown, path: string) => S & { readonly sid: string | undefined }

/** Reads any IAM policy; `readStatement` knows which elements its kind of policy has, and throws `Malformed`. */
export function parsePolicy<S>(
  document: unknown,
  readStatement: ReadStatement<S>,
  foreign?: RegExp,
): { readonly policy: { version: Version; statements: readonly S[] } } | MalformedPolicy {
  try {
    const value = typeof document === 'string' ? readJson(document) : document
    return { policy: readPolicy(value, readStatement, foreign) }
  } catch (error) {
    if (error instanceof Malformed) return { path: error.path, problem: error.message }
    throw error
  }
}

export interface MalformedPolicy {
  readonly path: string
  readonly problem: string
}

export class Malformed extends Error {
  readonly path: string
  constructor(path: string, problem: string) {
    super(problem)
    this.path = path
  }
}

function readJson(text: string): unknown {
  const parsed = parseJson(text)
  if ('value' in parsed) return parsed.value
  throw new Malformed('', parsed.problem)
}

function readPolicy<S>(document: unknown, readStatement: ReadStatement<S>, foreign?: RegExp) {
  const policy = object(document, '', ['Version', 'Id', 'Statement'])
  const stray = foreign?.exec(JSON.stringify(policy))?.[0]
  if (stray !== undefined) {
    throw new Malformed('', `has the character "${stray}"; IAM accepts those up to U+00FF`)
  }
  // Without a Version IAM applies 2008-10-17: reference_policies_elements_version.html
  const version = policy['Version'] ?? '2008-10-17'
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    throw new Malformed('Version', `is ${show(version)}; IAM knows "2012-10-17" and "2008-10-17"`)
  }
  if (policy['Statement'] === undefined) throw new Malformed('Statement', 'is missing')
  const list = Array.isArray(policy['Statement']) ? policy['Statement'] : [policy['Statement']]
  if (list.length === 0) throw new Malformed('Statement', 'is empty')
  const at = (index: number) =>
    Array.isArray(policy['Statement']) ? `Statement[${index}]` : 'Statement'
  const statements = list.map((one, index) => readStatement(one, at(index)))
  const sids = statements.map(({ sid }) => sid)
  const again = sids.findIndex((sid, index) => sid && sids.indexOf(sid) < index)
  if (again >= 0) throw new Malformed(`${at(again)}.Sid`, `is ${show(sids[again])} a second time`)
  return { version, statements } as const
}

/** `Effect` and `Sid`, which the statements of every kind of policy have. */
export function readHead(statement: Readonly<Record<string, unknown>>, path: string) {
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new Malformed(`${path}.Effect`, `is ${show(effect)}; it must be "Allow" or "Deny"`)
  }
  const sid = statement['Sid']
  if (sid !== undefined && typeof sid !== 'string') {
    throw new Malformed(`${path}.Sid`, `is ${show(sid)}; it must be a string`)
  }
  // reference_policies_elements_sid.html: ASCII letters and digits, unique within the policy.
  if (!/^[A-Za-z0-9]*$/.test(sid ?? '')) {
    throw new Malformed(`${path}.Sid`, `is ${show(sid)}; it may have A-Z, a-z and 0-9 only`)
  }
  return { sid, effect } as const
}

/** One line of a `Condition` block: an operator applied to one condition key. */
export interface Condition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

export function readConditions(value: unknown, path: string): Condition[] {
  return Object.entries(object(value, path)).flatMap(([operator, block]) =>
    Object.entries(object(block, `${path}.${operator}`)).map(([key, values]) => ({
      operator,
      key,
      values: scalars(values, `${path}.${operator}["${key}"]`),
    })),
  )
}

export function object(value: unknown, path: string, allowed?: readonly string[]) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Malformed(path, `is ${show(value)}; it must be a JSON object`)
  }
  const stray = allowed && Object.keys(value).find((key) => !allowed.includes(key))
  if (stray !== undefined) {
    throw new Malformed(path === '' ? stray : `${path}.${stray}`, 'does not belong here')
  }
  return value as Readonly<Record<string, unknown>>
}

export function exactlyOne(
  statement: Readonly<Record<string, unknown>>,
  path: string,
  ...pair: string[]
) {
  const present = pair.filter((name) => statement[name] !== undefined)
  if (present.length === 0) throw new Malformed(`${path}.${pair[0]}`, 'is missing')
  if (present.length > 1) throw new Malformed(path, `has both ${pair.join(' and ')}`)
}

export function strings(value: unknown, path: string): string[] {
  const list = Array.isArray(value) ? value : [value]
  const stray = list.find((one) => typeof one !== 'string')
  if (stray !== undefined) throw new Malformed(path, `holds ${show(stray)}; it must be a string`)
  return list.map(String)
}

/** Condition values may also be written as JSON booleans and numbers. */
function scalars(value: unknown, path: string): string[] {
  const list = Array.isArray(value) ? value : [value]
  const stray = list.find((one) => !['string', 'boolean', 'number'].includes(typeof one))
  if (stray !== undefined) throw new Malformed(path, `holds ${show(stray)}; it must be a string`)
  return list.map(String)
}

export function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}
