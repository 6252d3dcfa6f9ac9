import type { Element } from './answer.ts'
import type { Operation } from './operation.ts'
import { authenticate } from './signature.ts'

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity: Operation = async (sts, request): Promise<Element> => {
  const { arn, userId, account } = await authenticate(request, sts.sessions)
  return { Arn: arn, UserId: userId, Account: account }
}
