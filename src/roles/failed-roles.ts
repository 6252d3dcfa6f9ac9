import { asOidcError } from '../error-text.ts'
import { OidcError } from '../errors.ts'

export interface RoleFailure {
  readonly profile: string
  readonly error: unknown
}

/** The role of a profile was not asked for, because there are no credentials to ask with. */
export class SourceFailed extends Error {
  readonly source: string

  constructor(source: string, cause: unknown) {
    super(`its source profile "${source}" failed`, { cause })
    this.source = source
  }
}

/** One error for every profile that failed: its full text where only one did, a line for each otherwise. */
export function failedRoles(failures: readonly RoleFailure[], planned: number): OidcError {
  const causes = failures.filter(({ error }) => !(error instanceof SourceFailed))
  const [first, ...others] = causes.map(({ profile, error }) => ({
    profile,
    error: asOidcError(error),
  }))
  if (!first) return asOidcError(failures[0]?.error)
  if (planned === 1) return first.error
  const { code, why, likely, next, cause } = first.error
  const head = `${failures.length} of ${planned} profiles failed, so nothing was written.`
  const lines = failures.map(({ profile, error }) => `\n  ${profile}: ${line(error)}`)
  if (others.length === 0) {
    return new OidcError(code, {
      what: head + lines.join(''),
      ...present({ why, likely, next }),
      cause,
    })
  }
  return new OidcError(code, {
    what: head + lines.join(''),
    next: 'Correct each of them. A profiles file with only one of them shows all that is known of it.',
    cause,
  })
}

function line(error: unknown): string {
  if (error instanceof SourceFailed) return error.message
  const { code, message } = asOidcError(error)
  return `${code}: ${message}`
}

function present(text: Record<'why' | 'likely' | 'next', string | undefined>) {
  return Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined))
}
