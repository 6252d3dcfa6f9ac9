import { existsSync } from 'node:fs'
import { type Context, withinTime } from '../context.ts'
import { ERROR_EXIT_CODES, OidcError } from '../errors.ts'
import { withFileLocks } from '../files/lock.ts'
import { type FileEdit, replaceFiles } from '../files/replace.ts'
import { makeDirectoryOf, readTarget, removeFile } from '../files/target.ts'
import { type SessionCredentials, withoutUndefined } from '../role/request.ts'
import { assumeRole, type Sources, sharedCredentials } from '../sts/assume-role.ts'
import type { Terminal } from '../terminal.ts'
import { clockTime } from '../text.ts'
import { tokenPool } from '../token/source.ts'
import {
  type CachedCredentials,
  cacheEdit,
  credentialsOf,
  isFresh,
  isUsable,
  readCachedCredentials,
} from './cache.ts'
import { checkDataDirectory, type ProfileFiles, profileFiles } from './data-directory.ts'
import { failedUntil, keepFailure, lastFailure } from './last-failure.ts'
import { type Recipe, readRecipe, type StoredRecipe } from './recipe.ts'

/**
 * The credentials of a profile of the kind `refresh` that stands in the config file of that path: cached
 * ones while they are fresh, else new ones, asked for by one process. Nobody waits for it while the cached ones
 * serve, which is to their end where it fails; then others try again only after a while.
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
  checkDataDirectory(context.env)
  // Before a lock is made for a profile that is none of ours.
  const { timeoutSeconds } = read().recipe
  const isEarly = cached !== undefined && isUsable(cached)
  try {
    refuseAgain(files)
    const seconds = isEarly ? Math.min(timeoutSeconds, EARLY_SECONDS) : timeoutSeconds
    return await withinTime(seconds, context, (limited) => {
      const renew = (recipe: Recipe) => newCredentials(recipe, config, limited, isEarly)
      return renewAlone(kept, renew, isEarly ? 0 : limited.deadline.remaining(), limited)
    })
  } catch (error) {
    const left = readCachedCredentials(files.cache)
    if (!left || left.end <= Date.now()) throw error
    // Another set-up brought them meanwhile; another process tries now, or has told that it failed.
    const isToldOf =
      error instanceof OidcError && (error instanceof FailedBefore || error.code === 'file-locked')
    if (isFresh(left) || isToldOf) return left
    const end = clockTime(new Date(left.end))
    const reason = error instanceof Error ? error.message.split('\n')[0] : error
    context.terminal.note(
      `Warning: the credentials of ${title}, valid until ${end}, can't be renewed: ${reason}`,
    )
    return left
  }
}

/** While the credentials still serve, one renewal takes no longer, and asks no more often: there will be others. */
const EARLY_SECONDS = 10
const EARLY_ATTEMPTS = 2

/** What another process met a moment ago. */
class FailedBefore extends OidcError {}

/** Throws the failure of a renewal that nobody need repeat yet. */
function refuseAgain({ failure }: ProfileFiles): void {
  const last = lastFailure(failure)
  if (!last || !Object.hasOwn(ERROR_EXIT_CODES, last.code)) return
  const { code, at, until, why, ...text } = last
  const [ago, later] = [Date.now() - at, until - Date.now()].map((ms) => Math.ceil(ms / 1000))
  const when = `That was ${ago} s ago; AWS is asked again in ${later} s.`
  throw new FailedBefore(code, { ...text, why: why ? `${why} ${when}` : when })
}

/**
 * Under the lock of the renewal, which is waited for so long: who gets it after another finds what that one got, or
 * met. A recipe that changes meanwhile is followed from the start.
 */
function renewAlone(
  { files, read }: Kept,
  renew: (recipe: Recipe) => Promise<SessionCredentials>,
  patienceMs: number,
  { terminal }: Pick<Context, 'terminal'>,
): Promise<CachedCredentials> {
  makeDirectoryOf(files.cache)
  const lock = `${files.cache}.renewal`
  const work = async (): Promise<CachedCredentials> => {
    for (;;) {
      const stored = read()
      const cached = readCachedCredentials(files.cache)
      if (cached && isFresh(cached)) return cached
      refuseAgain(files)
      const credentials = await renew(stored.recipe).catch((error: unknown) => {
        if (stored.isCurrent()) remember(error, files.failure, cached?.end ?? 0, terminal)
        throw error
      })
      const text = await keepCredentials(files.cache, credentials, stored)
      if (text) return { text, start: Date.now(), end: credentials.expiration.getTime() }
    }
  }
  return withFileLocks([lock], work, patienceMs)
}

function remember(
  error: unknown,
  path: string,
  end: number,
  { concealed }: Pick<Terminal, 'concealed'>,
): void {
  // A defect of ours others shall meet, too.
  if (!(error instanceof OidcError)) return
  const { code, message: what, why, likely, next } = error
  const at = Date.now()
  const text = withoutUndefined({ what, why, likely, next })
  const shown = Object.entries(text).map(([name, part]) => [name, concealed(part)])
  keepFailure(path, { ...Object.fromEntries(shown), code, at, until: failedUntil(end, at) })
}

async function newCredentials(
  { plan, token, maxAttempts }: Recipe,
  config: string,
  limited: Omit<Context, 'maxAttempts'>,
  isEarly: boolean,
): Promise<SessionCredentials> {
  const attempts = isEarly ? Math.min(maxAttempts ?? EARLY_ATTEMPTS, EARLY_ATTEMPTS) : maxAttempts
  const context = { ...limited, maxAttempts: attempts }
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
  const text = await edit(Buffer.alloc(0))
  // Under the lock of the cache, which a set-up holds while it writes recipe and cache.
  const guarded: FileEdit['edit'] = (content) => (isCurrent() ? text : content)
  await replaceFiles([{ ...file, edit: guarded }])
  if (isCurrent()) return text.toString()
  // Whoever removes the two removes the recipe first, so what we wrote in between is seen here.
  if (readTarget(path).content.equals(text)) removeFile(path)
  return undefined
}
