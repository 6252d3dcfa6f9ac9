import { AssumeRole$, type AssumeRoleRequest as AssumeRoleInput } from '@aws-sdk/client-sts'
import type { Deadline } from '../deadline.ts'
import type { ErrorText, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import {
  type AssumedRole,
  type AssumeRoleRequest,
  policyArns,
  readAssumedRole,
} from './assume-role.ts'
import { connectSts } from './connection.ts'
import type { Credentials } from './credentials.ts'
import type { StsEndpoint } from './endpoint.ts'
import { failedConnection, failedRequest } from './failed-connection.ts'
import { FailedAttempts, type Narration, tellOfRetries, withRetries } from './retry.ts'

export interface SessionTag {
  readonly key: string
  readonly value: string
}

/** A role asked for with the credentials of another one. */
export interface ChainedRoleRequest extends AssumeRoleRequest {
  readonly externalId?: string
  readonly sessionTags: readonly SessionTag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
}

export interface ChainOptions {
  /** The profile whose credentials ask. */
  readonly sourceProfile: string
  readonly endpoint: StsEndpoint
  readonly env: Environment
  readonly maxAttempts: number
  readonly deadline: Deadline
  readonly narration: Narration
}

/** AssumeRole with the credentials of another role, with retries. Throws `OidcError`. */
export async function assumeChainedRole(
  request: ChainedRoleRequest,
  source: Credentials,
  options: ChainOptions,
): Promise<AssumedRole> {
  const { endpoint, env, maxAttempts, deadline, narration } = options
  const sts = await connectSts(endpoint, env)
  const attempt = async () =>
    readAssumedRole(await sts.send(AssumeRole$, input(request), deadline.signal, source))
  try {
    const onRetry = tellOfRetries(narration)
    return await withRetries(attempt, { maxAttempts, deadline, onRetry })
  } catch (error) {
    if (error instanceof FailedAttempts) throw refusal(error, request, options, sts.url)
    throw error
  } finally {
    sts.destroy()
  }
}

function input(request: ChainedRoleRequest): AssumeRoleInput {
  const { sessionTags, transitiveTagKeys } = request
  const tags = sessionTags.map(({ key, value }) => ({ Key: key, Value: value }))
  return {
    RoleArn: request.role.arn,
    RoleSessionName: request.roleSessionName,
    DurationSeconds: request.durationSeconds,
    Policy: request.policy,
    PolicyArns: policyArns(request),
    ExternalId: request.externalId,
    SourceIdentity: request.sourceIdentity,
    Tags: tags.length > 0 ? tags : undefined,
    TransitiveTagKeys: transitiveTagKeys.length > 0 ? [...transitiveTagKeys] : undefined,
  }
}

function refusal(
  failed: FailedAttempts,
  request: ChainedRoleRequest,
  { sourceProfile }: ChainOptions,
  url: URL,
): OidcError {
  const { code, detail } = failed.failure
  const texts: Partial<Record<typeof code, ErrorText>> = {
    'access-denied': {
      what: `AWS refuses ${request.role.arn} to the credentials of the profile "${sourceProfile}": ${detail}.`,
      likely: likelyCause(request),
      next: `In account ${request.role.accountId}, let the role's trust policy allow ${actions(request)} to the role of "${sourceProfile}"; in the account of "${sourceProfile}", let its permissions allow the same on ${request.role.arn}.`,
    },
    'session-policy-rejected': {
      what: `AWS rejects the session policy or the session tags: ${detail}.`,
      next: 'Correct policy, policy_arns or session_tags; together they must stay below the packed size that AWS allows.',
    },
    'request-rejected': {
      what: `AWS rejects the request for ${request.role.arn}: ${detail}.`,
      next: /DurationSeconds|MaxSessionDuration|1 hour/i.test(detail)
        ? 'A chained role lasts 3600 seconds at most; give a lower duration_seconds.'
        : 'Correct the setting that AWS names.',
    },
  }
  const text = texts[code]
  return text ? failedRequest(failed, text) : failedConnection(failed, url)
}

function actions({ sessionTags, sourceIdentity }: ChainedRoleRequest): string {
  return [
    'sts:AssumeRole',
    ...(sessionTags.length > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ].join(', ')
}

function likelyCause({ externalId }: ChainedRoleRequest): string {
  const condition =
    externalId === undefined
      ? 'asks for an external id that is not given'
      : 'asks for another external id'
  return `The trust policy of the role does not name the source role, or ${condition}, or there is no role of that name.`
}
