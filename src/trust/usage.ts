import { OidcError } from '../errors.ts'

/** `--a` and `--b` exclude each other. */
export function conflict(a: string, b: string): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${a} and --${b} exclude each other.`,
    next: 'Leave one of them out.',
  })
}

export function missing(option: string, why: string): OidcError {
  return new OidcError('invalid-usage', {
    what: `--${option} is missing.`,
    why,
    next: `Add --${option}.`,
  })
}
