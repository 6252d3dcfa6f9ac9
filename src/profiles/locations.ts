import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { SharedFile } from './profile-name.ts'

/**
 * Where AWS tools look: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws`.
 * Throws `invalid-usage` for a value that they read differently; Node throws where there is no home directory.
 */
export function sharedFileLocations(env: Environment = process.env): SharedFileLocations {
  return {
    config: locate(env, 'AWS_CONFIG_FILE', 'config'),
    credentials: locate(env, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
  }
}

/** Absolute paths of the shared config file and the shared credentials file. */
export type SharedFileLocations = Readonly<Record<SharedFile, string>>

function locate(env: Environment, variable: string, name: string): string {
  const path = env[variable]
  if (!path) return join(env['HOME'] || homedir(), '.aws', name)
  if (path.startsWith('~/')) return join(env['HOME'] || homedir(), path.slice(2))
  // botocore expands these, the SDK for JavaScript does not.
  if (/^~|\$[\w{]/.test(path)) {
    throw new OidcError('invalid-usage', {
      what: `${variable} is ${JSON.stringify(path)}, which AWS tools resolve to different paths.`,
      next: `Set ${variable} to an absolute path, without $ and without ~ except for a leading "~/".`,
    })
  }
  return resolve(path)
}

/**
 * An empty HOME counts as unset, so that the home is the one of the user's account. Node and the SDK would
 * take it for the working directory.
 */
export function withoutEmptyHome(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (env['HOME'] === '') delete env['HOME']
  return env
}
