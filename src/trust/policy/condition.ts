import { type ContextKeys, isAbsenceKnown } from './context-keys.ts'
import type { Condition } from './document.ts'
import {
  type ExpectedValue,
  type Operator,
  parseOperator,
  plainValue,
  resolveVariables,
} from './operators.ts'
import type { TrustPolicy } from './policy.ts'

/** One condition against one request: what the policy expects, what the request carries, and why it (mis)matched. */
export interface ConditionResult {
  readonly operator: string
  readonly key: string
  readonly expected: readonly string[]
  /** The key's values in the request; `undefined` when the key is absent. */
  readonly actual: readonly string[] | undefined
  readonly outcome: ConditionOutcome
  readonly reason: string
}

export type ConditionOutcome = 'matched' | 'unmatched' | 'undecided'

/** Evaluates one condition. Several conditions of a statement are ANDed by the caller; the values here are ORed. */
export function evaluateCondition(
  condition: Condition,
  keys: ContextKeys,
  version: TrustPolicy['version'],
): ConditionResult {
  const actual = keys.get(condition.key.toLowerCase())
  const [outcome, reason] = judge(condition, actual, keys, version)
  const { operator, key, values } = condition
  return { operator, key, expected: values, actual, outcome, reason }
}

type Judgement = readonly [ConditionOutcome, string]

function judge(
  condition: Condition,
  actual: readonly string[] | undefined,
  keys: ContextKeys,
  version: TrustPolicy['version'],
): Judgement {
  if (actual === undefined && !isAbsenceKnown(condition.key)) {
    return ['undecided', `only AWS knows the value of ${condition.key}`]
  }
  if (condition.operator === 'Null') return judgeNull(condition.values, actual)
  const operator = parseOperator(condition.operator)
  if (operator === undefined) {
    return ['undecided', `the operator ${condition.operator} can't be evaluated here`]
  }
  if (actual === undefined || actual.length === 0) return judgeAbsent(operator, condition.key)
  const expected = readValues(operator, condition.values, keys, version)
  if ('undecided' in expected) return ['undecided', expected.undecided]
  return judgePresent(operator, condition, expected.values, actual)
}

/** Policy variables exist since version 2012-10-17; before, `${…}` is plain text: reference_policies_variables.html */
function readValues(
  operator: Operator,
  values: readonly string[],
  keys: ContextKeys,
  version: TrustPolicy['version'],
): { values: readonly ExpectedValue[] } | { undecided: string } {
  const expected: ExpectedValue[] = []
  for (const value of values) {
    const variable = version === '2012-10-17' && value.includes('${')
    if (variable && !operator.variables) {
      return { undecided: `"${value}" has a policy variable, which this operator does not allow` }
    }
    const read = variable ? resolveVariables(value, keys) : plainValue(value)
    if ('undecided' in read) return read
    expected.push(read)
  }
  return { values: expected }
}

/** `"Null": {key: "true"}` asks for the key to be absent: reference_policies_elements_condition_operators.html#Conditions_Null */
function judgeNull(values: readonly string[], actual: readonly string[] | undefined): Judgement {
  const absent = actual === undefined || actual.length === 0
  const matched = values.some((value) => value.toLowerCase() === String(absent))
  return [matched ? 'matched' : 'unmatched', `the key is ${absent ? 'absent' : 'present'}`]
}

/** Absent keys, per "Important" and "...IfExists" on the operators page and reference_policies_condition-single-vs-multi-valued-context-keys.html */
function judgeAbsent(operator: Operator, key: string): Judgement {
  if (operator.quantifier === 'ForAllValues') {
    return ['matched', `${key} is absent, and ForAllValues is true for no values`]
  }
  if (operator.quantifier === 'ForAnyValue') {
    // AWS documents both "ForAnyValue: false" and "IfExists: true" for an absent key.
    if (operator.ifExists) return ['undecided', `${key} is absent; AWS's documentation is unclear`]
    return ['unmatched', `${key} is absent`]
  }
  if (operator.ifExists) return ['matched', `${key} is absent, which IfExists accepts`]
  if (operator.negated) return ['matched', `${key} is absent, which a negated operator accepts`]
  return ['unmatched', `${key} is absent from the request`]
}

function judgePresent(
  operator: Operator,
  { key, values }: Condition,
  expected: readonly ExpectedValue[],
  actual: readonly string[],
): Judgement {
  if (operator.quantifier === undefined && actual.length > 1) {
    return ['undecided', `${key} has ${actual.length} values; use ForAnyValue or ForAllValues`]
  }
  const found = actual.map((one) => `"${one}"`).join(', ')
  const outcomes = actual.map((one) => passes(operator, one, expected))
  if (outcomes.includes(undefined)) {
    return ['undecided', `${key} is ${found}, which can't be compared with ${list(values)}`]
  }
  const matched =
    operator.quantifier === 'ForAllValues' ? !outcomes.includes(false) : outcomes.includes(true)
  return matched
    ? ['matched', `${key} is ${found}`]
    : ['unmatched', `${key} is ${found}, but the policy requires ${wanted(operator, values)}`]
}

/** The policy's values are ORed; `undefined` when it hangs on one that can't be compared. */
function passes(operator: Operator, one: string, expected: readonly ExpectedValue[]) {
  const matches = expected.map((value) => operator.matches(one, value))
  if (matches.includes(true)) return !operator.negated
  return matches.includes(undefined) ? undefined : operator.negated
}

function list(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(' or ')
}

function wanted({ negated, order }: Operator, values: readonly string[]): string {
  return `${negated ? 'anything but ' : order ? `${order} ` : ''}${list(values)}`
}
