import type { Environment } from '../options.ts'
import { sharedFileLocations } from '../profiles/shared-file-locations.ts'
import { isFresh, readCachedCredentials } from './cached-credentials.ts'
import { profileFiles } from './data-directory.ts'

/**
 * What `credential-process --profile NAME` prints, when the cache has it; else undefined, and the command
 * itself must run. AWS tools call it again and again, so it loads nothing else.
 */
export function quickAnswer(args: readonly string[], env: Environment): string | undefined {
  const [command, option, profile, ...others] = args
  if (command !== 'credential-process' || option !== '--profile' || !profile || others.length > 0) {
    return undefined
  }
  try {
    const { cache } = profileFiles(sharedFileLocations(env).config, profile, env)
    const cached = readCachedCredentials(cache)
    return cached && isFresh(cached) ? cached.text : undefined
  } catch {
    return undefined
  }
}
