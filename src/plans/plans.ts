import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { OptionsOf } from '../command-table.ts'
import type { Context } from '../context.ts'
import { OidcError } from '../errors.ts'
import { readTextFile } from '../files/read.ts'
import { type InlineProfiles, inlineProfiles } from '../option-values.ts'
import type { Environment, OptionValues } from '../options.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/locations.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import type { OwnKeys } from '../profiles/static-keys.ts'
import type { Renewal } from '../refresh/recipe.ts'
import { stsRegion } from '../role/region.ts'
import type { RolePlan } from '../sts/assume-role.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import { TOKEN_OPTIONS, type TokenOptions } from '../token/web-identity-token.ts'
import { type Export, type NotExported, planExport, whyNotExported } from './export.ts'
import { checkRenewable, checkTokenFile } from './kinds.ts'
import {
  checkAllowed,
  type NotingContext,
  type RoleOptions,
  readDefaults,
  readNamedRole,
} from './named-role.ts'
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
  return withEndpoint(await readNamedRole(options, context), options, context.env)
}

async function requestOf(options: ProfileOptions, context: NotingContext): Promise<ProfileRequest> {
  const { profile = 'default', output, credentials } = options
  return { ...(await readNamedRole(options, context)), profile, output, credentials }
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
