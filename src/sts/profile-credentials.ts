import {
  AssumeRole$,
  type AssumeRoleRequest,
  type AssumeRoleResponse,
  AssumeRoleWithWebIdentity$,
  type AssumeRoleWithWebIdentityRequest,
} from '@aws-sdk/client-sts'
import { fromIni } from '@aws-sdk/credential-providers/dist-es/fromIni.js'
import { loadSharedConfigFiles } from '@smithy/core/config'
import type { AwsCredentialIdentity } from '@smithy/types'
import type { Context } from '../context.ts'
import { ERROR_EXIT_CODES, EXIT, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { Credentials } from '../role/request.ts'
import type { StsCall, StsConnection } from './client.ts'
import { failedConnection, failedRequest } from './refusal.ts'
import type { FailedAttempts } from './retry.ts'

/** Credentials, and where they came from in words. */
interface FoundCredentials {
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
  sts: StsConnection,
  context: Context,
): Promise<FoundCredentials> {
  const { env } = context
  const [accessKeyId, secretAccessKey] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']]
  if (profile === undefined && accessKeyId && secretAccessKey) {
    const sessionToken = env['AWS_SESSION_TOKEN'] || undefined
    return { credentials: { accessKeyId, secretAccessKey, sessionToken }, source: 'environment' }
  }
  const name = profileName(profile, env)
  return { credentials: await readProfile(name, sts, context), source: `profile ${name}` }
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
  context: Context,
): Promise<Credentials> {
  const explain = (failed: FailedAttempts, url: URL) => refused(profile, failed, url)
  const assumed = (request: Pick<StsCall<Credentials>, 'operation' | 'input' | 'credentials'>) =>
    sts.request({ ...request, read: readCredentials, explain }, context)
  const provider = fromIni({
    profile,
    roleAssumer: async (credentials: AwsCredentialIdentity, input: AssumeRoleRequest) =>
      assumed({ operation: AssumeRole$, input: () => input, credentials }),
    roleAssumerWithWebIdentity: async (input: AssumeRoleWithWebIdentityRequest) =>
      assumed({ operation: AssumeRoleWithWebIdentity$, input: () => input }),
  })
  try {
    return await provider()
  } catch (error) {
    if (error instanceof OidcError) throw error
    throw notFound(profile, error as Error)
  }
}

function readCredentials({ Credentials: given }: AssumeRoleResponse) {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken } = given ?? {}
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken ? { sessionToken: SessionToken } : {}),
  }
}

function refused(profile: string, failed: FailedAttempts, url: URL): OidcError {
  const { code, detail } = failed.failure
  if (ERROR_EXIT_CODES[code] === EXIT.unreachable) return failedConnection(failed, url)
  return failedRequest(failed, {
    what: `AWS refuses the role of the profile "${profile}": ${detail}.`,
    next: 'Assume the role again with circleci-aws-oidc assume-role, which says more of the cause.',
  })
}

function notFound(profile: string, error: Error): OidcError {
  // What a credential_process said on stderr comes after the line that names it.
  const [first, second] = error.message.split('\n')
  const reason = first?.startsWith('Command failed') && second ? second : first
  return new OidcError('credentials-not-found', {
    what: `The profile "${profile}" gives no credentials: ${reason}.`.replace(/\.\.$/, '.'),
    next: 'Check the name and that an earlier step wrote the profile into the files that this one reads (HOME, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE).',
    cause: error,
  })
}
