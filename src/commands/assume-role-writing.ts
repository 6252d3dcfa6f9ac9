import type { Environment } from '../options.ts'
import { type ProfileDelivery, profileEdits } from '../profiles/delivery.ts'
import {
  checkReplaceable,
  type FileChange,
  fileRemoval,
  replaceFiles,
} from '../profiles/file-replacement.ts'
import {
  filesIn,
  type ProfileFiles,
  profileDirectory,
  profilesDirectory,
} from '../refresh/data-directory.ts'
import type { PlannedRole } from '../roles/assume-roles.ts'
import type { AssumeRoleOptions } from './assume-role.ts'
import type { Delivery } from './assume-role-delivery.ts'
import { type ExportStep, exportStep } from './assume-role-export.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

type Role = PlannedRole<AssumeRolePlan>

/** Writes everything in one step: all files change, or none. Returns the shared files that changed. */
export async function deliver(
  delivery: Delivery,
  roles: readonly Role[],
  options: AssumeRoleOptions,
  env: Environment,
): Promise<readonly string[]> {
  const { edits, afterwards } = await planWriting(delivery, roles, options, env)
  const changed = await replaceFiles(edits)
  await afterwards()
  return Object.values(delivery.locations).filter((path) => changed.includes(path))
}

/**
 * Throws what can be known of why `deliver` would fail before there are credentials: files that are
 * malformed or must not be read or written. Changes nothing.
 */
export async function checkDelivery(
  delivery: Delivery,
  plans: readonly AssumeRolePlan[],
  options: AssumeRoleOptions,
  env: Environment,
): Promise<void> {
  const roles = plans.map((plan) => ({ plan, role: roleToCome(plan) }))
  const { edits } = await planWriting(delivery, roles, options, env)
  checkReplaceable(edits)
}

function roleToCome({ role: { arn, accountId } }: AssumeRolePlan): Role['role'] {
  const credentials = {
    accessKeyId: 'to-come',
    secretAccessKey: 'to-come',
    sessionToken: 'to-come',
    expiration: new Date(0),
  }
  return { arn, accountId, credentials, requestId: undefined }
}

async function planWriting(
  { locations, export: exported }: Delivery,
  roles: readonly Role[],
  options: AssumeRoleOptions,
  env: Environment,
): Promise<ExportStep> {
  const kept = roles.some(({ plan }) => plan.credentials !== 'static')
    ? (await import('./kept-credentials.ts')).keptCredentials(locations, options, env)
    : undefined
  const deliveries = roles.map((role) => kept?.delivery(role) ?? staticDelivery(role))
  const index = roles.findIndex(({ plan }) => plan.profile === exported?.profile)
  const [chosen, profile] = [roles[index], deliveries[index]]
  const step =
    exported && chosen && profile
      ? await exportStep(exported, profile, chosen.role.credentials, env)
      : undefined
  const directory = profilesDirectory(locations.config, env)
  return {
    edits: [
      ...(kept?.edits(roles) ?? []),
      ...profileEdits(deliveries, locations),
      ...roles.flatMap(({ plan }) =>
        removalsOfOthers(plan.credentials, filesIn(profileDirectory(directory, plan.profile))),
      ),
      ...(step?.edits ?? []),
    ],
    afterwards: async () => step?.afterwards(),
  }
}

/** A profile that changed its kind of credentials leaves no file of the kind it had. */
function removalsOfOthers(kind: AssumeRolePlan['credentials'], files: ProfileFiles): FileChange[] {
  const { recipe, cache, token } = files
  const others = { static: [recipe, cache, token], refresh: [token], 'token-file': [recipe, cache] }
  return others[kind].map(fileRemoval)
}

function staticDelivery({ plan, role }: Role): ProfileDelivery {
  const { profile, region, output } = plan
  return { kind: 'static', profile, region, output, credentials: role.credentials }
}
