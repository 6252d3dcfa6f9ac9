import { existsSync } from 'node:fs'
import { type Context, withinTime } from '../context.ts'
import { withFileLocks } from '../files/lock.ts'
import { refuseUnsafeDirectory } from '../files/owner.ts'
import { type FileEdit, replaceFiles } from '../files/replace.ts'
import { makeDirectoryOf, readTarget, removeFile } from '../files/target.ts'
import type { SessionCredentials } from '../role/request.ts'
import { assumeRole, type Sources, sharedCredentials } from '../sts/assume-role.ts'
import { tokenPool } from '../token/source.ts'
import {
  type CachedCredentials,
  cacheEdit,
  credentialsOf,
  isFresh,
  readCachedCredentials,
} from './cache.ts'
import { dataDirectory, type ProfileFiles, profileFiles } from './data-directory.ts'
import { type Recipe, readRecipe, type StoredRecipe } from './recipe.ts'

/**
 * The credentials of a profile of the kind `refresh` that stands in the config file of that path: cached
 * ones while they are fresh, else new ones, asked for by one process however many wait. When that fails,
 * cached ones serve to their end.
 */
export function renewCredentials(
  profile: string,
  config: string,
  context: Pick<Context, 'env' | 'terminal'>,
): Promise<CachedCredentials> {
  const files = profileFiles(config, profile, context.env)
  const read = () => readRecipe(files.recipe, profile)
  return keptCredentials({ title: `"${profile}"`, files, read }, config, context)
}

/** The same for what a request asks for, without a profile of ours. */
export function requestedCredentials(
  recipe: Recipe,
  files: ProfileFiles,
  config: string,
  context: Pick<Context, 'env' | 'terminal'>,
): Promise<CachedCredentials> {
  const read = () => ({ recipe, isCurrent: () => true })
  return keptCredentials({ title: recipe.plan.role.arn, files, read }, config, context)
}

/** Credentials that are kept in a file and renewed by a recipe. */
interface Kept {
  /** What to call them in a warning. */
  readonly title: string
  readonly files: ProfileFiles
  readonly read: () => StoredRecipe
}

async function keptCredentials(
  kept: Kept,
  config: string,
  context: Pick<Context, 'env' | 'terminal'>,
): Promise<CachedCredentials> {
  const { title, files, read } = kept
  const cached = readCachedCredentials(files.cache)
  if (cached && isFresh(cached)) return cached
  refuseUnsafeDirectory(dataDirectory(context.env))
  // Before a lock is made for a profile that is none of ours.
  const { timeoutSeconds } = read().recipe
  try {
    return await withinTime(timeoutSeconds, context, (limited) =>
      renewAlone(kept, (recipe) => newCredentials(recipe, config, limited), limited),
    )
  } catch (error) {
    const left = readCachedCredentials(files.cache)
    if (!left || left.end <= Date.now()) throw error
    // Another set-up brought them meanwhile.
    if (isFresh(left)) return left
    const end = new Date(left.end).toISOString()
    const reason = error instanceof Error ? error.message.split('\n')[0] : error
    context.terminal.note(
      `Warning: the credentials of ${title}, valid until ${end}, can't be renewed: ${reason}`,
    )
    return left
  }
}

/**
 * Under the lock of the renewal: who waited for it finds what the one before got. A recipe that changes
 * meanwhile is followed from the start.
 */
function renewAlone(
  { files, read }: Kept,
  renew: (recipe: Recipe) => Promise<SessionCredentials>,
  { deadline }: Pick<Context, 'deadline'>,
): Promise<CachedCredentials> {
  makeDirectoryOf(files.cache)
  const lock = `${files.cache}.renewal`
  const work = async (): Promise<CachedCredentials> => {
    for (;;) {
      const stored = read()
      const cached = readCachedCredentials(files.cache)
      if (cached && isFresh(cached)) return cached
      const credentials = await renew(stored.recipe)
      const text = await keepCredentials(files.cache, credentials, stored)
      if (text) return { text, start: Date.now(), end: credentials.expiration.getTime() }
    }
  }
  return withFileLocks([lock], work, deadline.remaining())
}

async function newCredentials(
  { plan, token, maxAttempts }: Recipe,
  config: string,
  limited: Omit<Context, 'maxAttempts'>,
): Promise<SessionCredentials> {
  const context = { ...limited, maxAttempts }
  const sources: Sources = {
    token: tokenPool(token, context).get,
    credentials: async ({ name }) => {
      const renews = existsSync(profileFiles(config, name, context.env).recipe)
      if (!renews) return sharedCredentials(name, plan.endpoint, context)
      return credentialsOf(await renewCredentials(name, config, context))
    },
  }
  return (await assumeRole(plan, sources, context)).credentials
}

/**
 * Writes the cache unless the recipe that the credentials came by has changed or gone: a renewal must
 * not undo a set-up or a cleanup. Returns what was written; undefined where the recipe is another.
 */
export async function keepCredentials(
  path: string,
  credentials: SessionCredentials,
  { isCurrent }: Pick<StoredRecipe, 'isCurrent'>,
): Promise<string | undefined> {
  const { edit, ...file } = cacheEdit(path, credentials)
  const text = edit(Buffer.alloc(0))
  // Under the lock of the cache, which a set-up holds while it writes recipe and cache.
  const guarded: FileEdit['edit'] = (content) => (isCurrent() ? text : content)
  await replaceFiles([{ ...file, edit: guarded }])
  if (isCurrent()) return text.toString()
  // Whoever removes the two removes the recipe first, so what we wrote in between is seen here.
  if (readTarget(path).content.equals(text)) removeFile(path)
  return undefined
}
