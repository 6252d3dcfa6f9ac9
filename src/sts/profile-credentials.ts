import {
  type AssumeRoleResponse as Assumed,
  AssumeRole$,
  type AssumeRoleRequest,
  AssumeRoleWithWebIdentity$,
  type AssumeRoleWithWebIdentityRequest,
} from '@aws-sdk/client-sts'
import { fromIni } from '@aws-sdk/credential-providers/dist-es/fromIni.js'
import { loadSharedConfigFiles } from '@smithy/core/config'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { StsConnection } from './connection.ts'
import type { Credentials } from './credentials.ts'
import { failureOf } from './failure.ts'

/** Credentials, and where they came from in words. */
export interface FoundCredentials {
  readonly credentials: Credentials
  readonly source: string
}

/**
 * The credentials that AWS tools would use: of the profile given, else static keys of the environment,
 * else of the profile in `AWS_PROFILE`, else of `default`. Roles a profile names are assumed through
 * `sts`. Throws `credentials-not-found`.
 */
export async function findCredentials(
  profile: string | undefined,
  env: Environment,
  sts: StsConnection,
  signal: AbortSignal,
): Promise<FoundCredentials> {
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']]
  if (profile === undefined && accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'] || undefined
    return { credentials: { accessKeyId, secretAccessKey, sessionToken }, source: 'environment' }
  }
  const name = profileName(profile, env)
  return { credentials: await readProfile(name, sts, signal), source: `profile ${name}` }
}

/** The region that the profile in use names, if any. */
export async function profileRegion(
  profile: string | undefined,
  env: Environment,
): Promise<string | undefined> {
  const { configFile } = await loadSharedConfigFiles()
  return configFile[profileName(profile, env)]?.['region']
}

function profileName(profile: string | undefined, env: Environment): string {
  return profile ?? (env['AWS_PROFILE'] || 'default')
}

/** Credentials of a profile in the shared files, of whatever kind. */
export async function readProfile(
  profile: string,
  sts: StsConnection,
  signal: AbortSignal,
): Promise<Credentials> {
  const assumed = async (answer: Assumed) => {
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = answer.Credentials ?? {}
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(SessionToken ? { sessionToken: SessionToken } : {}),
    }
  }
  const provider = fromIni({
    profile,
    roleAssumer: async (source, input: AssumeRoleRequest) =>
      assumed(await sts.send(AssumeRole$, input, signal, source)),
    roleAssumerWithWebIdentity: async (input: AssumeRoleWithWebIdentityRequest) =>
      assumed(await sts.send(AssumeRoleWithWebIdentity$, input, signal)),
  })
  try {
    return await provider()
  } catch (error) {
    throw notFound(profile, error as Error)
  }
}

function notFound(profile: string, error: Error): OidcError {
  const answered = '$metadata' in error || '$response' in error
  const reason = answered ? failureOf(error).detail : error.message.split('\n')[0]
  return new OidcError('credentials-not-found', {
    what: `The profile "${profile}" gives no credentials: ${reason}.`.replace(/\.\.$/, '.'),
    next: 'Check the name and that an earlier step wrote the profile into the files that this one reads (HOME, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE).',
    cause: error,
  })
}
