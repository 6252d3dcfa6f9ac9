import { pause } from '../deadline.ts'
import type { Line } from './ini.ts'
import type { SharedFile } from './profile-name.ts'

/**
 * A profile's settings as `@smithy/core`'s `parseIni` and `getConfigData` see them: indentation
 * matters only below an empty value, the last of several equal keys wins.
 */
export function readAsJavaScript(
  text: string,
  file: SharedFile,
  profile: string,
): Map<string, JavaScriptSetting> {
  const plain = new Map<string, JavaScriptSetting>()
  const prefixed = new Map<string, JavaScriptSetting>()
  let settings: Map<string, JavaScriptSetting> | undefined
  let parent: string | undefined
  for (const [index, line] of text.split(LINE_END).entries()) {
    // Of other sections only their end matters, and a file may have very many.
    if (settings === undefined && !line.includes('[')) continue
    const header = javaScriptHeader(line)
    if (header !== undefined) {
      const ours = javaScriptReads(header, file, profile)
      settings = ours ? (header === 'default' ? plain : prefixed) : undefined
      parent = undefined
      continue
    }
    const content = withoutComment(line)
    const equals = content.indexOf('=')
    if (equals < 1) continue
    const key = content.slice(0, equals).trim()
    const value = content.slice(equals + 1).trim()
    if (value === '') {
      parent = key
      continue
    }
    if (line.trimStart() === line) parent = undefined
    settings?.set(parent === undefined ? key : `${parent}.${key}`, { value, line: index + 1 })
  }
  // [profile default] replaces [default] as a whole.
  return prefixed.size > 0 ? prefixed : plain
}

/** One setting as the AWS SDK for JavaScript v3 reads it. */
export interface JavaScriptSetting {
  readonly value: string
  /** Line number, from 1. */
  readonly line: number
}

const LINE_END = /\r?\n/

/** The text between the brackets, when the SDK takes the line for a section header. */
export function javaScriptHeader(line: string): string | undefined {
  const text = withoutComment(line)
  return text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : undefined
}

const withoutComment = (line: string): string =>
  (/[;#]/.test(line) ? (line.split(INLINE_COMMENT)[0] ?? '') : line).trim()

const INLINE_COMMENT = /(^|\s)[;#]/

/** Whether the SDK finds the profile's settings under this header. */
export function javaScriptReads(header: string, file: SharedFile, profile: string): boolean {
  return javaScriptProfile(header, file) === profile
}

/** The profile whose settings the SDK finds under this header. */
export function javaScriptProfile(header: string, file: SharedFile): string | undefined {
  const key = sectionKey(header)
  if (file === 'credentials' || key === 'default') return key
  return key?.startsWith('profile.') ? key.slice('profile.'.length) : undefined
}

/** The key under which the SDK files a section; undefined when it skips the section. */
function sectionKey(header: string): string | undefined {
  const [, prefix, , name] = PREFIXED.exec(header) ?? []
  if (prefix === undefined) return header
  return PREFIXES.includes(prefix) ? `${prefix}.${name}` : undefined
}

const PREFIXED = /^([\w-]+)\s(["'])?([\w-@+.%:/]+)\2$/
const PREFIXES = ['profile', 'sso-session', 'services']

/**
 * The first header that breaks the SDK's reading of the whole file, with its line number, from 1: `parseIni` throws
 * for `__proto__`, and sets the settings of `[constructor]` on JavaScript's own `Object`.
 */
export async function javaScriptRefusal(
  lines: readonly Line[],
): Promise<{ readonly line: number; readonly name: string } | undefined> {
  let text = ''
  for (const [index, line] of lines.entries()) {
    if (index % 500 === 499) await pause()
    // A lone carriage return ends no line for it.
    text = (lines[index - 1]?.end === '\r' ? `${text}\r` : '') + line.text
    const isCut = line.end === '\r' && index < lines.length - 1
    if (isCut || !text.includes('[')) continue
    const name = javaScriptHeader(text)
    if (name === undefined) continue
    if (name === 'profile __proto__' || (sectionKey(name) ?? '') in {})
      return { line: index + 1, name }
  }
  return undefined
}
