import { parseJson } from './json.ts'

export interface TrustPolicy {
  readonly version: '2012-10-17' | '2008-10-17'
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  /** Absent when the statement says `NotPrincipal`. */
  readonly principal: Principal | undefined
  /** Absent when the statement says `NotAction`. */
  readonly actions: readonly string[] | undefined
  /** The actions of `NotAction`: the statement is about every other one. */
  readonly notActions: readonly string[] | undefined
  readonly conditions: readonly Condition[]
}

/** The `Principal` element: `"*"`, or who is named under `AWS`, `Federated`, `Service`. */
export interface Principal {
  readonly anyone: boolean
  readonly entries: readonly { readonly kind: string; readonly value: string }[]
}

/** One line of a `Condition` block: an operator applied to one condition key. */
export interface Condition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

/** A policy, or where in the JSON it is malformed (`Statement[0].Effect`) and how. */
type ParsedPolicy =
  | { readonly policy: TrustPolicy }
  | { readonly path: string; readonly problem: string }

/**
 * Reads a trust policy document, given as JSON text or as the parsed value; never throws.
 * Single values and arrays are both accepted where IAM accepts both.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parseTrustPolicy(document: unknown): ParsedPolicy {
  try {
    return { policy: readPolicy(typeof document === 'string' ? readJson(document) : document) }
  } catch (error) {
    if (error instanceof Malformed) return { path: error.path, problem: error.message }
    throw error
  }
}

class Malformed extends Error {
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

// API_CreateRole.html, AssumeRolePolicyDocument: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
const FOREIGN = /[^\t\n\r\x20-\xff]/u

function readPolicy(document: unknown): TrustPolicy {
  const policy = object(document, '', ['Version', 'Id', 'Statement'])
  const foreign = FOREIGN.exec(JSON.stringify(policy))?.[0]
  if (foreign !== undefined) {
    throw new Malformed('', `has the character "${foreign}"; IAM takes those up to U+00FF`)
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
  return { version, statements }
}

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Condition']

function readStatement(value: unknown, path: string): Statement {
  const statement = object(value, path, ELEMENTS)
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
  exactlyOne(statement, path, 'Principal', 'NotPrincipal')
  exactlyOne(statement, path, 'Action', 'NotAction')
  const { Principal, Action, NotAction, Condition } = statement
  return {
    sid,
    effect,
    principal: Principal === undefined ? undefined : readPrincipal(Principal, `${path}.Principal`),
    actions: Action === undefined ? undefined : readActions(Action, `${path}.Action`),
    notActions: NotAction === undefined ? undefined : strings(NotAction, `${path}.NotAction`),
    conditions: Condition === undefined ? [] : readConditions(Condition, `${path}.Condition`),
  }
}

/** IAM: "AssumeRole policy may only specify STS AssumeRole actions." */
function readActions(value: unknown, path: string): string[] {
  const actions = strings(value, path)
  const stray = actions.find((one) => !/^(\*|sts:.+)$/i.test(one))
  if (stray === undefined) return actions
  throw new Malformed(path, `holds ${show(stray)}; a trust policy allows actions of sts only`)
}

function readPrincipal(value: unknown, path: string): Principal {
  if (value === '*') return { anyone: true, entries: [] }
  if (typeof value === 'string') {
    throw new Malformed(path, `is ${show(value)}; it must be "*" or an object such as {"AWS": …}`)
  }
  const principal = object(value, path, ['AWS', 'Federated', 'Service', 'CanonicalUser'])
  const entries = Object.entries(principal).flatMap(([kind, values]) =>
    strings(values, `${path}.${kind}`).map((value) => ({ kind, value })),
  )
  for (const { kind, value } of entries) {
    const problem = principalProblem(kind, value)
    if (problem !== undefined) throw new Malformed(`${path}.${kind}`, problem)
  }
  if (entries.length === 0) throw new Malformed(path, 'names nobody')
  return { anyone: false, entries }
}

/** What IAM would complain of: it answers `MalformedPolicyDocument` to such a principal. */
function principalProblem(kind: string, value: string): string | undefined {
  const form = FORMS[kind]
  if (form === undefined || form.pattern.test(value)) return undefined
  return `is ${JSON.stringify(value)}; it must be ${form.expected}`
}

const ACCOUNT = String.raw`arn:aws[a-z-]*:(?:iam|sts)::\d{12}:`

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
const FORMS: Readonly<Record<string, { pattern: RegExp; expected: string }>> = {
  AWS: {
    // A role or user that was deleted shows as its unique id.
    pattern: new RegExp(
      `^(\\*|\\d{12}|A[A-Z0-9]{15,}|${ACCOUNT}(root|(user|role|assumed-role|federated-user)/\\S+))$`,
    ),
    expected: 'an account id of 12 digits, the ARN of a role, user or session, or "*"',
  },
  Federated: {
    pattern: new RegExp(
      `^(\\*|${ACCOUNT}(oidc-provider|saml-provider)/\\S+|[a-z0-9-]+(\\.[a-z0-9-]+)+)$`,
      'i',
    ),
    expected: 'the ARN of a provider, or the domain name of one that is built in',
  },
}

function readConditions(value: unknown, path: string): Condition[] {
  return Object.entries(object(value, path)).flatMap(([operator, block]) =>
    Object.entries(object(block, `${path}.${operator}`)).map(([key, values]) => ({
      operator,
      key,
      values: scalars(values, `${path}.${operator}["${key}"]`),
    })),
  )
}

function object(value: unknown, path: string, allowed?: readonly string[]) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Malformed(path, `is ${show(value)}; it must be a JSON object`)
  }
  const stray = allowed && Object.keys(value).find((key) => !allowed.includes(key))
  if (stray !== undefined) {
    throw new Malformed(path === '' ? stray : `${path}.${stray}`, 'does not belong here')
  }
  return value as Readonly<Record<string, unknown>>
}

function exactlyOne(statement: Readonly<Record<string, unknown>>, path: string, ...pair: string[]) {
  const present = pair.filter((name) => statement[name] !== undefined)
  if (present.length === 0) throw new Malformed(`${path}.${pair[0]}`, 'is missing')
  if (present.length > 1) throw new Malformed(path, `has both ${pair.join(' and ')}`)
}

function strings(value: unknown, path: string): string[] {
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

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}
