import { OidcError } from '../../errors.ts'
import { parseJson } from '../policy/json.ts'

/** A role as it was read. */
export interface FoundRole {
  readonly arn: string
  readonly accountId: string
  readonly name: string
  /** The document, parsed. */
  readonly trustPolicy: unknown
  readonly place: Place
}

/** An OIDC provider as it was read. */
export interface FoundProvider {
  /** Both undefined where the answer of AWS names no account: that of get-open-id-connect-provider. */
  readonly arn: string | undefined
  readonly accountId: string | undefined
  /** Host and path, without a scheme. */
  readonly issuer: string
  /** Undefined where they were not read. */
  readonly clientIds: readonly string[] | undefined
  readonly place: Place
}

/** Where something was read: the file as it was named, and the line, from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface Inventory {
  readonly roles: readonly FoundRole[]
  readonly providers: readonly FoundProvider[]
  /** Accounts whose providers were listed: what is not there, does not exist. */
  readonly listedAccounts: ReadonlySet<string>
  /** What the reader must know, such as that an answer is only a part. */
  readonly notes: readonly string[]
}

/**
 * Roles and providers from what the AWS CLI prints: `iam list-roles`, `get-role`, `list-open-id-connect-providers`,
 * `get-open-id-connect-provider`, `get-account-authorization-details`, any number of answers one after another.
 * Throws `file-malformed`.
 */
export function readInventory(
  inputs: readonly { readonly file: string; readonly text: string }[],
): Inventory {
  const roles = new Map<string, FoundRole>()
  const providers: FoundProvider[] = []
  const listedAccounts = new Set<string>()
  const notes: string[] = []
  for (const { file, text } of inputs) {
    const lineOf = lineFinder(text)
    for (const { value, line } of answers(text, file)) {
      const known = readAnswer(value, { roles, providers, listedAccounts }, (arn) => ({
        file,
        line: lineOf(arn) ?? line,
      }))
      if (!known) {
        const problem = `what begins on line ${line} is not output that trust audit reads`
        throw malformed(file, problem, isObject(value) && 'Statement' in value ? POLICY : undefined)
      }
      if (isObject(value) && (value['IsTruncated'] === true || value['NextToken'])) {
        notes.push(`${shown(file)}, line ${line}: the output is incomplete; the rest was not read.`)
      }
    }
  }
  return { roles: [...roles.values()], providers, listedAccounts, notes }
}

interface Found {
  readonly roles: Map<string, FoundRole>
  readonly providers: FoundProvider[]
  readonly listedAccounts: Set<string>
}

type PlaceOf = (arn: string) => Place

/** False for what is none of the answers. */
function readAnswer(value: unknown, found: Found, placeOf: PlaceOf): boolean {
  if (Array.isArray(value)) return value.every((one) => readAnswer(one, found, placeOf))
  if (!isObject(value)) return false
  const roles = [value['Roles'], value['RoleDetailList']].filter(Array.isArray).flat()
  const isList = Array.isArray(value['Roles']) || Array.isArray(value['RoleDetailList'])
  const single = value['Role'] ?? ('AssumeRolePolicyDocument' in value ? value : undefined)
  for (const one of single === undefined ? roles : [single, ...roles]) {
    const role = readRole(one, placeOf)
    if (role === undefined) return false
    found.roles.set(role.arn, role)
  }
  if (isList || single !== undefined) return true
  const list = value['OpenIDConnectProviderList']
  if (Array.isArray(list)) return list.every((one) => readProviderArn(one, found, placeOf))
  const { Url: url, ClientIDList: clientIds } = value
  if (typeof url !== 'string' || !isStrings(clientIds)) return false
  const issuer = url.replace(/^https:\/\//, '')
  const unknown = { arn: undefined, accountId: undefined }
  found.providers.push({ ...unknown, issuer, clientIds, place: placeOf(url) })
  return true
}

const ROLE = /^arn:[\w-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/

function readRole(value: unknown, placeOf: PlaceOf): FoundRole | undefined {
  if (!isObject(value)) return undefined
  const [arn, accountId = '', name = ''] = ROLE.exec(String(value['Arn'])) ?? []
  if (arn === undefined) return undefined
  const trustPolicy = policyDocument(value['AssumeRolePolicyDocument'])
  return { arn, accountId, name, trustPolicy, place: placeOf(arn) }
}

/** IAM's own answer has the document percent-encoded (RFC 3986); the AWS CLI decodes it. */
function policyDocument(document: unknown): unknown {
  if (typeof document !== 'string') return document
  try {
    return document.startsWith('%') ? decodeURIComponent(document) : document
  } catch {
    return document
  }
}

function readProviderArn(value: unknown, found: Found, placeOf: PlaceOf): boolean {
  const text = isObject(value) ? String(value['Arn']) : ''
  const [arn, accountId = '', issuer = ''] =
    /^arn:[\w-]+:iam::(\d{12}):oidc-provider\/(.+)$/.exec(text) ?? []
  if (arn === undefined) return false
  found.listedAccounts.add(accountId)
  found.providers.push({ arn, accountId, issuer, clientIds: undefined, place: placeOf(arn) })
  return true
}

/** The JSON values of a text, one after another. */
function answers(text: string, file: string): { value: unknown; line: number }[] {
  const found: { value: unknown; line: number }[] = []
  let depth = 0
  let start = 0
  let line = 1
  let counted = 0
  const take = (end: number) => {
    const from = start + (/\S/.exec(text.slice(start, end))?.index ?? 0)
    line += newlines(text, counted, from)
    counted = from
    const parsed = parseJson(text.slice(from, end))
    if (!('value' in parsed)) throw malformed(file, `the output on line ${line} ${parsed.problem}`)
    found.push({ value: parsed.value, line })
    start = end
  }
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (/^[[{]/.test(token)) depth += 1
    else if (/^[\]}]/.test(token)) depth -= 1
    if (depth === 0 && /^[\]}]/.test(token)) take(index + 1)
  }
  if (text.slice(start).trim() !== '') take(text.length)
  if (found.length === 0) throw malformed(file, 'is empty')
  return found
}

function newlines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1))
    count += 1
  return count
}

/** Finds the line of an ARN or URL: that of the first member which has it as its value. */
function lineFinder(text: string): (value: string) => number | undefined {
  const lines = new Map<string, number>()
  let line = 1
  let counted = 0
  for (const { 1: value = '', index } of text.matchAll(/"(?:Arn|Url)"\s*:\s*"([^"\\]*)"/g)) {
    line += newlines(text, counted, index)
    counted = index
    if (!lines.has(value)) lines.set(value, line)
  }
  return (value) => lines.get(value)
}

const POLICY =
  'This is a policy. To check one, run npx circleci-aws-oidc trust check --policy FILE.'

function malformed(file: string, problem: string, likely?: string): OidcError {
  return new OidcError('file-malformed', {
    what: `${shown(file)} can't be read as output of the AWS CLI: ${problem}.`,
    ...(likely === undefined ? {} : { likely }),
    next: 'Give the JSON that aws iam list-roles, get-role, list-open-id-connect-providers, get-open-id-connect-provider or get-account-authorization-details prints.',
  })
}

function shown(file: string): string {
  return file === '-' ? 'stdin' : file
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
