import type { Context } from '../context.ts'
import { pause } from '../deadline.ts'
import { asOidcError, OidcError } from '../errors.ts'
import type { Credentials } from '../role/request.ts'
import type { TokenPool } from '../token/source.ts'
import {
  type AssumedRole,
  assumeRole,
  type RolePlan,
  type Sources,
  sharedCredentials,
} from './assume-role.ts'

export { requestMade } from './client.ts'

/** A plan that was carried out. */
export interface PlannedRole<Plan extends RolePlan = RolePlan> {
  readonly plan: Plan
  readonly role: AssumedRole
}

/** Assumes the roles of all plans, as `startRoles` does. Throws one `OidcError` that lists every failure. */
export async function assumeRoles<Plan extends RolePlan>(
  plans: readonly Plan[],
  tokens: TokenPool,
  context: Context,
): Promise<PlannedRole<Plan>[]> {
  const failures: RoleFailure[] = []
  const roles: PlannedRole<Plan>[] = []
  for (const { plan, settled } of await settledRoles(plans, tokens, context)) {
    if (settled.status === 'fulfilled') roles.push({ plan, role: settled.value })
    else failures.push({ profile: plan.profile, error: settled.reason })
  }
  if (failures.length > 0) throw failedRoles(failures, plans.length)
  return roles
}

/**
 * Asks for the roles of all plans: independent ones at the same time, chained ones after their source, and
 * sources come before those they serve. A role whose source fails is not asked for: `SourceFailed`.
 */
export async function settledRoles<Plan extends RolePlan>(
  plans: readonly Plan[],
  tokens: TokenPool,
  context: Context,
): Promise<{ readonly plan: Plan; readonly settled: PromiseSettledResult<AssumedRole> }[]> {
  const started = new Map<string, Promise<AssumedRole>>()
  for (const plan of plans) {
    await pause()
    const own = plans.length > 1 ? naming(plan.profile, context) : context
    const role = assumeWith(plan, tokens, started, own)
    // It may fail before the others have started.
    role.catch(() => {})
    started.set(plan.profile, role)
  }
  const all = await Promise.allSettled(started.values())
  return plans.flatMap((plan, index) => {
    const settled = all[index]
    return settled ? [{ plan, settled }] : []
  })
}

/** Assumes roles one after the other, each source before the role that it serves; resolves to the last. */
export async function assumeChain(
  plans: readonly RolePlan[],
  tokens: TokenPool,
  context: Context,
): Promise<AssumedRole> {
  const assumed = new Map<string, Promise<AssumedRole>>()
  for (const plan of plans) {
    const role = assumeWith(plan, tokens, assumed, context)
    assumed.set(plan.profile, role)
    await role
  }
  const last = await assumed.get(plans.at(-1)?.profile ?? '')
  if (last) return last
  throw new Error('a chain has at least one role')
}

async function assumeWith(
  plan: RolePlan,
  tokens: TokenPool,
  assumed: ReadonlyMap<string, Promise<AssumedRole>>,
  context: Context,
): Promise<AssumedRole> {
  const { source } = plan
  try {
    return await assumeRole(plan, sourcesOf(plan, tokens, assumed, context), context)
  } catch (error) {
    if (source.kind !== 'token') throw error
    const { triedOtherVersion } = await import('./other-version.ts')
    throw await triedOtherVersion(error, plan, await tokens.get(source.audience), context)
  }
}

function sourcesOf(
  { endpoint }: RolePlan,
  tokens: TokenPool,
  assumed: ReadonlyMap<string, Promise<AssumedRole>>,
  context: Context,
): Sources {
  return {
    token: tokens.get,
    credentials: ({ kind, name }) =>
      kind === 'profile'
        ? credentialsOf(name, assumed)
        : sharedCredentials(name, endpoint, context),
  }
}

/** The context in which every line begins with the name of the profile. */
function naming(profile: string, context: Context): Context {
  const { note, debug } = context.terminal
  const terminal = {
    ...context.terminal,
    note: (text: string) => note(`${profile}: ${text}`),
    debug: (text: string) => debug(`${profile}: ${text}`),
  }
  return { ...context, terminal }
}

async function credentialsOf(
  name: string,
  started: ReadonlyMap<string, Promise<AssumedRole>>,
): Promise<Credentials> {
  try {
    const role = await started.get(name)
    if (role) return role.credentials
  } catch (cause) {
    throw new SourceFailed(name, cause)
  }
  throw new Error(`the source profile ${name} comes after the one it serves`)
}

interface RoleFailure {
  readonly profile: string
  readonly error: unknown
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
  const lines = failures.map(({ profile, error }) => `  ${profile}: ${line(error)}`)
  if (others.length === 0) {
    return new OidcError(code, {
      what: [head, ...lines],
      ...linesOf({ why, likely, next }),
      cause,
    })
  }
  return new OidcError(code, {
    what: [head, ...lines],
    next: 'Correct each of them. To see all details of one, run with a profiles file that has only that one.',
    cause,
  })
}

function line(error: unknown): string {
  if (error instanceof SourceFailed) return error.message
  const { code, message } = asOidcError(error)
  return `${code}: ${message}`
}

function linesOf(text: Record<'why' | 'likely' | 'next', string | undefined>) {
  return Object.fromEntries(
    Object.entries(text).flatMap(([name, value]) => (value ? [[name, value.split('\n')]] : [])),
  )
}

/** The role of a profile was not asked for, because there are no credentials to ask with. */
export class SourceFailed extends Error {
  readonly source: string

  constructor(source: string, cause: unknown) {
    super(`its source profile "${source}" failed`, { cause })
    this.source = source
  }
}
