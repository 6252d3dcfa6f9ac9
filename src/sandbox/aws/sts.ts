import { randomUUID } from 'node:crypto'
import { type Answer, type Format, renderError, renderResult, StsError } from './answer.ts'
import {
  assumeRole,
  assumeRoleWithWebIdentity,
  decodeAuthorizationMessage,
  getAccessKeyInfo,
  getCallerIdentity,
  type Operation,
  refuseSession,
  type Sts,
} from './operations.ts'
import type { Query, StsRequest } from './request.ts'

interface StsOutcome {
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
    const result = await findOperation(action, request.query)(sts, request)
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

const OPERATIONS: Readonly<Record<string, Operation>> = {
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  DecodeAuthorizationMessage: decodeAuthorizationMessage,
  GetAccessKeyInfo: getAccessKeyInfo,
  GetCallerIdentity: getCallerIdentity,
  GetFederationToken: refuseSession('GetFederationToken'),
  GetSessionToken: refuseSession('GetSessionToken'),
}

const VERSION = '2011-06-15'

function findOperation(action: string, query: Query): Operation {
  if (action === '') {
    throw new StsError('MissingAction', 'Request is missing the Action parameter.')
  }
  const version = query.get('Version') || 'NO_VERSION_SPECIFIED'
  const operation = Object.hasOwn(OPERATIONS, action) ? OPERATIONS[action] : undefined
  if (operation && version === VERSION) return operation
  throw new StsError(
    'InvalidAction',
    `Could not find operation ${action} for version ${version}`,
    `the sandbox knows ${Object.keys(OPERATIONS).join(', ')}, version ${VERSION}`,
  )
}
