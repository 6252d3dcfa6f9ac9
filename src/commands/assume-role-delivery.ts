import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { writeBashEnv } from '../profiles/bash-env.ts'
import { type StaticCredentials, writeStaticProfile } from '../profiles/delivery.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/shared-file-locations.ts'
import type { AssumeRoleOptions } from './assume-role.ts'

/** Where the credentials go, decided before the network is asked. */
export interface Delivery {
  readonly profile: string
  readonly region: string | undefined
  readonly output: string | undefined
  readonly locations: SharedFileLocations
  readonly bashEnv: BashEnvDelivery | undefined
}

/** What later bash steps get, and the file that `$BASH_ENV` names. */
export interface BashEnvDelivery {
  readonly path: string
  readonly mode: 'profile' | 'keys'
  readonly region: string | undefined
}

/** The files that changed. */
export interface Delivered {
  readonly files: readonly string[]
}

/** Throws `invalid-profile-name` and `invalid-usage`. */
export function planDelivery(options: AssumeRoleOptions, env: Environment): Delivery {
  const profile = options.profile ?? 'default'
  assertProfileName(profile)
  return {
    profile,
    region: options.region,
    output: options.output,
    locations: sharedFileLocations(env),
    bashEnv: planBashEnv(options, env),
  }
}

function planBashEnv(options: AssumeRoleOptions, env: Environment): BashEnvDelivery | undefined {
  const mode = options.export
  if (mode === 'none') return undefined
  const path = env['BASH_ENV']
  if (path) return { path, mode, region: options.region ?? regionToShare(env) }
  if (mode === 'profile') return undefined
  throw new OidcError('invalid-usage', {
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

/** Writes the profile, then the exports for later steps. */
export async function deliver(
  { profile, region, output, locations, bashEnv }: Delivery,
  credentials: StaticCredentials,
): Promise<Delivered> {
  const files = await writeStaticProfile({ profile, credentials, region, output }, locations)
  if (bashEnv?.mode === 'profile') {
    await writeBashEnv(bashEnv.path, { mode: 'profile', profile, region: bashEnv.region })
  }
  if (bashEnv?.mode === 'keys') {
    await writeBashEnv(bashEnv.path, { mode: 'keys', credentials, region: bashEnv.region })
  }
  return { files }
}
