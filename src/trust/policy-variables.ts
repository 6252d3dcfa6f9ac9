import type { ContextKeys } from './context-keys.ts'
import { literal } from './wildcard.ts'

/** A value of a condition with its policy variables replaced. */
export interface ExpectedValue {
  /** As equality compares it. */
  readonly text: string
  /** As patterns read it: characters, and `${*}`, `${?}` for a literal `*`, `?`. */
  readonly symbols: readonly string[]
}

/** The value without variables: everything is plain text. */
export function plainValue(value: string): ExpectedValue {
  return { text: value, symbols: [...value] }
}

// `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`.
const VARIABLE = /\$\{([^{}]*)\}/

/**
 * Replaces the policy variables in a condition's value, or says which one can't be told.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function resolveVariables(
  value: string,
  keys: ContextKeys,
): ExpectedValue | { readonly undecided: string } {
  const symbols: string[] = []
  let rest = value
  for (let match = VARIABLE.exec(rest); match; match = VARIABLE.exec(rest)) {
    const replaced = resolve(match[1] ?? '', keys)
    if (replaced === undefined) {
      return { undecided: `the policy variable in "${value}" can't be evaluated here` }
    }
    symbols.push(...rest.slice(0, match.index), ...replaced)
    rest = rest.slice(match.index + match[0].length)
  }
  if (rest.includes('${')) {
    return { undecided: `"${value}" has a policy variable without an end` }
  }
  symbols.push(...rest)
  return { text: symbols.map(literal).join(''), symbols }
}

function resolve(inside: string, keys: ContextKeys): readonly string[] | undefined {
  if (inside === '$') return ['$']
  if (inside === '*' || inside === '?') return [`\${${inside}}`]
  const [, key = '', fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?$/.exec(inside) ?? []
  const values = keys.get(key.toLowerCase())
  // "You cannot use a multivalued condition key as a policy variable" (same page).
  if (values !== undefined && values.length > 1) return undefined
  // Absence is known of the requester's tags only; other absent keys may well be in the real request.
  const absent = values === undefined && /^aws:(principaltag|requesttag)\//i.test(key)
  const text = values?.[0] ?? (absent ? fallback : undefined)
  // Whether "*" in the value of a key acts as a wildcard is not documented.
  return text === undefined || /[*?]/.test(text) ? undefined : [...text]
}
