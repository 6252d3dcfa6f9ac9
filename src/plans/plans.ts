import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { OptionsOf } from '../command-table.ts'
import type { Context } from '../context.ts'
import { OidcError } from '../errors.ts'
import { readTextFile } from '../files/read.ts'
import {
  expandVariables,
  type InlineProfiles,
  inlineProfiles,
  isFromVariable,
  misspeltVariables,
  settingName,
  unsetVariable,
} from '../option-values.ts'
import { type Environment, OPTIONS, type OptionName, type OptionValues } from '../options.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/locations.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import type { OwnKeys } from '../profiles/static-keys.ts'
import type { Renewal } from '../refresh/recipe.ts'
import type { RoleArn } from '../role/arn.ts'
import { stsRegion } from '../role/region.ts'
import {
  checkAccount,
  type RequestKey,
  type RequestSettings,
  type RoleRequest,
  readRequest,
} from '../role/request.ts'
import { roleSessionName } from '../role/session-name.ts'
import type { RolePlan } from '../sts/assume-role.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { TOKEN_OPTIONS, type TokenOptions } from '../token/web-identity-token.ts'
import { type Export, type NotExported, planExport, whyNotExported } from './export.ts'
import { checkRenewable, checkTokenFile } from './kinds.ts'
import type { ProfilePlan, ProfileRequest } from './profile-plan.ts'
import { checkRenewableSources } from './sources.ts'

/** What is to be done, with everything checked that can be before the network is asked. */
export interface Plan {
  /** Sources before those they serve. */
  readonly profiles: readonly ProfilePlan[]
  /** What later steps get, if anything. */
  readonly export: Export | undefined
  /** Why they get nothing although they should. */
  readonly notExported: NotExported | undefined
  readonly locations: SharedFileLocations
  readonly ownKeys: OwnKeys
  /** How profiles that renew themselves do it. */
  readonly renewal: Renewal
}

type AssumeRoleOptions = OptionsOf<'assume-role'>
type RoleOptions = OptionsOf<'credential-process'>
type ProfileOptions = RoleOptions &
  OptionValues<'profiles-file' | 'profile' | 'output' | 'credentials'>

export async function readPlan(
  options: AssumeRoleOptions,
  context: Pick<Context, 'env' | 'deadline' | 'terminal'>,
): Promise<Plan> {
  return planWriting(await readProfiles(options, context), options, context)
}

/** How these profiles are written, and what later steps get of them. */
export function planWriting(
  profiles: readonly ProfilePlan[],
  options: AssumeRoleOptions,
  { env }: Pick<Context, 'env'>,
): Plan {
  for (const { profile } of profiles) assertProfileName(profile)
  return {
    profiles,
    locations: sharedFileLocations(env),
    ownKeys: options.overwrite ? 'replaced' : 'refused',
    export: planExport(profiles, options, env),
    notExported: whyNotExported(profiles, options, env),
    renewal: renewalOf(options),
  }
}

/** How credentials that these options ask for are renewed. */
export function renewalOf(
  options: TokenOptions & OptionValues<'max-attempts' | 'timeout-seconds'>,
): Renewal {
  return {
    token: tokenOptions(options),
    maxAttempts: options['max-attempts'],
    timeoutSeconds: options['timeout-seconds'],
  }
}

function tokenOptions(options: TokenOptions): TokenOptions {
  return Object.fromEntries(TOKEN_OPTIONS.map((name) => [name, options[name]])) as TokenOptions
}

/** The profiles of the profiles file, or the one that the options ask for, as they can be written. */
export async function readProfiles(
  options: AssumeRoleOptions,
  context: Pick<Context, 'env' | 'deadline' | 'terminal'>,
): Promise<ProfilePlan[]> {
  const plans = await readRolePlans(options, context)
  for (const plan of plans) checkTokenFile(plan)
  checkRenewableSources(plans)
  const startsEarlier = ({ source, credentials }: ProfilePlan) =>
    credentials === 'refresh' && source.kind === 'shared-profile'
  if (plans.some(startsEarlier)) {
    // The orb's copy goes without: there, the profile fails when its source has ended.
    const check = await import('./earlier-sources.ts').catch(() => undefined)
    await check?.checkEarlierSources(plans, context.env)
  }
  if (plans.some(({ credentials }) => credentials === 'refresh')) checkRenewable(options)
  return plans
}

