import type { Environment } from '../options.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/shared-file-locations.ts'
import type { AssumeRoleOptions } from './assume-role.ts'
import { type Export, planExport } from './assume-role-export.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

/** Where the credentials go, decided before the network is asked. */
export interface Delivery {
  readonly locations: SharedFileLocations
  readonly export: Export | undefined
}

/** Throws `invalid-profile-name` and `invalid-usage`. */
export function planDelivery(
  plans: readonly AssumeRolePlan[],
  options: AssumeRoleOptions,
  env: Environment,
): Delivery {
  for (const { profile } of plans) assertProfileName(profile)
  return { locations: sharedFileLocations(env), export: planExport(plans, options, env) }
}
