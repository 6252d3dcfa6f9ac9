import { OidcError } from './errors.ts'
import type { Environment } from './options.ts'

// A policy variable such as ${aws:username} has a colon that no default follows, so it stays as it is.
// A default may itself refer to a variable, in braces or not.
const REFERENCE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\})/g

/**
 * Expands `$NAME`, `${NAME}` and `${NAME:-default}`, the default as well; anything else that has a `$` stays as it is.
 * An unset or empty variable without a default is an error that names it and `where` it stands.
 */
export function expandVariables(text: string, env: Environment, where: string): string {
  return text.replace(REFERENCE, (_, bare?: string, braced?: string, fallback?: string) => {
    const name = bare ?? braced ?? ''
    const value = env[name]
    if (typeof value === 'string' && value !== '') return value
    if (fallback !== undefined) return expandVariables(fallback, env, where)
    throw unsetVariable(name, where)
  })
}

/** The error for a variable that `where` refers to and that has no value. */
export function unsetVariable(name: string, where: string): OidcError {
  return new OidcError('unset-variable', {
    what: `${where} refers to the environment variable ${name}, which is not set or empty.`,
    next: `Set ${name} in a context, the project settings or an earlier step, or give the value itself.`,
  })
}
