import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { refuseReplaceable } from '../files/owner.ts'
import { resolveTarget } from '../files/target.ts'
import type { Environment } from '../options.ts'

/** The files that belong to one profile of one config file. */
export interface ProfileFiles {
  /** How to get new credentials. */
  readonly recipe: string
  /** The credentials themselves, until they expire. */
  readonly cache: string
  /** Why the last attempt to get new ones failed. */
  readonly failure: string
  /** The web identity token of a profile of the kind `token-file`. */
  readonly token: string
}

export function profileFiles(config: string, profile: string, env: Environment): ProfileFiles {
  return filesIn(profileDirectory(profilesDirectory(config, env), profile))
}

/**
 * The directory of all profiles of one config file: two of them may have profiles of the same name. One
 * file is the same by whatever symbolic links AWS_CONFIG_FILE leads to it.
 */
export function profilesDirectory(config: string, env: Environment): string {
  // The path of the config file as directories, for names have a limit and paths nearly none. On Windows
  // none may have a colon, as its drive has.
  return join(dataDirectory(env), 'profiles', resolveTarget(config).replace(/^([A-Za-z]):/, '$1'))
}

/** The files of a request that no profile of ours stands for, by its key; no profile's directory has such a name. */
export function requestFiles(config: string, key: string, env: Environment): ProfileFiles {
  return filesIn(join(profilesDirectory(config, env), `=${key}`))
}

export function profileDirectory(profiles: string, profile: string): string {
  return join(profiles, fileName(profile))
}

export function filesIn(directory: string): ProfileFiles {
  return {
    recipe: join(directory, 'recipe.json'),
    cache: join(directory, 'credentials.json'),
    failure: join(directory, 'failure.json'),
    token: join(directory, 'token'),
  }
}

/**
 * Where our own files live, for this user only (directories 0700, files 0600):
 * `$XDG_DATA_HOME/circleci-aws-oidc`, else `~/.local/share/circleci-aws-oidc`.
 */
export function dataDirectory(env: Environment): string {
  const data = env['XDG_DATA_HOME']
  // XDG Base Directory Specification: a relative path is to be ignored.
  const base = data && isAbsolute(data) ? data : join(env['HOME'] || homedir(), '.local', 'share')
  return join(base, 'circleci-aws-oidc')
}

/** Throws `file-unsafe` where another user could put other programs or credentials there. */
export function checkDataDirectory(env: Environment): void {
  refuseReplaceable(resolveTarget(dataDirectory(env)))
}

/**
 * Text as one file name, different for different texts also where letter case does not count (macOS, Windows):
 * what is not a small letter, digit, `-` or `_` by its code.
 */
function fileName(text: string): string {
  const hex = (byte: string) => `%${Buffer.from(byte, 'latin1').toString('hex')}`
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[^a-z\d_-]/g, hex)
}
