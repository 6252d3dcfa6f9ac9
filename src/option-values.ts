import { OidcError } from './errors.ts'
import { expandVariables } from './expansion.ts'
import type { Environment, OptionName, OptionSpec, OptionValues } from './options.ts'
import { environmentName, OPTIONS } from './options.ts'
import { isHiddenInOrb, parameterTitle, parameterValue } from './orb-parameters.ts'

/** What the command line gave, by option name: text as typed, lists as repeated flags, flags as booleans. */
export type Flags = Readonly<Record<string, unknown>>

type Limits = readonly [minimum: number, maximum: number]

const LIMITS: Partial<Record<OptionName, Limits>> = {
  'duration-seconds': [900, 43200],
  'timeout-seconds': [1, 3600],
  'max-attempts': [1, 50],
  port: [0, 65535],
  'max-session-duration': [3600, 43200],
}

/**
 * The values of a command's options: a flag wins over a parameter of the orb other than its default, that
 * over `AWS_OIDC_<NAME>`, that over the default. An empty variable counts as unset (an orb parameter left
 * empty arrives so), also one that is empty once expanded; an empty flag is an error.
 */
export function resolveOptions<Name extends OptionName>(
  names: readonly Name[],
  flags: Flags,
  env: Environment,
): OptionValues<Name> {
  const values = names.map((name) => [name, resolveOption(name, flags[name], env)])
  return Object.fromEntries(values) as OptionValues<Name>
}

function resolveOption(name: OptionName, flag: unknown, env: Environment): unknown {
  const spec: OptionSpec = OPTIONS[name]
  if (flag !== undefined) return readFlag(name, spec, flag)
  const parameter = parameterValue(name, env)
  if (parameter && !isDefault(spec, parameter)) {
    return readText(name, spec, parameter, parameterTitle(name))
  }
  const variable = environmentName(name)
  const given = isHiddenInOrb(name, env) ? '' : env[variable]
  const text = expandVariables(given ?? '', env, variable).trim()
  if (text) return readText(name, spec, text, variable)
  return spec.default ?? (spec.kind === 'list' ? [] : spec.kind === 'flag' ? false : undefined)
}

/** An orb's parameter always has a value: left alone, its default. */
function isDefault({ kind, default: value }: OptionSpec, text: string): boolean {
  if (kind === 'flag') return ['0', 'false'].includes(text)
  return value !== undefined && text === String(value)
}

function readFlag(name: OptionName, spec: OptionSpec, flag: unknown): unknown {
  if (spec.kind === 'flag') return flag === true
  const texts = (Array.isArray(flag) ? flag : [flag]).map(String)
  if (texts.length > 1 && spec.kind !== 'list') {
    throw new OidcError('invalid-usage', {
      what: `--${name} is given ${texts.length} times, but it takes one value.`,
      next: `Give --${name} once.`,
    })
  }
  const text = texts.join(',')
  if (text.trim() === '') {
    throw new OidcError('invalid-usage', {
      what: `--${name} has no value.`,
      next: `Give it a value or leave it out. If a variable stands there, it is empty.`,
    })
  }
  return readText(name, spec, text, `--${name}`)
}

function readText(name: OptionName, spec: OptionSpec, text: string, where: string): unknown {
  switch (spec.kind) {
    case 'text':
      return text
    case 'list':
      return text
        .split(spec.separator ?? /[\s,]+/)
        .map((item) => item.trim())
        .filter((item) => item !== '')
    case 'choice':
      return readChoice(text, spec.choices ?? [], where)
    case 'integer':
      return readInteger(name, text, where)
    case 'flag':
      return readChoice(text, ['true', 'false', '1', '0'], where).match(/^(true|1)$/) !== null
  }
}

function readChoice(text: string, choices: readonly string[], where: string): string {
  if (choices.includes(text)) return text
  throw new OidcError('invalid-usage', {
    what: `${where} is "${text}", but it must be one of: ${choices.join(', ')}.`,
    next: 'Choose one of them.',
  })
}

function readInteger(name: OptionName, text: string, where: string): number {
  const [minimum, maximum] = LIMITS[name] ?? [0, Number.MAX_SAFE_INTEGER]
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  throw new OidcError(name === 'duration-seconds' ? 'invalid-duration' : 'invalid-usage', {
    what: `${where} is "${text}", but it must be a whole number from ${minimum} to ${maximum}.`,
    next:
      name === 'duration-seconds'
        ? 'Give seconds within these limits, and no more than the maximum session duration of the role.'
        : 'Give a number within these limits.',
  })
}
