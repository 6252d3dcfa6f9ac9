import { readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../options.ts'
import { errorCode, unreadable } from '../profiles/file-error.ts'
import { mayBeThere } from '../profiles/removal.ts'
import { profileDirectory, profilesDirectory } from '../refresh/data-directory.ts'

/**
 * Where the files are that we keep for these profiles, or for all profiles of a shared config file.
 * Throws `file-unreadable`.
 */
export function dataDirectories(
  config: string,
  profiles: readonly string[] | undefined,
  env: Environment,
): string[] {
  if (!mayBeThere(config)) return []
  const parent = profilesDirectory(config, env)
  if (profiles) return profiles.map((profile) => profileDirectory(parent, profile))
  try {
    const entries = readdirSync(parent, { withFileTypes: true })
    return entries.filter((one) => one.isDirectory()).map(({ name }) => join(parent, name))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw unreadable(parent, error)
  }
}

export function removeEmptyDirectory(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Missing, or something else is in it: another process at work, or profiles of another config file.
  }
}
