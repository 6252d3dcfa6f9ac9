import { OidcError } from '../errors.ts'
import { strip } from './ini.ts'

/**
 * Throws `invalid-usage` unless every reader of the shared files gets exactly this value back.
 * The message names the key, never the value: it may be a secret.
 */
export function assertSetting(key: string, value: string): void {
  const why = whyUnwritable(value)
  if (why === undefined) return
  throw new OidcError('invalid-usage', {
    what: `The value for "${key}" cannot be written to an AWS shared file: ${why}.`,
    next: `Pass another value for "${key}".`,
  })
}

/** A control or line-separating character, which readers would take for the end of the line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be written
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]/

function whyUnwritable(value: string): string | undefined {
  if (value === '') return 'it is empty'
  if (CONTROL.test(value)) return 'it contains a line break or another control character'
  if (value.trim() !== value) return 'it starts or ends with a space'
  // The JavaScript SDK cuts a value there; botocore does not.
  if (/(^|\s)[;#]/.test(value)) return 'it has a "#" or ";" at the start or after a space'
  return undefined
}

/**
 * A setting's line with a new value. What stands before the value stays, unless the JavaScript SDK
 * would not read it: that knows neither ":" nor keys in upper case.
 */
export function settingLine(old: string, key: string, value: string, indent: string): string {
  const [start = '', oldValue = ''] = /^[ \t]*[a-z0-9_]+[ \t]*=[ \t]*(?=(.*))/.exec(old) ?? []
  return (strip(oldValue) === '' ? `${indent}${key} = ` : start) + value
}
