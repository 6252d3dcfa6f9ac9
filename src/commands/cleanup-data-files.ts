import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../options.ts'
import { errorCode, unreadable } from '../profiles/file-error.ts'
import { filesIn, profileDirectory, profilesDirectory } from '../refresh/data-directory.ts'

/** Where recipes, cached credentials and token files are, and those that are there. */
export interface DataFiles {
  readonly directories: readonly string[]
  readonly files: readonly string[]
}

/** What we keep for these profiles, or for all profiles of a shared config file. Throws `file-unreadable`. */
export function findDataFiles(
  config: string,
  profiles: readonly string[] | undefined,
  env: Environment,
): DataFiles {
  const found = directories(profilesDirectory(config, env), profiles)
  const files = found.flatMap((directory) => Object.values(filesIn(directory)))
  return { directories: found, files: files.filter((path) => existsSync(path)) }
}

function directories(parent: string, profiles: readonly string[] | undefined): string[] {
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
