import { OidcError } from '../errors.ts'

/** A word that any POSIX shell reads as exactly this value. Throws as `assertOneLine` does. */
export function shellQuote(value: string, variable: string): string {
  assertOneLine(value, variable)
  return `'${value.replaceAll("'", "'\\''")}'`
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
