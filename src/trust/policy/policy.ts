import {
  type Condition,
  exactlyOne,
  Malformed,
  type MalformedPolicy,
  object,
  parsePolicy,
  readConditions,
  readHead,
  show,
  strings,
  type Version,
} from './document.ts'

export interface TrustPolicy {
  readonly version: Version
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

/** A policy, or where in the JSON it is malformed (`Statement[0].Effect`) and how. */
type ParsedPolicy = { readonly policy: TrustPolicy } | MalformedPolicy

/**
 * Reads a trust policy document, given as JSON text or as the parsed value; never throws.
 * Single values and arrays are both accepted where IAM accepts both.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parseTrustPolicy(document: unknown): ParsedPolicy {
  return parsePolicy(document, readStatement, FOREIGN)
}

// API_CreateRole.html, AssumeRolePolicyDocument: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
const FOREIGN = /[^\t\n\r\x20-\xff]/u

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Condition']

function readStatement(value: unknown, path: string): Statement {
  const statement = object(value, path, ELEMENTS)
  const head = readHead(statement, path)
  exactlyOne(statement, path, 'Principal', 'NotPrincipal')
  exactlyOne(statement, path, 'Action', 'NotAction')
  const { Principal, Action, NotAction, Condition } = statement
  return {
    ...head,
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
  throw new Malformed(path, `holds ${show(stray)}; a trust policy allows only sts actions`)
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
  if (entries.length === 0) throw new Malformed(path, 'is empty')
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
