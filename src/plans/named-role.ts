import type { OptionsOf } from '../command-table.ts'
import type { Context } from '../context.ts'
import { OidcError } from '../errors.ts'
import {
  expandVariables,
  isFromVariable,
  misspeltVariables,
  settingName,
  unsetVariable,
} from '../option-values.ts'
import { type Environment, OPTIONS, type OptionName } from '../options.ts'
import type { RoleArn } from '../role/arn.ts'
import {
  checkAccount,
  type RequestKey,
  type RequestSettings,
  type RoleRequest,
  readRequest,
} from '../role/request.ts'
import { roleSessionName } from '../role/session-name.ts'

export type RoleOptions = OptionsOf<'credential-process'>
export type NotingContext = Pick<Context, 'env' | 'terminal'>

/** The role that the options name, as a token assumes it. Throws `invalid-usage` where they name none. */
export async function readNamedRole(options: RoleOptions, context: NotingContext) {
  const { role, ...request } = await readDefaults(options, context)
  if (!role) {
    throw new OidcError('invalid-usage', {
      what: 'The role ARN is missing: neither --role-arn nor AWS_OIDC_ROLE_ARN is given.',
      ...misspelt(context.env),
      next: 'Pass --role-arn or --profiles-file (in the orb: role-arn or profiles), or set AWS_OIDC_ROLE_ARN.',
    })
  }
  checkAllowed(role, options, context.env, `The role ${role.arn}`)
  const { region } = options
  return { ...request, role, profile: 'default', source: { kind: 'token' } as const, region }
}

/** A variable that may have been meant for the role. */
function misspelt(env: Environment): { likely?: string } {
  const found = misspeltVariables(env).find(({ meant }) => /_(ROLE_ARN|PROFILES.*)$/.test(meant))
  return found ? { likely: `${found.name} is ignored: you probably mean ${found.meant}.` } : {}
}

/** Throws `account-not-allowed` for a role of another account than the options allow. */
export function checkAllowed(
  { accountId }: RoleArn,
  { 'allowed-account-ids': allowed }: RoleOptions,
  env: Environment,
  whose: string,
): void {
  const isGiven = (text: string) => allowed.every((id) => text.includes(id))
  checkAccount(accountId, allowed, whose, settingName('allowed-account-ids', isGiven, env))
}

/** What the options say of a request, and where they say nothing, the job. */
export async function readDefaults(
  options: RoleOptions,
  context: NotingContext,
): Promise<Omit<RoleRequest, 'role'> & Partial<RoleRequest>> {
  return {
    roleSessionName: roleSessionName(undefined, context.env, context.terminal.note),
    durationSeconds: OPTIONS['duration-seconds'].default,
    policyArns: [],
    sessionTags: [],
    transitiveTagKeys: [],
    ...(await readRequest(optionSettings(options, context), 'first')),
  }
}

/** Options as the keys of a profiles file that have the same names. */
function optionSettings(options: RoleOptions, { env, terminal }: NotingContext): RequestSettings {
  const given: Readonly<Record<string, unknown>> = options
  const textOf = (key: RequestKey) => {
    const text = String(given[key.replaceAll('_', '-')] ?? '')
    return key === 'role_arn' ? readRoleArn(text, env) : text
  }
  return {
    has: (key) => textOf(key) !== '',
    read: async (key, reader) => {
      const text = textOf(key)
      const where = key === 'role_arn' ? whereRole(options['role-arn'] ?? '', env) : undefined
      return text === '' ? undefined : reader(text, where)
    },
    isVariable: (key) => isFromVariable(key.replaceAll('_', '-') as OptionName, textOf(key), env),
    note: terminal.note,
  }
}

/** What gave the role ARN, where that is not the flag itself. */
function whereRole(given: string, env: Environment): string | undefined {
  const [, variable] = /^\$?\{?([A-Za-z_]\w*)\}?$/.exec(given) ?? []
  if (variable !== undefined) return variable
  const setting = settingName(
    'role-arn',
    (text) => text.trim() === given || text.includes('$'),
    env,
  )
  return setting === '--role-arn' ? undefined : setting
}

/** A role ARN may stand in a variable: `NAME`, `$NAME` or `${NAME}` is as good as the ARN itself. */
export function readRoleArn(given: string, env: Environment): string {
  if (!/^[A-Za-z_]\w*$/.test(given)) return expandVariables(given, env, '--role-arn')
  const value = env[given]
  if (value) return value
  throw unsetVariable(given, '--role-arn')
}
