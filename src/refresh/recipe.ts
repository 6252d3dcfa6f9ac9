import { readFile } from 'node:fs/promises'
import { OidcError } from '../errors.ts'
import type { FileEdit } from '../profiles/file-replacement.ts'
import type { RolePlan } from '../roles/role-plan.ts'
import type { TokenOptions } from '../token/token-options.ts'

/** How to get new credentials for a profile: all that `assume-role` was told. No secrets. */
export interface Recipe {
  readonly plan: RolePlan
  readonly token: TokenOptions
  readonly maxAttempts: number
  readonly timeoutSeconds: number
  readonly allowedAccountIds: readonly string[]
}

export function recipeEdit(path: string, recipe: Recipe): FileEdit {
  const text = `${JSON.stringify(recipe, null, 2)}\n`
  return { path, edit: () => Buffer.from(text), secret: true }
}

/** Throws `credentials-not-found` where there is none, `file-malformed` where it is not one of ours. */
export async function readRecipe(path: string, profile: string): Promise<Recipe> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new OidcError('credentials-not-found', {
      what: `There is nothing here to renew the credentials of the profile "${profile}" by.`,
      why: `${path} can't be read: ${(cause as NodeJS.ErrnoException).code}.`,
      next: 'Run assume-role with --credentials refresh for it, as the same user and with the same HOME.',
      cause,
    })
  }
  try {
    const recipe: Recipe = JSON.parse(text)
    const { endpoint } = recipe.plan
    // JSON has no URLs.
    if (endpoint.url === undefined) return recipe
    const url = new URL(endpoint.url)
    return { ...recipe, plan: { ...recipe.plan, endpoint: { ...endpoint, url } } }
  } catch (cause) {
    throw new OidcError('file-malformed', {
      what: `${path} is not what assume-role wrote.`,
      next: 'Run assume-role with --credentials refresh again.',
      cause,
    })
  }
}
