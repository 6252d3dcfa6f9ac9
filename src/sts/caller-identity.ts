import { GetCallerIdentity$, type GetCallerIdentityResponse } from '@aws-sdk/client-sts'
import type { Deadline } from '../deadline.ts'
import type { Credentials } from '../role/request.ts'
import type { StsConnection } from './client.ts'
import { FailedExchange, incompleteAnswer } from './failure.ts'
import { failedConnection } from './refusal.ts'
import { FailedAttempts, type Narration, tellOfRetries, withRetries } from './retry.ts'

/** Who AWS says that the credentials are. */
export interface CallerIdentity {
  readonly accountId: string
  readonly arn: string
  readonly userId: string
}

export interface CallerIdentityOptions {
  readonly maxAttempts: number
  readonly deadline: Deadline
  readonly narration: Narration
}

/** GetCallerIdentity, with retries. Throws `OidcError`. */
export async function callerIdentity(
  sts: StsConnection,
  credentials: Credentials,
  options: CallerIdentityOptions,
): Promise<CallerIdentity> {
  const attempt = async (): Promise<CallerIdentity> => {
    const { signal } = options.deadline
    const answer: GetCallerIdentityResponse = await sts.send(
      GetCallerIdentity$,
      {},
      signal,
      credentials,
    )
    const { Account: accountId, Arn: arn, UserId: userId } = answer
    if (accountId && arn && userId) return { accountId, arn, userId }
    throw new FailedExchange(incompleteAnswer(['Account, Arn or UserId']))
  }
  try {
    return await withRetries(attempt, { ...options, onRetry: tellOfRetries(options.narration) })
  } catch (error) {
    if (error instanceof FailedAttempts) throw failedConnection(error, sts.url)
    throw error
  }
}
