import {
  type AssumeContext,
  assumeWithCredentials,
  assumeWithToken,
  type RoleOfPlan,
} from '../roles/assume-role-of-plan.ts'
import { readSharedProfile } from '../roles/assume-roles.ts'
import type { RolePlan } from '../roles/role-plan.ts'
import type { TokenPool } from '../roles/token-pool.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export interface Exchange {
  readonly plan: RolePlan
  /** Undefined where it could not be tried: the profile it builds on failed. */
  readonly outcome: Outcome<RoleOfPlan> | undefined
}

/** Tries the role of every plan, sources first, and throws the credentials away. */
export async function tryRoles(
  plans: readonly RolePlan[],
  tokens: TokenPool,
  context: AssumeContext,
): Promise<Exchange[]> {
  const started = new Map<string, Promise<Exchange>>()
  for (const plan of plans) started.set(plan.profile, tryRole(plan, started, tokens, context))
  return Promise.all(started.values())
}

async function tryRole(
  plan: RolePlan,
  started: ReadonlyMap<string, Promise<Exchange>>,
  tokens: TokenPool,
  context: AssumeContext,
): Promise<Exchange> {
  const { source } = plan
  if (source.kind === 'token') {
    const work = async () => assumeWithToken(plan, await tokens.get(source.audience), context)
    return { plan, outcome: await outcomeOf(work) }
  }
  if (source.kind === 'shared-profile') {
    const work = async () =>
      assumeWithCredentials(plan, await readSharedProfile(source.name, plan, context), context)
    return { plan, outcome: await outcomeOf(work) }
  }
  const base = (await started.get(source.name))?.outcome
  if (!base || 'error' in base) return { plan, outcome: undefined }
  const work = () => assumeWithCredentials(plan, base.value.credentials, context)
  return { plan, outcome: await outcomeOf(work) }
}

/** The plans of one profile and of those it builds on. */
export function plansOfProfile<Plan extends RolePlan>(
  plans: readonly Plan[],
  profile: string,
): Plan[] {
  const own = plans.find((plan) => plan.profile === profile)
  if (!own) return []
  const base = own.source.kind === 'profile' ? plansOfProfile(plans, own.source.name) : []
  return [...base, own]
}
