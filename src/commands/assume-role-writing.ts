import type { Environment } from '../options.ts'
import { type ProfileDelivery, writeProfiles } from '../profiles/delivery.ts'
import { removeFile } from '../profiles/remove-file.ts'
import { type ProfileFiles, profileFiles } from '../refresh/data-directory.ts'
import type { PlannedRole } from '../roles/assume-roles.ts'
import type { AssumeRoleOptions } from './assume-role.ts'
import type { Delivery } from './assume-role-delivery.ts'
import { exportProfile } from './assume-role-export.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

/** Writes the profiles, then the exports for later steps. Returns the shared files that changed. */
export async function deliver(
  { locations, export: exported }: Delivery,
  roles: readonly PlannedRole<AssumeRolePlan>[],
  options: AssumeRoleOptions,
  env: Environment,
): Promise<readonly string[]> {
  const kept = roles.some(({ plan }) => plan.credentials !== 'static')
    ? (await import('./kept-credentials.ts')).keptCredentials(locations, options, env)
    : undefined
  await kept?.write(roles)
  const deliveries = roles.map((role) => kept?.delivery(role) ?? staticDelivery(role))
  const files = await writeProfiles(deliveries, locations)
  for (const { plan } of roles) {
    removeOtherFiles(plan.credentials, profileFiles(locations.config, plan.profile, env))
  }
  const index = roles.findIndex(({ plan }) => plan.profile === exported?.profile)
  const [chosen, delivery] = [roles[index], deliveries[index]]
  if (exported && chosen && delivery) {
    await exportProfile(exported, delivery, chosen.role.credentials, env)
  }
  return files
}

/** A profile that changed its kind of credentials leaves no file of the kind it had. */
function removeOtherFiles(kind: AssumeRolePlan['credentials'], files: ProfileFiles): void {
  const { recipe, cache, token } = files
  const others = { static: [recipe, cache, token], refresh: [token], 'token-file': [recipe, cache] }
  for (const path of others[kind]) removeFile(path)
}

function staticDelivery({ plan, role }: PlannedRole<AssumeRolePlan>): ProfileDelivery {
  const { profile, region, output } = plan
  return { kind: 'static', profile, region, output, credentials: role.credentials }
}
