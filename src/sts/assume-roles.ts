import type { Deadline } from '../deadline.ts'
import { asOidcError, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { type ChainedRoleRequest, type Credentials, checkAccount } from '../role/request.ts'
import type { TokenPool } from '../token/source.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { type AssumedRole, assumeChainedRole, exchangeToken } from './assume-role.ts'
import { connectSts } from './client.ts'
import type { StsEndpoint } from './endpoint.ts'
import type { Narration } from './retry.ts'

/** Whose credentials ask for the role. */
export type RoleSource =
  /** The web identity token; the command's own unless the profile names an audience. */
  | { readonly kind: 'token'; readonly audience?: string }
  /** Another profile of the same run. */
  | { readonly kind: 'profile'; readonly name: string }
  /** A profile of the user's shared files, which stays as it is. */
  | { readonly kind: 'shared-profile'; readonly name: string }

/** One role to assume for a profile, and where STS is asked for it. */
export interface RolePlan extends ChainedRoleRequest {
  readonly profile: string
  readonly source: RoleSource
  readonly endpoint: StsEndpoint
}

/** What asking for any role needs. */
export interface AssumeContext {
  readonly env: Environment
  readonly maxAttempts: number
  readonly deadline: Deadline
  readonly narration: Narration
  readonly allowedAccountIds: readonly string[]
  /** Told of every secret before it is used. */
  readonly conceal: (secret: string) => void
}

export interface RoleOfPlan extends AssumedRole {
  /** The token that was accepted; none for a chained role. */
  readonly token?: WebIdentityToken
}

/** Exchanges a token for the role of a plan. Throws `OidcError`. */
export async function assumeWithToken(
  plan: RolePlan,
  token: WebIdentityToken,
  { env, maxAttempts, deadline, narration, allowedAccountIds, conceal }: AssumeContext,
): Promise<RoleOfPlan> {
  const role = await exchangeToken(plan, token, {
    endpoint: plan.endpoint,
    env,
    maxAttempts,
    deadline,
    note: narration.note,
    debug: narration.debug,
    onToken: ({ value }) => conceal(value),
  })
  return checked(role, allowedAccountIds, conceal)
}

/** Asks for the role of a plan with the credentials of its source profile. Throws `OidcError`. */
export async function assumeWithCredentials(
  plan: RolePlan,
  source: Credentials,
  { allowedAccountIds, conceal, ...context }: AssumeContext,
): Promise<RoleOfPlan> {
  const sourceProfile = plan.source.kind === 'token' ? '' : plan.source.name
  const { endpoint } = plan
  const role = await assumeChainedRole(plan, source, { ...context, sourceProfile, endpoint })
  return checked(role, allowedAccountIds, conceal)
}

function checked<Role extends RoleOfPlan>(
  role: Role,
  allowed: readonly string[],
  conceal: (secret: string) => void,
): Role {
  conceal(role.credentials.secretAccessKey)
  conceal(role.credentials.sessionToken)
  checkAccount(role.accountId, allowed, role.arn)
  return role
}

/** Runs at most `limit` of the works given to it at the same time, the others in their order. */
export function concurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < limit) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      // The place goes to the next in line, or is free.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

export interface RoleFailure {
  readonly profile: string
  readonly error: unknown
}

/** The role of a profile was not asked for, because there are no credentials to ask with. */
export class SourceFailed extends Error {
  readonly source: string

  constructor(source: string, cause: unknown) {
    super(`its source profile "${source}" failed`, { cause })
    this.source = source
  }
}

/** One error for every profile that failed: its full text where only one did, a line for each otherwise. */
export function failedRoles(failures: readonly RoleFailure[], planned: number): OidcError {
  const causes = failures.filter(({ error }) => !(error instanceof SourceFailed))
  const [first, ...others] = causes.map(({ profile, error }) => ({
    profile,
    error: asOidcError(error),
  }))
  if (!first) return asOidcError(failures[0]?.error)
  if (planned === 1) return first.error
  const { code, why, likely, next, cause } = first.error
  const head = `${failures.length} of ${planned} profiles failed, so nothing was written.`
  const lines = failures.map(({ profile, error }) => `\n  ${profile}: ${line(error)}`)
  if (others.length === 0) {
    return new OidcError(code, {
      what: head + lines.join(''),
      ...present({ why, likely, next }),
      cause,
    })
  }
  return new OidcError(code, {
    what: head + lines.join(''),
    next: 'Correct each of them. A profiles file with only one of them shows all that is known of it.',
    cause,
  })
}

