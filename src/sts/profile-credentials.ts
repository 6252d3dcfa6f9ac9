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
import { asOidcError, ERROR_EXIT_CODES, EXIT, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { Credentials } from '../role/request.ts'
import { readTokenFile } from '../token/given.ts'
import { refuseExpired } from '../token/web-identity-token.ts'
import type { StsCall, StsConnection } from './client.ts'
import { failedConnection, failedRequest } from './failed-connection.ts'
import type { FailedAttempts } from './retry.ts'

/** Credentials, and where they came from in words. */
interface FoundCredentials {
  readonly credentials: Credentials
  readonly source: string
  /** What other AWS tools take instead. */
  readonly otherwise?: string
}

/**
 * The credentials that the AWS CLI would use: of the profile given, else static keys of the environment, else of
 * the token that `AWS_WEB_IDENTITY_TOKEN_FILE` names, else of the profile in `AWS_DEFAULT_PROFILE`, `AWS_PROFILE` or
 * of `default`. Roles a profile names are assumed through `sts`. Throws `credentials-not-found`.
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
    return {
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      source: 'environment',
      // https://github.com/aws/aws-sdk-js-v3, credential-provider-node: with AWS_PROFILE it passes over the keys.
      ...(env['AWS_PROFILE']
        ? {
            otherwise: `AWS_PROFILE is set as well: ${JAVASCRIPT} uses the profile "${env['AWS_PROFILE']}".`,
          }
        : {}),
    }
  }
  const name = profileName(profile, env)
  const given = profile === undefined ? await webIdentity(name, env) : undefined
  if (given) {
    return {
      credentials: await exchanged(given, sts, context),
      source: 'AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE',
      otherwise: `The AWS CLI and boto3 use these before the profile "${name}"; ${JAVASCRIPT} uses the profile first.`,
    }
  }
  return {
    credentials: await readProfile(name, sts, context),
    source: `profile ${name}`,
    ...otherProfile(profile, env),
  }
}

const JAVASCRIPT = 'the SDK for JavaScript'

function otherProfile(profile: string | undefined, env: Environment): { otherwise?: string } {
  const { AWS_DEFAULT_PROFILE: first, AWS_PROFILE: second = '' } = env
  if (profile !== undefined || !first || first === (second || 'default')) return {}
  return {
    otherwise: `AWS_DEFAULT_PROFILE is "${first}", which only the AWS CLI and boto3 read; other SDKs use the profile "${second || 'default'}".`,
  }
}

interface WebIdentity {
  readonly roleArn: string
  readonly tokenFile: string
  readonly sessionName: string
}

/** botocore prefers these variables to a profile, unless that assumes a role with credentials of its own. */
async function webIdentity(profile: string, env: Environment): Promise<WebIdentity | undefined> {
  const { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile } = env
  if (!roleArn || !tokenFile) return undefined
  const { configFile, credentialsFile } = await loadSharedConfigFiles()
  const settings = { ...configFile[profile], ...credentialsFile[profile] }
  const isChained =
    settings['role_arn'] && (settings['source_profile'] || settings['credential_source'])
  if (isChained) return undefined
  return { roleArn, tokenFile, sessionName: env['AWS_ROLE_SESSION_NAME'] || 'circleci-aws-oidc' }
}

async function exchanged(
  { roleArn, tokenFile, sessionName }: WebIdentity,
  sts: StsConnection,
  context: Context,
): Promise<Credentials> {
  const token = await readTokenFile(tokenFile, refuseExpired, context.deadline.signal)
  context.terminal.conceal(token.value)
  const input = { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token.value }
  const explain = (failed: FailedAttempts, url: URL) =>
    refused('the role of AWS_ROLE_ARN', failed, url, context.env)
  return sts.request(
    { operation: AssumeRoleWithWebIdentity$, input: () => input, read: readCredentials, explain },
    context,
  )
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
  // botocore reads AWS_DEFAULT_PROFILE before AWS_PROFILE.
  return profile ?? (env['AWS_DEFAULT_PROFILE'] || env['AWS_PROFILE'] || 'default')
}

/** Credentials of a profile in the shared files, of whatever kind. */
export async function readProfile(
  profile: string,
  sts: StsConnection,
  context: Context,
): Promise<Credentials> {
  const explain = (failed: FailedAttempts, url: URL) =>
    refused(`the role of the profile "${profile}"`, failed, url, context.env)
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
    const known = asOidcError(error)
    throw known.code === 'internal-error' ? notFound(profile, error as Error, context.env) : known
  }
}

function readCredentials({ Credentials: given }: AssumeRoleResponse) {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken, Expiration } = given ?? {}
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken ? { sessionToken: SessionToken } : {}),
    ...(Expiration ? { expiration: Expiration } : {}),
  }
}

function refused(role: string, failed: FailedAttempts, url: URL, env: Environment): OidcError {
  const { code, detail } = failed.failure
  if (ERROR_EXIT_CODES[code] === EXIT.unreachable) return failedConnection(failed, url, env)
  return failedRequest(failed, {
    what: `AWS refuses ${role}: ${detail}.`,
    next: 'Assume the role again with circleci-aws-oidc assume-role, which explains the cause.',
  })
}

function notFound(profile: string, error: Error, env: Environment): OidcError {
  // What a credential_process said on stderr comes after the line that names it.
  const [first, ...said] = error.message.split('\n').filter((line) => line.trim() !== '')
  const telling = said.find((line) => /error|cannot|can't|not found|no such|denied/i.test(line))
  const reason = first?.startsWith('Command failed') ? (telling ?? said[0] ?? first) : first
  return new OidcError('credentials-not-found', {
    what: `The profile "${profile}" gives no credentials: ${reason}.`.replace(/\.\.$/, '.'),
    ...(env['AWS_OIDC_SKIPPED']
      ? { likely: 'This job has no OIDC token, so assume-role was skipped (AWS_OIDC_SKIPPED).' }
      : {}),
    next: 'Check the name (the step of assume-role has no AWS_PROFILE yet), and that an earlier step wrote the profile to the files that this step reads (HOME, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE).',
    cause: error,
  })
}
