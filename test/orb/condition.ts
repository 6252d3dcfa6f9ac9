import { ConfigError, type Value } from './parameters.ts'

/** Whether a `when` step's condition holds: https://circleci.com/docs/configuration-reference/#logic-statements */
export function holds(condition: Value): boolean {
  if (typeof condition !== 'object' || condition === null) {
    return condition !== false && condition !== null && condition !== '' && condition !== 0
  }
  const [[operator, operand] = [], ...more] = Object.entries(condition)
  if (more.length > 0) throw new ConfigError('A condition has one operator')
  const operands = Array.isArray(operand) ? operand : []
  if (operator === 'and') return operands.every(holds)
  if (operator === 'or') return operands.some(holds)
  if (operator === 'not') return !holds(operand)
  if (operator === 'equal') return operands.every((one) => one === operands[0])
  throw new ConfigError(`The runner does not know the operator ${operator}`)
}
