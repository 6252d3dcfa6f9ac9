import { OidcError } from '../errors.ts'

/**
 * A word that any POSIX shell reads as exactly this value. Throws `invalid-usage` for what
 * is not printable ASCII; the message names the variable, never the value.
 */
export function shellQuote(value: string, variable: string): string {
  if (/[^ -~]/.test(value)) {
    throw new OidcError('invalid-usage', {
      what: `The value for ${variable} contains a line break or a character outside printable ASCII.`,
      next: `Pass another value for ${variable}.`,
    })
  }
  return `'${value.replaceAll("'", "'\\''")}'`
}
