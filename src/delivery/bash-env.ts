import { resolve } from 'node:path'
import { OidcError } from '../errors.ts'
import type { FileEdit } from '../files/replace.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { assertRegion } from '../role/region.ts'
import { type SessionCredentials, STATIC_KEY_VARIABLES } from '../role/request.ts'
import { shellWord } from '../text.ts'

/** What later steps of the job get in their environment. */
export type Exports =
  | {
      readonly mode: 'profile'
      readonly profile: string
      readonly credentials: keyof typeof WEB_IDENTITY
      readonly region?: string | undefined
    }
  | {
      readonly mode: 'keys'
      /** Of what profile they are, so that `cleanup` knows. */
      readonly profile: string
      readonly credentials: SessionCredentials
      readonly region?: string | undefined
    }
  | { readonly mode: 'none' }

const BEGIN = '# >>> circleci-aws-oidc'
/** Begins a block whose text above had no line end; removing the block takes ours away again. */
const BEGIN_WITH_LINE_END = `${BEGIN} (and the line end above)`
const END = '# <<< circleci-aws-oidc'

/**
 * Puts the exports into the file that `$BASH_ENV` names; it is created (0600, its directory 0700)
 * when there is something to write. With keys in it, no one but its owner can read it afterwards.
 * The edit throws what `editExports` throws.
 */
export function bashEnvEdit(path: string, exports: Exports): FileEdit {
  return {
    path: resolve(path),
    // Latin-1 keeps every byte of what others wrote, in whatever encoding.
    edit: (content) => Buffer.from(editExports(content.toString('latin1'), exports), 'latin1'),
    secret: exports.mode === 'keys',
  }
}

/**
 * Returns the text of a `$BASH_ENV` file with our block at its end, where it wins over what other
 * steps put there, and every other byte kept. Mode `none` removes the block.
 * Throws `invalid-profile-name`, `invalid-region`, `invalid-usage`.
 */
export function editExports(text: string, exports: Exports): string {
  const rest = withoutBlocks(text)
  if (exports.mode === 'none') return rest
  const lines = exports.mode === 'keys' ? keyLines(exports) : profileLines(exports)
  const unended = rest !== '' && !rest.endsWith('\n')
  const begin = unended ? `\n${BEGIN_WITH_LINE_END}` : BEGIN
  return `${rest}${[begin, ...lines, END].join('\n')}\n`
}

/** Whether the lines that `rest` lacks of a text export this profile, or keys of it. */
export function isExportOf(profile: string, text: string, rest: string): boolean {
  const ours = [`export AWS_PROFILE=${shellQuote(profile, 'AWS_PROFILE')}`, KEYS_OF + profile]
  const count = (one: string) => one.split(/\r?\n/).filter((line) => ours.includes(line)).length
  return count(text) > count(rest)
}

function profileLines(exports: Extract<Exports, { mode: 'profile' }>): string[] {
  const { profile, credentials, region } = exports
  assertProfileName(profile)
  return [
    `unset ${STATIC_KEY_VARIABLES.join(' ')} ${EXPIRY}`,
    `unset ${WEB_IDENTITY[credentials]}`,
    // botocore reads AWS_DEFAULT_PROFILE before AWS_PROFILE.
    'unset AWS_DEFAULT_PROFILE',
    `export AWS_PROFILE=${shellQuote(profile, 'AWS_PROFILE')}`,
    ...regionLines(region),
  ]
}

/**
 * Under `set -x` or `-v` the keys would appear in the log. The shell's flags are kept meanwhile in
 * AWS_PROFILE, which is to be unset anyway.
 */
function keyLines({ profile, credentials, region }: Extract<Exports, { mode: 'keys' }>): string[] {
  const keys = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  }
  assertProfileName(profile)
  return [
    KEYS_OF + profile,
    'AWS_PROFILE=$-',
    '{ set +xv; } 2>/dev/null',
    ...Object.entries(keys).map(([name, key]) => `export ${name}=${shellQuote(key, name)}`),
    'case $AWS_PROFILE in *v*) set -v ;; esac',
    'case $AWS_PROFILE in *x*) set -x ;; esac',
    `unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN ${EXPIRY}`,
    ...regionLines(region),
  ]
}

/** The AWS CLI reads only the one variable, the SDK for JavaScript only the other. */
function regionLines(region: string | undefined): string[] {
  if (region === undefined) return []
  assertRegion(region)
  return ['AWS_REGION', 'AWS_DEFAULT_REGION'].map((name) => `export ${name}='${region}'`)
}

function withoutBlocks(text: string): string {
  const lines = text.split(/(?<=\n)/)
  let rest = ''
  let open: { begin: string; before: string } | undefined
  for (const [index, line] of lines.entries()) {
    const content = line.trimEnd()
    if (content === BEGIN || content === BEGIN_WITH_LINE_END) {
      open = { begin: content, before: rest }
    } else if (content === END && open) {
      const last = index === lines.length - 1
      const { begin, before } = open
      rest = begin === BEGIN_WITH_LINE_END && last ? before.replace(/\n$/, '') : before
      open = undefined
      continue
    }
    rest += line
  }
  return rest
}

/** A word that any POSIX shell reads as exactly this value. Throws as `assertOneLine` does. */
function shellQuote(value: string, variable: string): string {
  assertOneLine(value, variable)
  return shellWord(value)
}

/**
 * Throws `invalid-usage` for what is not printable ASCII, and so could begin another line; the message
 * names the variable, never the value.
 */
export function assertOneLine(value: string, variable: string): void {
  if (/[^ -~]/.test(value)) {
    throw new OidcError('invalid-usage', {
      what: `The value for ${variable} contains a line break or a character outside printable ASCII.`,
      next: `Pass another value for ${variable}.`,
    })
  }
}

const KEYS_OF = '# keys of the profile '

/** In botocore these come before the credentials of a profile chosen by AWS_PROFILE. */
const WEB_IDENTITY = {
  // Alone it does no harm, and a later step may name its role by it.
  static: 'AWS_WEB_IDENTITY_TOKEN_FILE',
  refresh: 'AWS_WEB_IDENTITY_TOKEN_FILE',
  'token-file': 'AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME',
} as const
const EXPIRY = 'AWS_CREDENTIAL_EXPIRATION'
