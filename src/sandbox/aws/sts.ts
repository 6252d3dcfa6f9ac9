import { randomUUID } from 'node:crypto'
import { type Answer, type Format, renderError, renderResult, StsError } from './answer.ts'
import {
  assumeRole,
  assumeRoleWithWebIdentity,
  getCallerIdentity,
  type Operation,
  type Sts,
} from './operations.ts'
import type { StsRequest } from './request.ts'

const OPERATIONS: Readonly<Record<string, Operation>> = {
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  GetCallerIdentity: getCallerIdentity,
}

export interface StsOutcome {
  readonly answer: Answer
  readonly requestId: string
  /** The refusal, with its true reason; `undefined` when the operation succeeded. */
  readonly refusal: StsError | undefined
}

/** Answers one STS request. `forced` replaces the operation by that error (a fault). */
export async function answerSts(
  sts: Sts,
  request: StsRequest,
  forced?: StsError,
): Promise<StsOutcome> {
  const requestId = randomUUID()
  const format: Format = request.headers['accept']?.includes('application/json') ? 'json' : 'xml'
  const action = request.query.get('Action') ?? ''
  try {
    if (forced) throw forced
    const result = await findOperation(action)(sts, request)
    return {
      answer: renderResult(action, result, requestId, format),
      requestId,
      refusal: undefined,
    }
  } catch (error) {
    const refusal =
      error instanceof StsError
        ? error
        : new StsError('InternalFailure', 'The sandbox failed.', String(error))
    return { answer: renderError(refusal, requestId, format), requestId, refusal }
  }
}

function findOperation(action: string): Operation {
  if (action === '') {
    throw new StsError('MissingAction', 'Request is missing the Action parameter.')
  }
  const operation = Object.hasOwn(OPERATIONS, action) ? OPERATIONS[action] : undefined
  if (!operation) {
    throw new StsError(
      'InvalidAction',
      `Could not find operation ${action} for version 2011-06-15`,
      `the sandbox knows ${Object.keys(OPERATIONS).join(', ')}`,
    )
  }
  return operation
}
