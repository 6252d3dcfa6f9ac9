import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Environment } from '../options.ts'
import { errorCode, unreadable } from '../profiles/file-error.ts'
import { withFileLocks } from '../profiles/file-lock.ts'
import { removeFile } from '../profiles/removal.ts'
import { profileFiles } from '../refresh/data-directory.ts'

/**
 * Removes recipes, cached credentials and token files of these profiles, or of all profiles of a shared
 * config file. Returns the paths that are gone. Throws `file-unwritable`, `file-locked`.
 */
export async function removeDataFiles(
  config: string,
  profiles: readonly string[] | undefined,
  env: Environment,
): Promise<string[]> {
  const removed: string[] = []
  for (const directory of directories(config, profiles, env)) {
    const names = Object.values(profileFiles(config, 'default', env)).map((path) => basename(path))
    const files = names.map((name) => join(directory, name)).filter((path) => existsSync(path))
    removed.push(...(await withFileLocks(files, () => files.map(removeFile))))
    removeEmptyDirectory(directory)
  }
  return removed
}

function directories(
  config: string,
  profiles: readonly string[] | undefined,
  env: Environment,
): string[] {
  const directoryOf = (profile: string) => dirname(profileFiles(config, profile, env).recipe)
  if (profiles) return profiles.map(directoryOf)
  const parent = dirname(directoryOf('default'))
  try {
    const entries = readdirSync(parent, { withFileTypes: true })
    return entries.filter((one) => one.isDirectory()).map(({ name }) => join(parent, name))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw unreadable(parent, error)
  }
}

function removeEmptyDirectory(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Missing, or something else is in it: another process at work, or profiles of another config file.
  }
}