function line(error: unknown): string {
  if (error instanceof SourceFailed) return error.message
  const { code, message } = asOidcError(error)
  return `${code}: ${message}`
}

function present(text: Record<'why' | 'likely' | 'next', string | undefined>) {
  return Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined))
}

/** Requests under way at the same time. */
const LIMIT = 64

/** A plan that was carried out. */
export interface PlannedRole<Plan extends RolePlan = RolePlan> {
  readonly plan: Plan
  readonly role: RoleOfPlan
}

/**
 * Assumes the roles of all plans: independent ones at the same time, chained ones after their source.
 * Sources come before those they serve. Throws one `OidcError` that lists every failure.
 */
export async function assumeRoles<Plan extends RolePlan>(
  plans: readonly Plan[],
  tokens: TokenPool,
  context: AssumeContext,
): Promise<PlannedRole<Plan>[]> {
  const limited = concurrency(LIMIT)
  const started = new Map<string, Promise<RoleOfPlan>>()
  for (const plan of plans) {
    const narration =
      plans.length > 1 ? prefixed(context.narration, plan.profile) : context.narration
    const role = assumeOne(plan, started, tokens, limited, { ...context, narration })
    // Looked at below; until then a failure must not count as unhandled.
    role.catch(() => {})
    started.set(plan.profile, role)
  }
  const failures: RoleFailure[] = []
  const roles: PlannedRole<Plan>[] = []
  for (const plan of plans) {
    try {
      const role = await started.get(plan.profile)
      if (role) roles.push({ plan, role })
    } catch (error) {
      failures.push({ profile: plan.profile, error })
    }
  }
  if (failures.length > 0) throw failedRoles(failures, plans.length)
  return roles
}

async function assumeOne(
  plan: RolePlan,
  started: ReadonlyMap<string, Promise<RoleOfPlan>>,
  tokens: TokenPool,
  limited: <T>(work: () => Promise<T>) => Promise<T>,
  context: AssumeContext,
): Promise<RoleOfPlan> {
  const { source } = plan
  switch (source.kind) {
    case 'token': {
      const token = await tokens.get(source.audience)
      return limited(() => assumeWithToken(plan, token, context))
    }
    case 'profile': {
      const credentials = await sourceCredentials(source.name, started)
      return limited(() => assumeWithCredentials(plan, credentials, context))
    }
    case 'shared-profile': {
      const credentials = await readSharedProfile(source.name, plan, context)
      return limited(() => assumeWithCredentials(plan, credentials, context))
    }
  }
}

async function sourceCredentials(
  name: string,
  started: ReadonlyMap<string, Promise<RoleOfPlan>>,
): Promise<Credentials> {
  try {
    const role = await started.get(name)
    if (role) return role.credentials
  } catch (cause) {
    throw new SourceFailed(name, cause)
  }
  throw new Error(`the source profile ${name} comes after the one it serves`)
}

/** Credentials of a profile that the user's own files hold. */
export async function readSharedProfile(
  name: string,
  { endpoint }: RolePlan,
  context: AssumeContext,
): Promise<Credentials> {
  const { env, deadline } = context
  const { readProfile } = await import('./profile-credentials.ts')
  const sts = await connectSts(endpoint, env)
  const reading = readProfile(name, sts, context)
  return deadline.race(`reading the profile "${name}"`, reading).finally(() => sts.destroy())
}

function prefixed({ note, debug }: AssumeContext['narration'], profile: string) {
  const tell = (to: (text: string) => void) => (text: string) => to(`${profile}: ${text}`)
  return { note: tell(note), debug: tell(debug) }
}
