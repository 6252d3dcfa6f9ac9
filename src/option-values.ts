import { OidcError } from './errors.ts'
import {
  type Environment,
  environmentName,
  OPTIONS,
  type OptionName,
  type OptionSpec,
  type OptionValues,
} from './options.ts'
import { nearest } from './text.ts'

/** A variable that nothing reads, and the one that was likely meant. */
interface MisspeltVariable {
  readonly name: string
  readonly meant: string
}

/** Variables that begin as ours do and are like one that is read. Others may be the user's own. */
export function misspeltVariables(env: Environment): MisspeltVariable[] {
  const unread = Object.keys(env).filter(
    (name) => /^AWS_OIDC_(?!ORB_)/.test(name) && env[name] && !isRead(name),
  )
  if (unread.length === 0) return []
  const known = Object.keys(OPTIONS).map((option) => bareName(option as OptionName))
  return unread.flatMap((name) => {
    const meant = nearest(name.slice(PREFIX.length), [...known, 'PROFILES'])
    return meant === undefined ? [] : [{ name, meant: `${PREFIX}${meant}` }]
  })
}

const PREFIX = 'AWS_OIDC_'

const bareName = (option: OptionName) => environmentName(option).slice(PREFIX.length)

// Beside options: what we export ourselves, and what the orb's own scripts read.
function isRead(name: string): boolean {
  const option = name.slice(PREFIX.length).toLowerCase().replaceAll('_', '-')
  return (
    Object.hasOwn(OPTIONS, option) ||
    /^(profiles|exported|skipped|install-node|node-(mirror|version|sha256|options)|skip-.*|helper.*)$/.test(
      option,
    )
  )
}

/** What gave an option its value, for messages: a parameter of the orb, a variable, else the flag. */
export function settingName(
  option: OptionName,
  fits: (text: string) => boolean,
  env: Environment,
): string {
  const given = (name: string) => Boolean(env[name]) && fits(env[name] ?? '')
  if (given(parameterVariable(option))) return `the orb's parameter ${option}`
  const variable = environmentName(option)
  return given(variable) ? variable : `--${option}`
}

/** What the command line gave, by option name: text as typed, lists as repeated flags, flags as booleans. */
export type Flags = Readonly<Record<string, unknown>>

/**
 * The values of a command's options. A flag wins; then a parameter of the orb, unless it has its default;
 * then `AWS_OIDC_<NAME>`; then the default. A variable that is empty, as it is or once expanded, counts as
 * unset: so an orb parameter left empty arrives. An empty flag is an error. `report` takes errors, and the default stands.
 */
export function resolveOptions<Name extends OptionName>(
  names: readonly Name[],
  flags: Flags,
  env: Environment,
  report?: (error: OidcError) => void,
): OptionValues<Name> {
  const values = names.map((name) => {
    try {
      return [name, resolveOption(name, flags[name], env)]
    } catch (error) {
      if (!report || !(error instanceof OidcError)) throw error
      report(error)
      return [name, defaultOf(OPTIONS[name])]
    }
  })
  return Object.fromEntries(values) as OptionValues<Name>
}

function defaultOf(spec: OptionSpec): unknown {
  return spec.default ?? (spec.kind === 'list' ? [] : spec.kind === 'flag' ? false : undefined)
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
  return defaultOf(spec)
}

/** An orb's parameter always has a value: left alone, its default. */
function isDefault({ kind, default: value }: OptionSpec, text: string): boolean {
  if (kind === 'flag') return ['0', 'false'].includes(text)
  return value !== undefined && text === String(value)
}

/**
 * Whether the text of an option comes from a variable: `AWS_OIDC_<NAME>`, one that a parameter of the orb refers
 * to, or one that the shell put into the flag.
 */
export function isFromVariable(option: OptionName, text: string, env: Environment): boolean {
  const parameter = env[parameterVariable(option)] ?? ''
  if (parameter.trim() !== '') return parameter.trim() !== text
  const own = env[environmentName(option)] ?? ''
  return own.includes('$') || Object.values(env).some((value) => value?.trim() === text)
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
      what: `--${name} has no value: it is empty.`,
      next: `Give it a value or leave it out. If you passed a variable, that is empty.`,
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
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: OptionSpec = OPTIONS[name]
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

/**
 * Whether the orb's step ignores the job's variable for this option: `profile` means another thing to each
 * command, and a step that names its roles takes none from the job.
 */
function isHiddenInOrb(option: OptionName, env: Environment): boolean {
  if (option === 'profile') return env['AWS_OIDC_ORB_COMMAND'] !== undefined
  return ['role-arn', 'profiles-file'].includes(option) && hasRoleParameter(env)
}

function hasRoleParameter(env: Environment): boolean {
  return (
    parameterValue('role-arn', env) !== '' ||
    parameterValue('profiles-file', env) !== '' ||
    isSet(env['AWS_OIDC_ORB_PROFILES'])
  )
}

/** A profiles file whose text stands in a variable. */
export interface InlineProfiles {
  readonly text: string
  /** What to call it in messages. */
  readonly source: string
}

/** The orb's parameter `profiles`, or `AWS_OIDC_PROFILES`. */
export function inlineProfiles(env: Environment): InlineProfiles | undefined {
  const parameter = env['AWS_OIDC_ORB_PROFILES']
  if (isSet(parameter)) return { text: parameter, source: "the orb's parameter profiles" }
  const variable = env['AWS_OIDC_PROFILES']
  if (!isSet(variable) || hasRoleParameter(env)) return undefined
  return { text: variable, source: 'AWS_OIDC_PROFILES' }
}

function isSet(text: string | undefined): text is string {
  return Boolean(text?.trim())
}

/** `role-arn` → `AWS_OIDC_ORB_ROLE_ARN`: apart from the variables that a job or a context sets. */
export function parameterVariable(option: OptionName): string {
  return environmentName(option).replace(/^AWS_OIDC_/, 'AWS_OIDC_ORB_')
}

/** What to call a parameter at the start of a message. */
function parameterTitle(option: OptionName): string {
  return `The orb's parameter ${option}`
}

/** The value of a parameter, expanded; empty where it is left empty. Throws `unset-variable`. */
function parameterValue(option: OptionName, env: Environment): string {
  const text = env[parameterVariable(option)] ?? ''
  return expandVariables(text, env, parameterTitle(option)).trim()
}

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

// A policy variable such as ${aws:username} has a colon that no default follows, so it stays as it is.
// A default may itself refer to a variable, in braces or not.
const REFERENCE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\})/g

/** The error for a variable that `where` refers to and that has no value. */
export function unsetVariable(name: string, where: string): OidcError {
  return new OidcError('unset-variable', {
    what: `${where} refers to the environment variable ${name}, which is unset or empty.`,
    next: `Set ${name} in a context, the project settings or an earlier step, or give the value itself.`,
  })
}
