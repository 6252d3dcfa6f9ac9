/** A value as YAML gives it. */
export type Value = unknown
export type Values = Readonly<Record<string, Value>>

/** A parameter's declaration: https://circleci.com/docs/reusing-config/#parameter-types */
interface Declaration {
  readonly type: string
  readonly default?: Value
  readonly enum?: readonly string[]
}

export class ConfigError extends Error {}

/** Arguments checked against the declarations, defaults filled in. */
export function bindParameters(declared: Values, given: Values, where: string): Values {
  const unexpected = Object.keys(given).filter((name) => !Object.hasOwn(declared, name))
  if (unexpected.length > 0) {
    throw new ConfigError(`${where}: Unexpected argument(s): ${unexpected.join(', ')}`)
  }
  return Object.fromEntries(
    Object.entries(declared).map(([name, declaration]) => {
      const { type, default: value, enum: choices } = declaration as Declaration
      const argument = Object.hasOwn(given, name) ? given[name] : value
      if (argument === undefined) throw new ConfigError(`${where}: Missing argument: ${name}`)
      checkType(argument, type, choices, `${where}: ${name}`)
      return [name, argument]
    }),
  )
}

const CHECKS: Readonly<Record<string, (value: Value) => boolean>> = {
  string: (value) => typeof value === 'string',
  env_var_name: (value) => typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  enum: (value) => typeof value === 'string',
  steps: (value) => Array.isArray(value),
  executor: (value) =>
    typeof value === 'string' || (typeof value === 'object' && value !== null && 'name' in value),
}

function checkType(value: Value, type: string, choices: Declaration['enum'], where: string) {
  const check = CHECKS[type]
  if (!check) throw new ConfigError(`${where}: There is no parameter type ${type}`)
  if (!check(value)) {
    throw new ConfigError(`${where}: expected ${type}, found ${JSON.stringify(value)}`)
  }
  if (type === 'enum' && !choices?.includes(value as string)) {
    throw new ConfigError(`${where}: ${JSON.stringify(value)} is not one of ${choices}`)
  }
}

// A reference, or `\<<`, which stands for a literal `<<`.
const REFERENCE = /\\<<|<<\s*([\w.-]+)\s*>>/g

/** Replaces `<<parameters.x>>` and `<<pipeline.x>>`. What is put in is data: it is not looked at again. */
export function substitute(value: Value, scope: Values): Value {
  if (typeof value === 'string') return substituteText(value, scope)
  if (Array.isArray(value)) return value.map((item) => substitute(item, scope))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.map(([key, item]) => [key, substitute(item, scope)]))
}

function substituteText(text: string, scope: Values): Value {
  const whole = /^<<\s*([\w.-]+)\s*>>$/.exec(text)
  if (whole?.[1]) return lookUp(whole[1], scope)
  return text.replace(REFERENCE, (_, path?: string) => {
    return path === undefined ? '<<' : String(lookUp(path, scope))
  })
}

function lookUp(path: string, scope: Values): Value {
  if (!Object.hasOwn(scope, path)) throw new ConfigError(`Unknown variable: <<${path}>>`)
  return scope[path]
}

/** A value of `environment:` as the job's processes see it. */
export function environmentText(value: Value): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  // Numbers pass through a floating-point format: a 12-digit account id is mangled.
  if (typeof value === 'number' && Math.abs(value) >= 1e7) return value.toExponential()
  return value === null || value === undefined ? '' : String(value)
}
