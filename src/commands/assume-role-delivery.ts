import { rmSync } from 'node:fs'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { writeBashEnv } from '../profiles/bash-env.ts'
import { type ProfileDelivery, writeProfiles } from '../profiles/delivery.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/shared-file-locations.ts'
import { type ProfileFiles, profileFiles } from '../refresh/data-directory.ts'
import type { PlannedRole } from '../roles/assume-roles.ts'
import type { AssumeRoleOptions } from './assume-role.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

/** Where the credentials go, decided before the network is asked. */
export interface Delivery {
  readonly locations: SharedFileLocations
  readonly bashEnv: BashEnvDelivery | undefined
}

/** What later bash steps get, and the file that `$BASH_ENV` names. */
export interface BashEnvDelivery {
  readonly path: string
  readonly mode: 'profile' | 'keys'
  readonly profile: string
  readonly region: string | undefined
}

/** Throws `invalid-profile-name` and `invalid-usage`. */
export function planDelivery(
  plans: readonly AssumeRolePlan[],
  options: AssumeRoleOptions,
  env: Environment,
): Delivery {
  for (const { profile } of plans) assertProfileName(profile)
  return { locations: sharedFileLocations(env), bashEnv: planBashEnv(plans, options, env) }
}

function planBashEnv(
  plans: readonly AssumeRolePlan[],
  options: AssumeRoleOptions,
  env: Environment,
): BashEnvDelivery | undefined {
  const mode = options.export
  const chosen = chosenPlan(plans, options.profile)
  if (mode === 'none') return undefined
  const path = env['BASH_ENV']
  if (mode === 'keys' && (!path || !chosen)) throw noKeysToExport(path)
  if (!path || !chosen) return undefined
  return { path, mode, profile: chosen.profile, region: chosen.region ?? regionToShare(env) }
}

/** The one profile that is clearly meant for later steps: the one named, the only one, or `default`. */
function chosenPlan(
  plans: readonly AssumeRolePlan[],
  named: string | undefined,
): AssumeRolePlan | undefined {
  const wanted = named ?? (plans.length === 1 ? plans[0]?.profile : 'default')
  const chosen = plans.find(({ profile }) => profile === wanted)
  if (chosen || named === undefined) return chosen
  throw new OidcError('invalid-usage', {
    what: `--profile is "${named}", but the profiles file has no such profile.`,
    next: `With a profiles file, --profile chooses the one that later steps use: ${plans.map(({ profile }) => profile).join(', ')}.`,
  })
}

function noKeysToExport(path: string | undefined): OidcError {
  if (path) {
    return new OidcError('invalid-usage', {
      what: '--export keys needs one profile, but the profiles file has several and no "default".',
      next: 'Choose one with --profile, or leave --export out.',
    })
  }
  return new OidcError('invalid-usage', {
    what: '--export keys needs BASH_ENV, which is not set.',
    why: 'In a CircleCI job it names a file that each bash step reads first; other shells have none.',
    next: 'Use the profile instead: leave --export out and name the profile in later commands.',
  })
}

/** A region that only one of the two variables has, so that half of the AWS tools would not see it. */
function regionToShare(env: Environment): string | undefined {
  const [sdk, cli] = [env['AWS_REGION'], env['AWS_DEFAULT_REGION']]
  return sdk && cli ? undefined : sdk || cli || undefined
}

/** Writes the profiles, then the exports for later steps. Returns the shared files that changed. */
export async function deliver(
  { locations, bashEnv }: Delivery,
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
  await exportTo(bashEnv, roles)
  return files
}

/** A profile that changed its kind of credentials leaves no file of the kind it had. */
function removeOtherFiles(kind: AssumeRolePlan['credentials'], files: ProfileFiles): void {
  const { recipe, cache, token } = files
  const others = { static: [recipe, cache, token], refresh: [token], 'token-file': [recipe, cache] }
  for (const path of others[kind]) rmSync(path, { force: true })
}

function staticDelivery({ plan, role }: PlannedRole<AssumeRolePlan>): ProfileDelivery {
  const { profile, region, output } = plan
  return { kind: 'static', profile, region, output, credentials: role.credentials }
}

async function exportTo(
  bashEnv: BashEnvDelivery | undefined,
  roles: readonly PlannedRole<AssumeRolePlan>[],
): Promise<void> {
  const chosen = roles.find(({ plan }) => plan.profile === bashEnv?.profile)
  if (!bashEnv || !chosen) return
  const { path, mode, profile, region } = bashEnv
  const { plan, role } = chosen
  await writeBashEnv(
    path,
    mode === 'keys'
      ? { mode, credentials: role.credentials, region }
      : { mode, profile, credentials: plan.credentials, region },
  )
}
