import { arnMatches } from './arn-pattern.ts'
import { compareDates, compareNumbers } from './ordered-values.ts'
import type { ExpectedValue } from './policy-variables.ts'
import { matchesSymbols } from './wildcard.ts'

/** Whether a value of the request matches one of the policy; `undefined`: these two can't be compared. */
type Matches = (actual: string, expected: ExpectedValue) => boolean | undefined

interface Comparison {
  readonly matches: Matches
  /** A negated operator passes when no listed value matches, and when the key is absent. */
  readonly negated: boolean
  /** "You can not use a policy variable with the Numeric/Date condition operator." */
  readonly variables: boolean
  /** In words, before a value: `less than`. */
  readonly order: string
}

export interface Operator extends Comparison {
  readonly quantifier: 'ForAnyValue' | 'ForAllValues' | undefined
  readonly ifExists: boolean
}

const text = (matches: Matches, negated = false): Comparison => ({
  matches,
  negated,
  variables: true,
  order: '',
})

type Compare = (actual: string, expected: string) => number | undefined

const ordered = (
  compare: Compare,
  accepts: (sign: number) => boolean,
  order = '',
  negated = false,
): Comparison => ({
  matches: (actual, expected) => {
    const sign = compare(actual, expected.text)
    return sign === undefined ? undefined : accepts(sign)
  },
  negated,
  variables: false,
  order,
})

const equals: Matches = (actual, expected) => actual === expected.text
const equalsIgnoringCase: Matches = (actual, expected) =>
  actual.toLowerCase() === expected.text.toLowerCase()
const like: Matches = (actual, expected) => matchesSymbols(actual, expected.symbols)
const arnLike: Matches = (actual, expected) => arnMatches(actual, expected.symbols)

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
