import type { Context } from '../context.ts'
import { asOidcError } from '../errors.ts'
import type { AssumedRole, RolePlan } from '../sts/assume-role.ts'
import { SourceFailed, settledRoles } from '../sts/assume-roles.ts'
import { clockTime } from '../text.ts'
import type { TokenPool } from '../token/source.ts'
import { errorFinding, type Finding, fine, raise, type Settled, skipped } from './findings.ts'

export interface TriedRole {
  readonly plan: RolePlan
  /** Undefined where it could not be tried: its source profile failed. */
  readonly outcome: Settled<AssumedRole> | undefined
}

/** Tries the role of every plan, sources first, and throws the credentials away. */
export async function tryRoles(
  plans: readonly RolePlan[],
  tokens: TokenPool,
  context: Context,
): Promise<TriedRole[]> {
  const roles = await settledRoles(plans, tokens, context)
  return roles.map(({ plan, settled }) => ({ plan, outcome: outcomeOf(settled) }))
}

function outcomeOf(settled: PromiseSettledResult<AssumedRole>): TriedRole['outcome'] {
  if (settled.status === 'fulfilled') return { value: settled.value }
  return settled.reason instanceof SourceFailed ? undefined : { error: asOidcError(settled.reason) }
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

/** How AWS answered; where it refused, what the reason may be. */
export function checkExchange({ plan, outcome }: TriedRole, doubts: readonly Finding[]): Finding[] {
  if (!outcome) return [skipped('exchange', `${plan.profile}: its source profile failed`)]
  if ('value' in outcome) {
    const { arn, credentials } = outcome.value
    return [fine('exchange', `AWS allows ${arn}, until ${clockTime(credentials.expiration)}`)]
  }
  const { error } = outcome
  const found = errorFinding(error)
  if (plan.source.kind !== 'token') return [found]
  if (error.code === 'provider-not-found') {
    const issuers = doubts.filter(({ id }) => id === 'root-issuer' || id === 'token-of-another-job')
    return [...issuers.map((one) => raise(one, error)), found]
  }
  if (error.code !== 'access-denied') return [found]
  // Rerunning with SSH changes nothing that a trust policy can see.
  const likely = doubts.filter(({ id }) => id !== 'ssh-rerun')
  return [...likely.map((one) => raise(one, error)), found]
}
