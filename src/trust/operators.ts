import { matchesWildcard } from './wildcard.ts'

interface Comparison {
  readonly matches: (actual: string, expected: string) => boolean
  /** A negated operator passes when no listed value matches, and when the key is absent. */
  readonly negated: boolean
}

export interface Operator extends Comparison {
  readonly quantifier: 'ForAnyValue' | 'ForAllValues' | undefined
  readonly ifExists: boolean
}

const equals = (actual: string, expected: string) => actual === expected
const equalsIgnoringCase = (actual: string, expected: string) =>
  actual.toLowerCase() === expected.toLowerCase()

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: { matches: equals, negated: false },
  StringNotEquals: { matches: equals, negated: true },
  StringEqualsIgnoreCase: { matches: equalsIgnoringCase, negated: false },
  StringNotEqualsIgnoreCase: { matches: equalsIgnoringCase, negated: true },
  StringLike: { matches: matchesWildcard, negated: false },
  StringNotLike: { matches: matchesWildcard, negated: true },
  Bool: { matches: equalsIgnoringCase, negated: false },
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