/** The roles of the profiles file, sources before those they serve, or the one that the options name. */
export async function readRolePlans(
  options: ProfileOptions,
  context: Pick<Context, 'env' | 'deadline' | 'terminal'>,
): Promise<ProfilePlan[]> {
  const { env, deadline } = context
  const file = await readProfilesFile(options, env, deadline.signal)
  const requests = file
    ? await requestsOf(file, options, context)
    : [await requestOf(options, context)]
  return requests.map((request) => withEndpoint(request, options, env))
}

/** The role that the options name. */
export async function readRolePlan(
  options: RoleOptions,
  context: NotingContext,
): Promise<RolePlan> {
  return withEndpoint(await roleRequestOf(options, context), options, context.env)
}

type NotingContext = Pick<Context, 'env' | 'terminal'>

async function requestOf(options: ProfileOptions, context: NotingContext): Promise<ProfileRequest> {
  const { profile = 'default', output, credentials } = options
  return { ...(await roleRequestOf(options, context)), profile, output, credentials }
}

async function roleRequestOf(options: RoleOptions, context: NotingContext) {
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

function checkAllowed(
  { accountId }: RoleArn,
  { 'allowed-account-ids': allowed }: RoleOptions,
  env: Environment,
  whose: string,
): void {
  const isGiven = (text: string) => allowed.every((id) => text.includes(id))
  checkAccount(accountId, allowed, whose, settingName('allowed-account-ids', isGiven, env))
}

async function requestsOf(
  { text, source }: InlineProfiles,
  options: ProfileOptions,
  context: NotingContext,
): Promise<ProfileRequest[]> {
  const { env, terminal } = context
  const { parseProfilesFile, sharedProfileNames } = await import('./parse.ts')
  const sharedProfiles = await sharedProfileNames(env)
  const { region, output, credentials } = options
  const defaults = { ...(await readDefaults(options, context)), region, output, credentials }
  const requests = await parseProfilesFile(text, {
    ...{ env, source, sharedProfiles, defaults },
    note: terminal.note,
  })
  for (const { role, profile } of requests) {
    checkAllowed(role, options, env, `The role of "${profile}"`)
  }
  return requests
}

/** What the options say of a request, and where they say nothing, the job. */
async function readDefaults(
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

function withEndpoint<Request extends Pick<ProfileRequest, 'role' | 'region'>>(
  request: Request,
  options: RoleOptions,
  env: Environment,
): Request & Pick<RolePlan, 'endpoint' | 'allowedAccountIds'> {
  const region = stsRegion(request.region, env, request.role)
  const endpoint = stsEndpoint(region, options['sts-endpoint'], env)
  return { ...request, endpoint, allowedAccountIds: options['allowed-account-ids'] }
}

/** `--profiles-file`, or the text itself from a variable. */
async function readProfilesFile(
  options: ProfileOptions,
  env: Environment,
  signal: AbortSignal,
): Promise<InlineProfiles | undefined> {
  const path = options['profiles-file']
  const inline = inlineProfiles(env)
  const sources = [
    ...(options['role-arn'] === undefined ? [] : ['role-arn']),
    ...(path === undefined ? [] : ['profiles-file']),
    ...(inline === undefined ? [] : [inline.source]),
  ]
  if (sources.length > 1) {
    throw new OidcError('invalid-usage', {
      what: `${sources.join(' and ')} cannot be combined.`,
      next: 'Give one of them; a role can be a section of the profiles file.',
    })
  }
  if (path === undefined) return inline
  refuseSharedFile(path, env)
  return { text: await readTextFile(path, { what: 'The profiles file', signal }), source: path }
}

/** Writing profiles takes away their role_arn: it would take the user's own away. */
function refuseSharedFile(path: string, env: Environment): void {
  const shared = Object.values(sharedFileLocations(env)).map(realPath)
  if (!shared.includes(realPath(path))) return
  throw new OidcError('invalid-usage', {
    what: `The profiles file ${path} is the shared file that the profiles would be written to.`,
    why: 'Writing them would replace each role_arn in it with credentials.',
    next: 'Copy it to another file and pass that one.',
  })
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
