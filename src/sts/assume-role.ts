import {
  AssumeRoleWithWebIdentity$,
  type AssumeRoleWithWebIdentityRequest,
  type AssumeRoleWithWebIdentityResponse,
} from '@aws-sdk/client-sts'
import type { MetadataBearer } from '@smithy/types'
import type { RoleArn } from './arn.ts'
import type { StsConnection } from './connection.ts'
import type { SessionCredentials } from './credentials.ts'
import { FailedExchange, incompleteAnswer } from './failure.ts'

export interface AssumeRoleRequest {
  readonly role: RoleArn
  readonly roleSessionName: string
  readonly durationSeconds: number
  /** Inline session policy, JSON. */
  readonly policy?: string
  readonly policyArns: readonly string[]
}

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
