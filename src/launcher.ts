import type { Environment } from './options.ts'
import { sharedFileLocations, withoutEmptyHome } from './profiles/locations.ts'
import { isFresh, readCachedCredentials } from './refresh/cache.ts'
import { profileFiles } from './refresh/data-directory.ts'
import { lastFailure } from './refresh/last-failure.ts'

// What the `credential_process` of a profile starts. It lies beside a copy of the bundle, whose size
// alone would make each `aws` command wait.
const answer = quickAnswer(process.argv.slice(2), withoutEmptyHome(process.env))
if (answer === undefined) require('./circleci-aws-oidc.cjs')
else hand(answer)

function hand(text: string): void {
  process.stdout.on('error', fail)
  try {
    process.stdout.write(text)
  } catch (error) {
    // Some versions of Node throw what a file's disk refuses.
    fail(error as NodeJS.ErrnoException)
  }
}

/** A reader that left has what it wanted. */
function fail({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return
  process.exitCode = 6
  process.stderr.on('error', () => {})
  process.stderr.write(
    `Error file-unwritable: stdout can't be written: ${message}.\n  More:   npx circleci-aws-oidc explain file-unwritable\n`,
  )
}

/**
 * What `credential-process --profile NAME` prints, when the cache has it; else undefined, and the command
 * itself must run. AWS tools call it again and again, so it loads nothing else.
 */
function quickAnswer(args: readonly string[], env: Environment): string | undefined {
  const [command, option, profile, ...others] = args
  if (command !== 'credential-process' || option !== '--profile' || !profile || others.length > 0) {
    return undefined
  }
  try {
    const { cache, failure } = profileFiles(sharedFileLocations(env).config, profile, env)
    const cached = readCachedCredentials(cache)
    if (!cached || cached.end <= Date.now()) return undefined
    return isFresh(cached) || lastFailure(failure) ? cached.text : undefined
  } catch {
    return undefined
  }
}
