import { readFileSync } from 'node:fs'
import { OidcError } from '../errors.ts'
import { reason } from '../files/failure.ts'
import type { FileEdit } from '../files/replace.ts'
import { OPTIONS } from '../options.ts'
import type { RolePlan } from '../sts/assume-roles.ts'
import type { TokenOptions } from '../token/web-identity-token.ts'

/** How to get new credentials for a profile: all that `assume-role` was told. No secrets. */
export interface Recipe {
  readonly plan: RolePlan
  readonly token: TokenOptions
  readonly maxAttempts: number
  readonly timeoutSeconds: number
  readonly allowedAccountIds: readonly string[]
}

/** A recipe, and whether a set-up or cleanup has not replaced or removed it since it was read. */
export interface StoredRecipe {
  readonly recipe: Recipe
  isCurrent(): boolean
}

export function recipeEdit(path: string, recipe: Recipe): FileEdit {
  const text = `${JSON.stringify(recipe, null, 2)}\n`
  return { path, edit: () => Buffer.from(text), secret: true }
}

/** Throws `credentials-not-found` where there is none, `file-malformed` where it is not one of ours. */
export function readRecipe(path: string, profile: string): StoredRecipe {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw new OidcError('credentials-not-found', {
      what: `There is nothing here to renew the credentials of the profile "${profile}" by.`,
      why: `${path} can't be read: ${reason(cause)}. HOME, XDG_DATA_HOME and AWS_CONFIG_FILE decide where it is looked for.`,
      next: 'Run assume-role with --credentials refresh for it, or use it as the same user and with the same values of these variables.',
      cause,
    })
  }
  return { recipe: parseRecipe(bytes.toString(), path), isCurrent: () => hasBytes(path, bytes) }
}

function hasBytes(path: string, bytes: Buffer): boolean {
  try {
    return readFileSync(path).equals(bytes)
  } catch {
    return false
  }
}

function parseRecipe(text: string, path: string): Recipe {
  try {
    const recipe: unknown = JSON.parse(text)
    assertRecipe(recipe)
    const { endpoint } = recipe.plan
    // JSON has no URLs.
    if (endpoint.url === undefined) return recipe
    const url = new URL(endpoint.url)
    return { ...recipe, plan: { ...recipe.plan, endpoint: { ...endpoint, url } } }
  } catch (cause) {
    throw new OidcError('file-malformed', {
      what: `${path} is not what assume-role wrote.`,
      why: cause instanceof TypeError ? cause.message : 'It is not JSON.',
      next: 'Run assume-role with --credentials refresh again.',
      cause,
    })
  }
}

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string' && value !== ''
const count: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value > 0
const flag: Check = (value) => typeof value === 'boolean'
const list: Check = (value) => Array.isArray(value)
const texts: Check = (value) => Array.isArray(value) && value.every(text)
const optionalText: Check = (value) => value === undefined || typeof value === 'string'

/** Seconds, as `--timeout-seconds` takes them. */
const MAXIMUM_TIMEOUT = 3600

/** What a renewal reads of a recipe; what is optional in it may be missing. */
const SHAPE: Readonly<Record<string, Check>> = {
  'plan.profile': text,
  'plan.role.arn': text,
  'plan.role.accountId': text,
  'plan.role.partition': text,
  'plan.role.name': text,
  'plan.roleSessionName': text,
  'plan.durationSeconds': count,
  'plan.policy': optionalText,
  'plan.policyArns': texts,
  'plan.externalId': optionalText,
  'plan.sessionTags': list,
  'plan.transitiveTagKeys': texts,
  'plan.sourceIdentity': optionalText,
  'plan.source.kind': (kind) => ['token', 'profile', 'shared-profile'].includes(`${kind}`),
  'plan.endpoint.region': text,
  'plan.endpoint.url': (url) => url === undefined || (typeof url === 'string' && URL.canParse(url)),
  'plan.endpoint.useFips': flag,
  'plan.endpoint.useDualstack': flag,
  'token.token-source': (source) => OPTIONS['token-source'].choices.some((one) => one === source),
  'token.token-env': optionalText,
  'token.token-file': optionalText,
  'token.audience': optionalText,
  maxAttempts: count,
  timeoutSeconds: (value) => count(value) && Number(value) <= MAXIMUM_TIMEOUT,
  allowedAccountIds: texts,
}

/** Throws a `TypeError` that names the first value that is missing or of another type. */
export function assertRecipe(value: unknown): asserts value is Recipe {
  for (const [path, check] of Object.entries(SHAPE)) {
    if (!check(valueAt(value, path))) throw new TypeError(`${path} is missing or not valid.`)
  }
  const { source } = (value as Recipe).plan
  if (source.kind !== 'token' && !text(source.name)) {
    throw new TypeError('plan.source.name is missing or not valid.')
  }
}

function valueAt(value: unknown, path: string): unknown {
  let at: unknown = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined
    at = Object.getOwnPropertyDescriptor(at, name)?.value
  }
  return at
}
