import { plansOfProfile } from '../doctor/exchange.ts'
import { OidcError } from '../errors.ts'
import { resolveOptions } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { inlineProfiles } from '../orb-parameters.ts'
import { ASSUME_ROLE_OPTIONS } from './assume-role-options.ts'
import { type AssumeRolePlan, readPlans } from './assume-role-plans.ts'
import type { DoctorOptions } from './doctor.ts'

/** What `assume-role` would do with the same options and variables; nothing where no role is named. */
export async function readDoctorPlans(
  options: DoctorOptions,
  env: Environment,
): Promise<AssumeRolePlan[]> {
  const { profile, 'role-arn': role, 'profiles-file': file } = options
  const inFile = file !== undefined || inlineProfiles(env) !== undefined
  if (role === undefined && !inFile) return []
  const plans = await readPlans(
    { ...resolveOptions(ASSUME_ROLE_OPTIONS, {}, env), ...options },
    env,
  )
  if (!inFile || profile === undefined) return plans
  const chosen = plansOfProfile(plans, profile)
  if (chosen.length > 0) return chosen
  throw new OidcError('invalid-usage', {
    what: `--profile is "${profile}", but the profiles file has no such profile.`,
    why: `It has: ${plans.map((plan) => plan.profile).join(', ')}.`,
    next: 'Name one of its profiles, or leave --profile out for all of them.',
  })
}

export function allowedAccountIds(env: Environment): readonly string[] {
  return resolveOptions(['allowed-account-ids'], {}, env)['allowed-account-ids']
}
