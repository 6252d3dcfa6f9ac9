import type { ContextKeys } from './context-keys.ts'
import { arnMatches, literal, matchesSymbols } from './wildcard.ts'

export interface Operator extends Comparison {
  readonly quantifier: 'ForAnyValue' | 'ForAllValues' | undefined
  readonly ifExists: boolean
}

interface Comparison {
  readonly matches: Matches
  /** A negated operator passes when no listed value matches, and when the key is absent. */
  readonly negated: boolean
  /** "You can not use a policy variable with the Numeric/Date condition operator." */
  readonly variables: boolean
  /** In words, before a value: `less than`. */
  readonly order: string
}

/** Whether a value of the request matches one of the policy; `undefined`: these two can't be compared. */
type Matches = (actual: string, expected: ExpectedValue) => boolean | undefined

/** Every condition operator of IAM, without `ForAnyValue:`, `ForAllValues:` and `IfExists`. */
export function operatorNames(): readonly string[] {
  return [...Object.keys(COMPARISONS), 'BinaryEquals', 'IpAddress', 'NotIpAddress', 'Null']
}

/**
 * The parts of an operator name such as `ForAnyValue:StringLikeIfExists`; `undefined` when we don't evaluate it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function parseOperator(name: string): Operator | undefined {
  const parts = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(name)
  const base = parts?.[2] ?? ''
  if (!Object.hasOwn(COMPARISONS, base)) return undefined
  const comparison = COMPARISONS[base]
  return (
    comparison && {
      ...comparison,
      quantifier: parts?.[1] as Operator['quantifier'],
      ifExists: parts?.[3] !== undefined,
    }
  )
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: text(equals),
  StringNotEquals: text(equals, true),
  StringEqualsIgnoreCase: text(equalsIgnoringCase),
  StringNotEqualsIgnoreCase: text(equalsIgnoringCase, true),
  StringLike: text(like),
  StringNotLike: text(like, true),
  Bool: text(equalsIgnoringCase),
  // "The ArnEquals and ArnLike condition operators behave identically."
  ArnEquals: text(arnLike),
  ArnLike: text(arnLike),
  ArnNotEquals: text(arnLike, true),
  ArnNotLike: text(arnLike, true),
  ...comparisons('Numeric', compareNumbers),
  ...comparisons('Date', compareDates),
}

function text(matches: Matches, negated = false): Comparison {
  return { matches, negated, variables: true, order: '' }
}

function equals(actual: string, expected: ExpectedValue): boolean {
  return actual === expected.text
}

function equalsIgnoringCase(actual: string, expected: ExpectedValue): boolean {
  return actual.toLowerCase() === expected.text.toLowerCase()
}

function like(actual: string, expected: ExpectedValue): boolean {
  return matchesSymbols(actual, expected.symbols)
}

function arnLike(actual: string, expected: ExpectedValue): boolean | undefined {
  return arnMatches(actual, expected.symbols)
}

function comparisons(kind: 'Numeric' | 'Date', compare: Compare) {
  return {
    [`${kind}Equals`]: ordered(compare, (sign) => sign === 0),
    [`${kind}NotEquals`]: ordered(compare, (sign) => sign === 0, '', true),
    [`${kind}LessThan`]: ordered(compare, (sign) => sign < 0, 'less than'),
    [`${kind}LessThanEquals`]: ordered(compare, (sign) => sign <= 0, 'at most'),
    [`${kind}GreaterThan`]: ordered(compare, (sign) => sign > 0, 'more than'),
    [`${kind}GreaterThanEquals`]: ordered(compare, (sign) => sign >= 0, 'at least'),
  }
}

type Compare = (actual: string, expected: string) => number | undefined

function ordered(
  compare: Compare,
  accepts: (sign: number) => boolean,
  order = '',
  negated = false,
): Comparison {
  const matches: Matches = (actual, expected) => {
    const sign = compare(actual, expected.text)
    return sign === undefined ? undefined : accepts(sign)
  }
  return { matches, negated, variables: false, order }
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`; `undefined` when one is no number. */
function compareNumbers(a: string, b: string): number | undefined {
  return difference(readNumber(a), readNumber(b))
}

/** The same for points in time: a W3C form of ISO 8601, or seconds since the epoch. */
export function compareDates(a: string, b: string): number | undefined {
  return difference(readDate(a), readDate(b))
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b
}

/** "An integer or decimal value"; more digits than a double holds can't be compared here. */
function readNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) && text.length <= 16 ? Number(text) : undefined
}

// https://www.w3.org/TR/NOTE-datetime: year, month, day, minutes, seconds, fractions; a time has a zone.
const W3C_DATE = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?)?)?$/

/** Milliseconds since the epoch. */
function readDate(text: string): number | undefined {
  if (W3C_DATE.test(text)) {
    const time = Date.parse(text)
    return Number.isNaN(time) ? undefined : time
  }
  return /^\d{5,12}$/.test(text) ? Number(text) * 1000 : undefined
}

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
    return { undecided: `"${value}" has a policy variable that is not closed` }
  }
  symbols.push(...rest)
  return { text: symbols.map(literal).join(''), symbols }
}

// `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`.
const VARIABLE = /\$\{([^{}]*)\}/

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
