import type { Element } from './answer.ts'
import type { Query } from './query.ts'
import type { Session } from './session.ts'
import { StsError } from './sts-error.ts'
import type { Role } from './world.ts'

const DEFAULT_SECONDS = 3600

/** The requested duration in seconds, within what the role allows. */
export function sessionDuration(query: Query, role: Role): number {
  const seconds = Number(query.get('DurationSeconds') ?? DEFAULT_SECONDS)
  if (seconds > role.maxSessionDuration) {
    throw new StsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      `the role allows ${role.maxSessionDuration} s`,
    )
  }
  return seconds
}

/** The part of the answer that AssumeRole and AssumeRoleWithWebIdentity share. */
export function sessionElements(session: Session, packedPolicySize: number | undefined) {
  return {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: session.expiration,
    },
    PackedPolicySize: packedPolicySize,
    SourceIdentity: session.sourceIdentity,
  } satisfies Element
}
