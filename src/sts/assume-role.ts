import {
  AssumeRole$,
  type AssumeRoleRequest as AssumeRoleInput,
  AssumeRoleWithWebIdentity$,
  type AssumeRoleWithWebIdentityRequest,
  type AssumeRoleWithWebIdentityResponse,
} from '@aws-sdk/client-sts'
import type { MetadataBearer } from '@smithy/types'
import { type Deadline, now } from '../deadline.ts'
import type { ErrorText, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type {
  AssumeRoleRequest,
  ChainedRoleRequest,
  Credentials,
  SessionCredentials,
} from '../role/request.ts'
import { hasExpired, type WebIdentityToken } from '../token/web-identity-token.ts'
import { connectSts, type StsConnection } from './client.ts'
import type { StsEndpoint } from './endpoint.ts'
import { FailedExchange, type Failure, incompleteAnswer } from './failure.ts'
import { failedConnection, failedRequest, refusal } from './refusal.ts'
import { FailedAttempts, type Narration, tellOfRetries, withRetries } from './retry.ts'

export interface AssumedRole {
  readonly credentials: SessionCredentials
  /** `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` */
  readonly arn: string
  readonly accountId: string
  /** AWS's id of the request, where the answer has one. */
  readonly requestId: string | undefined
}

/** One AssumeRoleWithWebIdentity request. Throws what the SDK throws, or `FailedExchange`. */
export async function assumeRoleWithWebIdentity(
  sts: StsConnection,
  request: AssumeRoleRequest,
  token: string,
  signal: AbortSignal,
): Promise<AssumedRole> {
  const input: AssumeRoleWithWebIdentityRequest = {
    RoleArn: request.role.arn,
    RoleSessionName: request.roleSessionName,
    WebIdentityToken: token,
    DurationSeconds: request.durationSeconds,
    Policy: request.policy,
    PolicyArns: policyArns(request),
  }
  const answer: AssumeRoleWithWebIdentityResponse & Partial<MetadataBearer> = await sts.send(
    AssumeRoleWithWebIdentity$,
    input,
    signal,
  )
  return readAssumedRole(answer)
}

/** The managed session policies as STS takes them. */
export function policyArns(request: AssumeRoleRequest): { arn: string }[] | undefined {
  return request.policyArns.length > 0 ? request.policyArns.map((arn) => ({ arn })) : undefined
}

/** What every AssumeRole… operation answers. Throws `FailedExchange` where something is missing. */
export function readAssumedRole(
  answer: AssumeRoleWithWebIdentityResponse & Partial<MetadataBearer>,
): AssumedRole {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {}
  const arn = answer.AssumedRoleUser?.Arn
  if (AccessKeyId && SecretAccessKey && SessionToken && Expiration && arn) {
    return {
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      },
      arn,
      accountId: arn.split(':')[4] ?? '',
      requestId: answer.$metadata?.requestId,
    }
  }
  const parts = { AccessKeyId, SecretAccessKey, SessionToken, Expiration, AssumedRoleUser: arn }
  const missing = Object.entries(parts).filter(([, value]) => !value)
  // An empty HTTP 200 resolves as an empty answer.
  throw new FailedExchange(incompleteAnswer(missing.map(([name]) => name)))
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
    if (error instanceof FailedAttempts) throw refusalChainedRole(error, request, options, sts.url)
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

function refusalChainedRole(
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

export interface ExchangeOptions {
  readonly endpoint: StsEndpoint
  readonly env: Environment
  readonly maxAttempts: number
  readonly deadline: Deadline
  /** Told what a person should know while it lasts: retries, a new token. */
  readonly note: (text: string) => void
  readonly debug: (text: string) => void
  /** Told of every token used, before it is. */
  readonly onToken: (token: WebIdentityToken) => void
}

export interface Exchanged extends AssumedRole {
  /** The token that was accepted; a newer one than given if that had expired. */
  readonly token: WebIdentityToken
  readonly url: URL
}

/** Exchanges a web identity token for credentials of a role, with retries. Throws `OidcError`. */
export async function exchangeToken(
  request: AssumeRoleRequest,
  given: WebIdentityToken,
  options: ExchangeOptions,
): Promise<Exchanged> {
  const { deadline, note, debug } = options
  const sts = await connectSts(options.endpoint, options.env)
  const { url } = sts
  let token = given
  const renew = async (): Promise<boolean> => {
    if (!token.renew) return false
    note(`The token from ${token.source} has expired; getting a new one.`)
    const fresh = await deadline.race('getting a new token', token.renew())
    const changed = fresh.value !== token.value
    token = fresh
    options.onToken(token)
    return changed
  }
  const attempt = async (number: number): Promise<AssumedRole> => {
    if (hasExpired(token)) await renew()
    const start = now()
    const took = () => `attempt ${number} at ${url.host} took ${Math.round(now() - start)} ms`
    try {
      const { signal } = deadline
      const role = await assumeRoleWithWebIdentity(sts, request, token.value, signal)
      debug(`${took()}; AWS request id ${role.requestId ?? 'missing'}`)
      return role
    } catch (error) {
      debug(`${took()} and failed`)
      throw error
    }
  }
  // AWS calling a fresh token expired as well means that another one won't help.
  let renewed = false
  const mend = async (failure: Failure): Promise<boolean> => {
    if (failure.code !== 'token-expired' || renewed) return false
    renewed = true
    return renew()
  }
  try {
    options.onToken(token)
    const role = await withRetries(attempt, {
      maxAttempts: options.maxAttempts,
      deadline,
      mend,
      onRetry: tellOfRetries({ note, debug }),
    })
    return { ...role, token, url }
  } catch (error) {
    if (error instanceof FailedAttempts) throw refusal(error, { request, token, url })
    throw error
  } finally {
    sts.destroy()
  }
}
