import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { unwritable } from './failure.ts'
import { isAlive, isStale, lockPath, readLockHolder, uniqueId, withFileLocks } from './lock.ts'
import { removeFile } from './target.ts'

/** A new name beside the target, by which a killed process's file is recognised. */
export function temporaryPath(target: string): string {
  return join(dirname(target), `.circleci-aws-oidc-${process.pid}-${uniqueId()}.tmp`)
}

/**
 * Removes what killed processes left beside a target. To be called with its lock held: then no break
 * file of an earlier lock is of use any more.
 */
export function removeStaleFiles(target: string): void {
  const directory = dirname(target)
  const breakFile = `${basename(lockPath(target))}.break-`
  try {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      const isOurs = name.startsWith(breakFile) || TEMPORARY.test(name)
      if (isOurs && isStaleFile(path, DEAD_AFTER_MS)) removeFile(path)
    }
  } catch {
    // They do no harm, and someone else may have removed them first.
  }
}

/**
 * Removes the temporary files of dead processes of this user in a directory, for there may be secrets in
 * them. Returns the paths that are gone. Throws `file-unwritable`.
 */
export function removeTemporaryFiles(directory: string): string[] {
  const paths = namesIn(directory)
    .filter((name) => TEMPORARY.test(name))
    .map((name) => join(directory, name))
    .filter((path) => isStaleFile(path, 0) && isOwn(path))
  for (const path of paths) {
    try {
      removeFile(path)
    } catch (error) {
      throw unwritable(path, error)
    }
  }
  return paths
}

/** Removes the locks that dead processes of this user left of these targets. */
export async function removeStaleLocks(targets: readonly string[]): Promise<void> {
  const stale = targets.filter((target) => {
    const holder = readLockHolder(lockPath(target))
    return holder !== undefined && isStale(holder) && isOwn(lockPath(target))
  })
  await withFileLocks(stale, () => {})
}

const TEMPORARY = /^\.circleci-aws-oidc-(?:(\d+)-)?[0-9a-f]{24}\.tmp$/

function isStaleFile(path: string, deadAfterMs: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile()) return false
  const age = Math.abs(Date.now() - stats.ctimeMs)
  const pid = TEMPORARY.exec(basename(path))?.[1]
  if (pid !== undefined && !isAlive(Number(pid))) return age >= deadAfterMs
  return age > STALE_AFTER_MS
}

const STALE_AFTER_MS = 60_000

/** Containers may share a directory and not their processes. */
const DEAD_AFTER_MS = 2_000

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Nothing was written where nobody can look, or where there is nothing.
    return []
  }
}

/** In a directory that many may write to, those of others are none of our concern. */
function isOwn(path: string): boolean {
  const user = process.getuid?.() ?? 0
  return user === 0 || lstatSync(path, { throwIfNoEntry: false })?.uid === user
}
