import { connectSts } from '../sts/connection.ts'
import type { Credentials } from '../sts/credentials.ts'
import {
  type AssumeContext,
  assumeWithCredentials,
  assumeWithToken,
  type RoleOfPlan,
} from './assume-role-of-plan.ts'
import { concurrency } from './concurrency.ts'
import { failedRoles, type RoleFailure, SourceFailed } from './failed-roles.ts'
import type { RolePlan } from './role-plan.ts'
import type { TokenPool } from './token-pool.ts'

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
  const { readProfile } = await import('../sts/profile-credentials.ts')
  const sts = await connectSts(endpoint, env)
  const reading = readProfile(name, sts, context)
  return deadline.race(`reading the profile "${name}"`, reading).finally(() => sts.destroy())
}

function prefixed({ note, debug }: AssumeContext['narration'], profile: string) {
  const tell = (to: (text: string) => void) => (text: string) => to(`${profile}: ${text}`)
  return { note: tell(note), debug: tell(debug) }
}
