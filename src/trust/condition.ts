import type { ContextKeys } from './context-keys.ts'
import { isAbsenceKnown } from './context-keys.ts'
import type { Operator } from './operators.ts'
import { parseOperator } from './operators.ts'
import type { Condition, TrustPolicy } from './policy.ts'

export type ConditionOutcome = 'matched' | 'unmatched' | 'undecided'

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

/** Evaluates one condition. Several conditions of a statement are ANDed by the caller; the values here are ORed. */
export function evaluateCondition(
  condition: Condition,
  keys: ContextKeys,
  version: TrustPolicy['version'],
): ConditionResult {
  const actual = keys.get(condition.key.toLowerCase())
  const [outcome, reason] = judge(condition, actual, version)
  const { operator, key, values } = condition
  return { operator, key, expected: values, actual, outcome, reason }
}

type Judgement = readonly [ConditionOutcome, string]

function judge(
  condition: Condition,
  actual: readonly string[] | undefined,
  version: TrustPolicy['version'],
): Judgement {
  // Policy variables exist only since version 2012-10-17: reference_policies_variables.html
  const variable = condition.values.find((value) => value.includes('${'))
  if (variable !== undefined && version === '2012-10-17') {
    return ['undecided', `the policy variable in "${variable}" can't be evaluated here`]
  }
  if (actual === undefined && !isAbsenceKnown(condition.key)) {
    return ['undecided', `only AWS knows the value of ${condition.key}`]
  }
  if (condition.operator === 'Null') return judgeNull(condition.values, actual)
  const operator = parseOperator(condition.operator)
  if (operator === undefined) {
    return ['undecided', `the operator ${condition.operator} can't be evaluated here`]
  }
  return actual === undefined || actual.length === 0
    ? judgeAbsent(operator, condition.key)
    : judgePresent(operator, condition, actual)
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
  actual: readonly string[],
): Judgement {
  if (operator.quantifier === undefined && actual.length > 1) {
    return ['undecided', `${key} has ${actual.length} values; use ForAnyValue or ForAllValues`]
  }
  const passes = (one: string) =>
    values.some((expected) => operator.matches(one, expected)) !== operator.negated
  const matched =
    operator.quantifier === 'ForAllValues' ? actual.every(passes) : actual.some(passes)
  const found = actual.map((one) => `"${one}"`).join(', ')
  return matched
    ? ['matched', `${key} is ${found}`]
    : ['unmatched', `${key} is ${found}, the policy wants ${wanted(operator, values)}`]
}

function wanted(operator: Operator, values: readonly string[]): string {
  const list = values.map((value) => `"${value}"`).join(' or ')
  return operator.negated ? `anything but ${list}` : list
}
