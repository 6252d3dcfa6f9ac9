import { OidcError } from '../errors.ts'

/**
 * Throws `invalid-profile-name` unless both botocore and the JavaScript SDK read a profile of that name.
 */
export function assertProfileName(name: string): void {
  if (!PROFILE_NAME.test(name)) {
    throw new OidcError('invalid-profile-name', {
      what: `${JSON.stringify(name)} cannot be a profile name.`,
      why: 'AWS SDKs read only names made of letters A-Z a-z, digits and _ - . @ + % : /; a name that begins with - would look like an option.',
      next: 'Choose a name with these characters, for example "dev".',
    })
  }
  if (name.replace(/[^a-z\d_-]/g, '%00').length > MAX_FILE_NAME) {
    throw new OidcError('invalid-profile-name', {
      what: `The profile name ${JSON.stringify(`${name.slice(0, 40)}…`)} is too long.`,
      why: 'A directory is named after it, and file systems allow 255 bytes.',
      next: 'Choose a shorter name.',
    })
  }
  // botocore copies a [DEFAULT] section into every other; `in` finds __proto__ and constructor.
  if (name === 'DEFAULT' || name in {}) {
    throw new OidcError('invalid-profile-name', {
      what: `"${name}" cannot be a profile name.`,
      why: 'AWS SDKs give a section with that name another meaning.',
      next: name === 'DEFAULT' ? 'Did you mean "default"?' : 'Choose another name.',
    })
  }
}

/** What the AWS SDK for JavaScript v3 reads in a section header; botocore allows more. */
const PROFILE_NAME = /^[\w@+.%:/][\w@+.%:/-]*$/

/** Bytes of a file name. A directory of ours is named after the profile, capitals and signs percent-encoded. */
const MAX_FILE_NAME = 255

export type SharedFile = 'config' | 'credentials'

/**
 * The profile that botocore takes a section for (`configloader.build_profile_map`). In the config file
 * any header that starts with "profile" and has two shell words counts, however it is spelled.
 */
export function profileOf(header: string, file: SharedFile): string | undefined {
  if (file === 'credentials' || header === 'default') return header
  const [, plain] = /^profile ([\w.-]+)$/.exec(header) ?? []
  if (plain !== undefined) return plain
  const words = header.startsWith('profile') ? splitShellWords(header) : undefined
  return words?.length === 2 ? words[1] : undefined
}

/**
 * Splits like Python's `shlex.split`, which botocore applies to section headers.
 * Returns undefined for what Python refuses: an open quotation or a final backslash.
 */
function splitShellWords(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i)
    if (char === '\\' && quote !== "'") {
      i += 1
      if (i >= text.length) return undefined
      const escaped = text.charAt(i)
      const keepsBackslash = quote === '"' && escaped !== '"' && escaped !== '\\'
      word = (word ?? '') + (keepsBackslash ? `\\${escaped}` : escaped)
    } else if (quote) {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (BLANK.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote) return undefined
  if (word !== undefined) words.push(word)
  return words
}

const BLANK = /[ \t\r\n]/

/** The header text we give a profile's new section. */
export function canonicalHeader(file: SharedFile, profile: string): string {
  return file === 'credentials' || profile === 'default' ? profile : `profile ${profile}`
}
