import { resolve } from 'node:path'
import { OidcError } from '../errors.ts'
import { reason } from '../files/failure.ts'
import { readOwnFile } from '../files/owner.ts'
import type { FileEdit } from '../files/replace.ts'
import { assertShape, isCount, isOptionalText, isText, isTexts } from '../files/shape.ts'
import { OPTIONS } from '../options.ts'
import { assertRequest } from '../role/request.ts'
import type { RolePlan } from '../sts/assume-role.ts'
import type { TokenOptions } from '../token/web-identity-token.ts'

/** How to get new credentials for a profile: all that `assume-role` was told. No secrets. */
export interface Recipe extends Renewal {
  readonly plan: RolePlan
}

/** How a renewal gets its token, and how long and how often it tries. */
export interface Renewal {
  readonly token: TokenOptions
  readonly maxAttempts: number | undefined
  readonly timeoutSeconds: number
}

/** A recipe, and whether a set-up or cleanup has not replaced or removed it since it was read. */
export interface StoredRecipe {
  readonly recipe: Recipe
  isCurrent(): boolean
}

export function recipeEdit(path: string, { token, ...recipe }: Recipe): FileEdit {
  const file = token['token-file']
  // AWS tools call the renewal from any directory.
  const lasting = file === undefined ? token : { ...token, 'token-file': resolve(file) }
  const text = `${JSON.stringify({ ...recipe, token: lasting }, null, 2)}\n`
  return { path, edit: () => Buffer.from(text), secret: true }
}

/** Throws `credentials-not-found` where there is none, `file-malformed` where it is not one of ours, `file-unsafe` where others could have written it. */
export function readRecipe(path: string, profile: string): StoredRecipe {
  let bytes: Buffer
  try {
    bytes = readOwnFile(path).content
  } catch (cause) {
    if (cause instanceof OidcError) throw cause
    throw new OidcError('credentials-not-found', {
      what: `The settings to renew the credentials of the profile "${profile}" are missing here.`,
      why: `${path} can't be read: ${reason(cause)}. HOME, XDG_DATA_HOME and AWS_CONFIG_FILE determine this path.`,
      next: 'Run assume-role with --credentials refresh for it, or use it as the same user, with the same values of these variables.',
      cause,
    })
  }
  return { recipe: parseRecipe(bytes.toString(), path), isCurrent: () => hasBytes(path, bytes) }
}

function hasBytes(path: string, bytes: Buffer): boolean {
  try {
    return readOwnFile(path).content.equals(bytes)
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

/** Throws a `TypeError` that names the first value that is missing or of another type. */
function assertRecipe(value: unknown): asserts value is Recipe {
  assertShape(value, { 'plan.profile': isText })
  const { plan } = value as { plan: Recipe['plan'] }
  assertRequest(plan, 'plan')
  assertShape(value, SHAPE)
  if (plan.source.kind !== 'token') assertShape(plan, { 'source.name': isText }, 'plan')
}

/** What is optional may be missing. */
const SHAPE = {
  'plan.source.kind': (kind: unknown) => ['token', 'profile', 'shared-profile'].includes(`${kind}`),
  'plan.endpoint.region': isText,
  'plan.endpoint.url': (url: unknown) => url === undefined || URL.canParse(`${url}`),
  'plan.endpoint.useFips': isFlag,
  'plan.endpoint.useDualstack': isFlag,
  'plan.allowedAccountIds': isTexts,
  'token.token-source': (source: unknown) =>
    OPTIONS['token-source'].choices.some((one) => one === source),
  'token.token-env': isOptionalText,
  'token.token-file': isOptionalText,
  'token.audience': isOptionalText,
  maxAttempts: (value: unknown) => value === undefined || isCount(value),
  timeoutSeconds: (value: unknown) =>
    isCount(value) && Number(value) <= OPTIONS['timeout-seconds'].maximum,
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}
