import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { OidcError } from '../errors.ts'
import { unwritable } from './failure.ts'
import { uniqueId } from './holder.ts'
import { lockPath, withFileLocks } from './lock.ts'
import { LockQueue } from './queue.ts'
import { removeFile } from './target.ts'

/** A new name beside the target that says whose it is: who holds the lock of the target may remove it. */
export function temporaryPath(target: string): string {
  return join(dirname(target), `.${basename(target)}.circleci-aws-oidc-${uniqueId()}.tmp`)
}

/**
 * Removes what killed processes left beside a target, however new it is. To be called with its lock held: nobody else
 * has temporary files for it then, and no break file of an earlier lock is of use any more.
 */
export function removeStaleFiles(target: string): void {
  const breakFile = `${basename(lockPath(target))}.break-`
  for (const name of namesIn(dirname(target))) {
    if (!name.startsWith(breakFile) && TEMPORARY.exec(name)?.[1] !== basename(target)) continue
    try {
      removeFile(join(dirname(target), name))
    } catch {
      // It does no harm, and someone else may have removed it first.
    }
  }
}

/**
 * Removes the temporary files of dead processes of this user in a directory, for there may be secrets in
 * them. Returns the paths that are gone. Throws `file-unwritable`, `file-locked`.
 */
export async function removeTemporaryFiles(directory: string): Promise<string[]> {
  const found = () =>
    namesIn(directory)
      .map((name) => ({ path: join(directory, name), target: TEMPORARY.exec(name)?.[1] }))
      .filter(({ path, target }) => target !== undefined && isOwnFile(path))
  const targets = found().map(({ target = '' }) => join(directory, target))
  // With the lock held, those that are still there are of the dead.
  return withFileLocks(targets, () => {
    const paths = found()
      .filter(({ target = '' }) => targets.includes(join(directory, target)))
      .map(({ path }) => path)
    for (const path of paths) {
      try {
        removeFile(path)
      } catch (error) {
        throw unwritable(path, error)
      }
    }
    return paths
  })
}

/** Removes the locks that dead processes of this user left of these targets. */
export async function removeStaleLocks(targets: readonly string[]): Promise<void> {
  for (const target of targets) {
    const path = lockPath(target)
    const queue = new LockQueue(path)
    queue.ahead()
    queue.leave()
    if (!isOwnFile(path)) continue
    try {
      await withFileLocks([target], () => {})
    } catch (error) {
      // A living process has it.
      if (!(error instanceof OidcError && error.code === 'file-locked')) throw error
    }
  }
}

const TEMPORARY = /^\.(.+)\.circleci-aws-oidc-[0-9a-f]{24}\.tmp$/

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Nothing was written where nobody can look, or where there is nothing.
    return []
  }
}

/** In a directory that many may write to, those of others are none of our concern. */
function isOwnFile(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  const user = process.getuid?.() ?? 0
  return stats?.isFile() === true && (user === 0 || stats.uid === user)
}
