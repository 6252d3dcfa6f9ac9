import { GetCallerIdentity$, type GetCallerIdentityResponse } from '@aws-sdk/client-sts'
import type { Context } from '../context.ts'
import type { Credentials } from '../role/request.ts'
import type { StsConnection } from './client.ts'
import { FailedExchange, incompleteAnswer } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

/** Who AWS says that the credentials are. */
interface CallerIdentity {
  readonly accountId: string
  readonly arn: string
  readonly userId: string
}

/** GetCallerIdentity, with retries. Throws `OidcError`. */
export function callerIdentity(
  sts: StsConnection,
  credentials: Credentials,
  context: Context,
): Promise<CallerIdentity> {
  const request = {
    operation: GetCallerIdentity$,
    input: () => ({}),
    credentials,
    read: readIdentity,
    explain: async (failed: FailedAttempts, url: URL) => {
      const { failedConnection } = await import('./failed-connection.ts')
      return failedConnection(failed, url, context.env)
    },
  }
  return sts.request(request, context)
}

function readIdentity(answer: GetCallerIdentityResponse): CallerIdentity {
  const { Account: accountId, Arn: arn, UserId: userId } = answer
  if (accountId && arn && userId) return { accountId, arn, userId }
  throw new FailedExchange(incompleteAnswer(['Account, Arn or UserId']))
}
