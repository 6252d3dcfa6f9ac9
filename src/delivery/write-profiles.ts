import { resolve } from 'node:path'
import type { OptionsOf } from '../command-table.ts'
import {
  checkReplaceable,
  type FileChange,
  type FileEdit,
  fileRemoval,
  replaceFiles,
} from '../files/replace.ts'
import type { Environment } from '../options.ts'
import type { AssumeRolePlan } from '../plans/plans.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/locations.ts'
import { type ProfileDelivery, profileEdits } from '../profiles/profile.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { cacheEdit } from '../refresh/cache.ts'
import {
  filesIn,
  type ProfileFiles,
  profileDirectory,
  profileFiles,
  profilesDirectory,
} from '../refresh/data-directory.ts'
import { credentialProcess, installation } from '../refresh/installed-copy.ts'
import { recipeEdit } from '../refresh/recipe.ts'
import type { PlannedRole } from '../sts/assume-roles.ts'
import { type Export, type ExportStep, exportStep, planExport } from './export.ts'

/** Where the credentials go, decided before the network is asked. */
export interface Delivery {
  readonly locations: SharedFileLocations
  readonly export: Export | undefined
}

/** Throws `invalid-profile-name` and `invalid-usage`. */
export function planDelivery(
  plans: readonly AssumeRolePlan[],
  options: OptionsOf<'assume-role'>,
  env: Environment,
): Delivery {
  for (const { profile } of plans) assertProfileName(profile)
  return { locations: sharedFileLocations(env), export: planExport(plans, options, env) }
}

type Role = PlannedRole<AssumeRolePlan>

/** Writes everything in one step: all files change, or none. Returns the shared files that changed. */
export async function deliver(
  delivery: Delivery,
  roles: readonly Role[],
  options: OptionsOf<'assume-role'>,
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
  options: OptionsOf<'assume-role'>,
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
  options: OptionsOf<'assume-role'>,
  env: Environment,
): Promise<ExportStep> {
  const kept = roles.some(({ plan }) => plan.credentials !== 'static')
    ? keptCredentials(locations, options, env)
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

type RoleKeptCredentials = PlannedRole<AssumeRolePlan>

/** Profiles that get credentials when they are used, from files of ours. */
export interface KeptCredentials {
  /** What those profiles need to stand on. */
  edits(roles: readonly RoleKeptCredentials[]): FileEdit[]
  /** Undefined for a profile with static keys. */
  delivery(role: RoleKeptCredentials): ProfileDelivery | undefined
}

export function keptCredentials(
  { config }: SharedFileLocations,
  options: OptionsOf<'assume-role'>,
  env: Environment,
): KeptCredentials {
  const editsOf = ({ plan, role }: RoleKeptCredentials): FileEdit[] => {
    const files = profileFiles(config, plan.profile, env)
    if (plan.credentials === 'refresh') {
      return [
        recipeEdit(files.recipe, recipe(plan, options)),
        cacheEdit(files.cache, role.credentials),
      ]
    }
    if (plan.credentials === 'token-file' && role.token) {
      const { value } = role.token
      return [{ path: files.token, edit: () => Buffer.from(value), secret: true }]
    }
    return []
  }
  return {
    edits: (roles) => {
      const renewing = roles.some(({ plan }) => plan.credentials === 'refresh')
      const bundle = renewing ? installation(__filename, env) : []
      return [...bundle, ...roles.flatMap(editsOf)]
    },
    delivery: ({ plan }) => {
      const { profile, region, output } = plan
      const settings = { profile, region, output }
      switch (plan.credentials) {
        case 'static':
          return undefined
        case 'refresh':
          return {
            ...settings,
            kind: 'refresh',
            credentialProcess: credentialProcess(profile, env),
          }
        case 'token-file':
          return {
            ...settings,
            kind: 'token-file',
            roleArn: plan.role.arn,
            tokenFile: profileFiles(config, profile, env).token,
            roleSessionName: plan.roleSessionName,
          }
      }
    },
  }
}

function recipe(plan: AssumeRolePlan, options: OptionsOf<'assume-role'>) {
  const tokenFile = options['token-file']
  return {
    plan,
    token: {
      'token-source': options['token-source'],
      'token-env': options['token-env'],
      // AWS tools call the renewal from any directory.
      'token-file': tokenFile === undefined ? undefined : resolve(tokenFile),
      'token-version': options['token-version'],
      audience: options.audience,
    },
    maxAttempts: options['max-attempts'],
    timeoutSeconds: options['timeout-seconds'],
    allowedAccountIds: options['allowed-account-ids'],
  }
}
