import { expandVariables } from './expansion.ts'
import { type Environment, environmentName, type OptionName } from './options.ts'

/** `role-arn` → `AWS_OIDC_ORB_ROLE_ARN`: apart from the variables that a job or a context sets. */
export function parameterVariable(option: OptionName): string {
  return environmentName(option).replace(/^AWS_OIDC_/, 'AWS_OIDC_ORB_')
}

/** What to call a parameter at the start of a message. */
export function parameterTitle(option: OptionName): string {
  return `The orb's parameter ${option}`
}

/** What a parameter stands for, empty where it is left empty. Throws `unset-variable`. */
export function parameterValue(option: OptionName, env: Environment): string {
  const text = env[parameterVariable(option)] ?? ''
  return expandVariables(text, env, parameterTitle(option)).trim()
}

/**
 * Whether an option of the orb's step is not read from the job's variable: `profile` means another thing to
 * each command, and a step that names its roles gets no other from the job.
 */
export function isHiddenInOrb(option: OptionName, env: Environment): boolean {
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
