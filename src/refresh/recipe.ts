import { readFileSync } from 'node:fs'
import { OidcError } from '../errors.ts'
import type { FileEdit } from '../profiles/file-replacement.ts'
import type { RolePlan } from '../roles/role-plan.ts'
import type { TokenOptions } from '../token/token-options.ts'
import { assertRecipe } from './recipe-shape.ts'

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
      why: `${path} can't be read: ${(cause as NodeJS.ErrnoException).code}. HOME, XDG_DATA_HOME and AWS_CONFIG_FILE decide where it is looked for.`,
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
