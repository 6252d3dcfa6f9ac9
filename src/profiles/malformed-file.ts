import { OidcError } from '../errors.ts'

/** The error for a file that AWS tools cannot read. Line contents stay out of it: they may be secrets. */
export function malformedFile(path: string, line: number, why: string): OidcError {
  return new OidcError('file-malformed', {
    what: `${path}, line ${line}: ${why}.`,
    next: `Correct line ${line} of ${path} and run again. The file was left as it is.`,
  })
}
