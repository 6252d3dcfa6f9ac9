import { plansOfProfile } from '../doctor/exchange.ts'
import { OidcError } from '../errors.ts'
import { resolveOptions } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { inlineProfiles } from '../orb-parameters.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import type { AssumeRoleOptions } from './assume-role.ts'
import { planDelivery } from './assume-role-delivery.ts'
import { ASSUME_ROLE_OPTIONS } from './assume-role-options.ts'
import { type AssumeRolePlan, readPlans } from './assume-role-plans.ts'
import type { DoctorOptions } from './doctor.ts'

/** What `assume-role` would do with the same options and variables; nothing where no role is named. */
export async function readDoctorPlans(
  options: DoctorOptions,
  env: Environment,
  signal: AbortSignal,
): Promise<AssumeRolePlan[]> {
  const { profile, 'role-arn': role, 'profiles-file': file } = options
  const inFile = file !== undefined || inlineProfiles(env) !== undefined
  if (role === undefined && !inFile) return []
  const plans = await readPlans(assumeRoleOptions(options, env), env, signal)
  for (const plan of plans) assertProfileName(plan.profile)
  if (!inFile || profile === undefined) return plans
  const chosen = plansOfProfile(plans, profile)
  if (chosen.length > 0) return chosen
  throw new OidcError('invalid-usage', {
    what: `--profile is "${profile}", but the profiles file has no such profile.`,
    why: `It has: ${plans.map((plan) => plan.profile).join(', ')}.`,
    next: 'Name one of its profiles, or leave --profile out for all of them.',
  })
}

/** Throws why `assume-role` could not write these profiles, or tell later steps of them. */
export async function checkWriting(
  plans: readonly AssumeRolePlan[],
  options: DoctorOptions,
  env: Environment,
): Promise<void> {
  if (plans.length === 0) return
  const given = assumeRoleOptions(options, env)
  const { checkDelivery } = await import('./assume-role-writing.ts')
  await checkDelivery(planDelivery(plans, given, env), plans, given, env)
}

function assumeRoleOptions(options: DoctorOptions, env: Environment): AssumeRoleOptions {
  return { ...resolveOptions(ASSUME_ROLE_OPTIONS, {}, env), ...options }
}

export function allowedAccountIds(env: Environment): readonly string[] {
  return resolveOptions(['allowed-account-ids'], {}, env)['allowed-account-ids']
}
