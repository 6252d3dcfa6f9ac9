import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import launcherText from 'launcher-text'
import { version } from '../../package.json'
import { OidcError } from '../errors.ts'
import type { FileEdit } from '../files/replace.ts'
import type { Environment } from '../options.ts'
import { shellWord } from '../text.ts'
import { dataDirectory } from './data-directory.ts'

/** Puts a copy of the running bundle at the place that profiles name, with what starts it beside it. */
export function installation(bundle: string, env: Environment): FileEdit[] {
  const later = join(dirname(bundle), LATER_FILE)
  const files = {
    'circleci-aws-oidc.cjs': readFileSync(bundle),
    // The orb's copy has none.
    ...(existsSync(later) ? { [LATER_FILE]: readFileSync(later) } : {}),
    'launcher.cjs': Buffer.from(launcherText),
    [START]: Buffer.from(isWindows ? commandFile() : shellScript()),
  }
  return Object.entries(files).map(([name, bytes]) => ({
    path: installedPath(name, env),
    edit: () => bytes,
    secret: true,
    program: true,
  }))
}

/**
 * The `credential_process` of a profile. botocore splits it as a POSIX shell would, the SDKs for JavaScript
 * and Go v2 give it to `sh -c`, and the SDK for Go v1 reads no more than a first word in quotation marks:
 * so the first has none, and what the others read alike is quoted by double quotes.
 */
export function credentialProcess(profile: string, env: Environment): string {
  const start = installedPath(START, env)
  return `${isWindows ? windowsWord(start) : `/bin/sh ${quoted(start)}`} --profile ${profile}`
}

/** What the bundle loads in rarer cases. */
const LATER_FILE = 'later.cjs'

const isWindows = process.platform === 'win32'
const START = isWindows ? 'credential-process.cmd' : 'credential-process.sh'

/** A job's NODE_OPTIONS may preload what prints, or what this directory does not have. */
function shellScript(): string {
  return `unset NODE_OPTIONS
node=${shellWord(process.execPath)}
if [ ! -x "$node" ]; then
  printf '%s\\n' "Error credentials-not-found: $node is gone, the Node that the profile was set up with." \\
    '  Next:   Run assume-role with --credentials refresh again.' >&2
  exit 2
fi
exec "$node"${ARGUMENTS} "\${0%/*}/launcher.cjs" credential-process "$@"
`
}

function commandFile(): string {
  // In a file of commands, % begins a variable.
  const node = process.execPath.replaceAll('%', '%%')
  return `@set NODE_OPTIONS=\r\n@"${node}"${ARGUMENTS} "%~dp0launcher.cjs" credential-process %*\r\n`
}

/** Deno asks before it reads a file or opens a connection, unless all is allowed. */
const ARGUMENTS = 'deno' in process.versions ? ' run -A' : ''

/** Where this version of the helper stays for the rest of the job; npx may clear its own copy away. */
function installedPath(name: string, env: Environment): string {
  return join(dataDirectory(env), 'versions', version, name)
}

/** cmd.exe takes outer quotation marks away where others stand between them, so there are none without need. */
function windowsWord(path: string): string {
  return /^[\w\\/:.~-]+$/.test(path) ? path : quoted(path)
}

function quoted(path: string): string {
  const special = isWindows ? /["%\r\n]/ : /["$`\\\r\n]/
  if (!special.test(path)) return `"${path}"`
  throw new OidcError('invalid-usage', {
    what: `The path ${JSON.stringify(path)} can't be used in credential_process.`,
    why: 'AWS tools differ in how they read quotation marks, $, ` and \\ there.',
    next: 'Set XDG_DATA_HOME to a directory without them, or use --credentials static.',
  })
}
