import { existsSync } from 'node:fs'
import type { Deadline } from '../deadline.ts'
import { withFileLocks } from '../files/lock.ts'
import { type FileEdit, replaceFiles } from '../files/replace.ts'
import { makeDirectory, readTarget, removeFile } from '../files/target.ts'
import type { Environment } from '../options.ts'
import type { SessionCredentials } from '../role/request.ts'
import {
  type AssumeContext,
  assumeWithCredentials,
  assumeWithToken,
  readSharedProfile,
} from '../sts/assume-roles.ts'
import { tokenPool } from '../token/source.ts'
import {
  type CachedCredentials,
  cacheEdit,
  credentialsOf,
  isFresh,
  readCachedCredentials,
} from './cache.ts'
import { type ProfileFiles, profileFiles } from './data-directory.ts'
import { type Recipe, readRecipe, type StoredRecipe } from './recipe.ts'

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
  if (readTarget(path).equals(text)) removeFile(path)
  return undefined
}

export interface RenewalContext {
  /** Path of the shared config file that the profile stands in. */
  readonly config: string
  readonly env: Environment
  readonly note: (text: string) => void
  readonly debug: (text: string) => void
  readonly conceal: (secret: string) => void
  readonly startDeadline: (seconds: number) => Deadline
}

/**
 * The credentials of a profile of the kind `refresh`: cached ones while they are fresh, else new ones,
 * asked for by one process however many wait. When that fails, cached ones serve to their end.
 */
export async function renewCredentials(
  profile: string,
  context: RenewalContext,
): Promise<CachedCredentials> {
  const files = profileFiles(context.config, profile, context.env)
  const cached = readCachedCredentials(files.cache)
  if (cached && isFresh(cached)) return cached
  // Before a lock is made for a profile that is none of ours.
  const { timeoutSeconds } = readRecipe(files.recipe, profile).recipe
  const deadline = context.startDeadline(timeoutSeconds)
  try {
    return await renewAlone(profile, files, deadline, context)
  } catch (error) {
    const left = readCachedCredentials(files.cache)
    if (!left || left.end <= Date.now()) throw error
    // Another set-up brought them meanwhile.
    if (isFresh(left)) return left
    const end = new Date(left.end).toISOString()
    const reason = error instanceof Error ? error.message.split('\n')[0] : error
    context.note(
      `Warning: the credentials of "${profile}", valid until ${end}, can't be renewed: ${reason}`,
    )
    return left
  } finally {
    deadline.clear()
  }
}

/**
 * Under the lock of the renewal: who waited for it finds what the one before got. A recipe that changes
 * meanwhile is followed from the start.
 */
function renewAlone(
  profile: string,
  files: ProfileFiles,
  deadline: Deadline,
  context: RenewalContext,
): Promise<CachedCredentials> {
  makeDirectory(files.cache)
  const lock = `${files.cache}.renewal`
  const work = async (): Promise<CachedCredentials> => {
    for (;;) {
      const stored = readRecipe(files.recipe, profile)
      const cached = readCachedCredentials(files.cache)
      if (cached && isFresh(cached)) return cached
      const credentials = await newCredentials(stored.recipe, deadline, context)
      const text = await keepCredentials(files.cache, credentials, stored)
      if (text) return { text, start: Date.now(), end: credentials.expiration.getTime() }
    }
  }
  return withFileLocks([lock], work, deadline.remaining())
}

async function newCredentials(
  { plan, token, maxAttempts, allowedAccountIds }: Recipe,
  deadline: Deadline,
  context: RenewalContext,
): Promise<SessionCredentials> {
  const { env, note, debug, conceal } = context
  const narration = { note, debug }
  const assume: AssumeContext = {
    env,
    maxAttempts,
    deadline,
    narration,
    allowedAccountIds,
    conceal,
  }
  if (plan.source.kind === 'token') {
    const given = await tokenPool(token, env, deadline).get(plan.source.audience)
    return (await assumeWithToken(plan, given, assume)).credentials
  }
  const { name } = plan.source
  const renews = existsSync(profileFiles(context.config, name, env).recipe)
  const source = renews
    ? credentialsOf(await renewCredentials(name, context))
    : await readSharedProfile(name, plan, assume)
  return (await assumeWithCredentials(plan, source, assume)).credentials
}
