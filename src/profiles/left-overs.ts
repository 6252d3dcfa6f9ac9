import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { uniqueId } from './unique-id.ts'

const TEMPORARY = /^\.circleci-aws-oidc-[0-9a-f]{24}\.tmp$/
const LEFT_OVER_AFTER_MS = 60_000

/** A new name beside the target, by which a killed process's file is recognised. */
export function temporaryPath(target: string): string {
  return join(dirname(target), `.circleci-aws-oidc-${uniqueId()}.tmp`)
}

/**
 * Removes what killed processes left beside a target. To be called with its lock held: then no break
 * file of an earlier lock is of use any more.
 */
export function removeLeftOvers(target: string): void {
  const directory = dirname(target)
  const breakFile = `${basename(target)}.lock.break-`
  try {
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      if ((TEMPORARY.test(name) || name.startsWith(breakFile)) && isOld(path)) rmSync(path)
    }
  } catch {
    // They do no harm, and someone else may have removed them first.
  }
}

function isOld(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true && Date.now() - stats.ctimeMs > LEFT_OVER_AFTER_MS
}
