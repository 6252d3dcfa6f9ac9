import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import launcherText from 'launcher-text'
import { version } from '../../package.json'
import { OidcError } from '../errors.ts'
import type { FileEdit } from '../files/replace.ts'
import type { Environment } from '../options.ts'
import { dataDirectory } from './data-directory.ts'

/** Puts a copy of the running bundle at the place that profiles name, with the launcher beside it. */
export function installation(bundle: string, env: Environment): FileEdit[] {
  const content = readFileSync(bundle)
  const launcher = Buffer.from(launcherText)
  return [
    { path: installedPath('circleci-aws-oidc.cjs', env), edit: () => content, secret: true },
    { path: installedPath(LAUNCHER, env), edit: () => launcher, secret: true },
  ]
}

/**
 * The `credential_process` of a profile. botocore splits it as a POSIX shell would, the SDK for JavaScript
 * gives it to `sh -c`: what both read alike is quoted by double quotes.
 */
export function credentialProcess(profile: string, env: Environment): string {
  const words = [process.execPath, installedPath(LAUNCHER, env)].map(quoted)
  return [...words, 'credential-process', '--profile', profile].join(' ')
}

const LAUNCHER = 'launcher.cjs'

/** Where this version of the helper stays for the rest of the job; npx may clear its own copy away. */
function installedPath(name: string, env: Environment): string {
  return join(dataDirectory(env), 'versions', version, name)
}

function quoted(path: string): string {
  const special = process.platform === 'win32' ? /["%\r\n]/ : /["$`\\\r\n]/
  if (!special.test(path)) return `"${path}"`
  throw new OidcError('invalid-usage', {
    what: `The path ${JSON.stringify(path)} can't stand in credential_process.`,
    why: 'AWS tools read quotation marks, $, ` and \\ in it in different ways.',
    next: 'Set XDG_DATA_HOME to a directory without them, or use --credentials static.',
  })
}
