import { contextKeys, tokenContextKeys } from '../../trust/policy/context-keys.ts'
import {
  type SessionClaims,
  sessionClaims,
  tagConditionKeys,
  tokenActions,
} from '../../trust/policy/session-claims.ts'
import type { Role } from './account.ts'
import { type Element, StsError } from './answer.ts'
import { authorize, principalKeys, requestKeys } from './authorization.ts'
import { INPUTS, validateParameters } from './constraints.ts'
import { parseRoleArn, type Query, type StsRequest } from './request.ts'
import type { Session, Sessions } from './session.ts'
import { packSessionPolicy } from './session-policy.ts'
import { inheritTags, tagsFromClaims, tagsFromParameters } from './session-tags.ts'
import { authenticate } from './signature.ts'
import type { TokenVerification } from './token-verification.ts'
import type { World } from './world.ts'

/** What the operations work on. */
export interface Sts {
  readonly world: World
  readonly tokens: TokenVerification
  readonly sessions: Sessions
}

/** An STS action: answers with its result element or throws `StsError`. */
export type Operation = (sts: Sts, request: StsRequest) => Promise<Element>

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const assumeRoleWithWebIdentity: Operation = async (sts, request) => {
  const { query } = request
  validateParameters(query, INPUTS.AssumeRoleWithWebIdentity)
  const requested = parseRoleArn(query.get('RoleArn') ?? '')
  if (!requested) throw new StsError('ValidationError', 'Request ARN is invalid')
  const name = query.get('RoleSessionName') ?? ''
  const token = await sts.tokens.verify(query.get('WebIdentityToken') ?? '', requested)
  const claims = sessionClaims(token.claims)
  refuseClaims(claims, requested.arn)
  const { tags, transitiveTagKeys } = tagsFromClaims(claims)
  const { sourceIdentity } = claims
  const role = authorize(sts.world, {
    requested,
    caller: { kind: 'federated', providerArn: token.providerArn },
    actions: tokenActions(claims),
    keys: contextKeys([
      ...requestKeys(request, requested, sts.world.region),
      ...principalKeys(undefined),
      ['aws:FederatedProvider', token.providerArn],
      ...tokenContextKeys(token.claims),
      ['sts:RoleSessionName', name],
      ['sts:SourceIdentity', sourceIdentity],
      ...tagConditionKeys({ tags, transitiveTagKeys }),
    ]),
  })
  const durationSeconds = sessionDuration(query, role)
  const packed = packSessionPolicy(query, requested, tags)
  const session = sts.sessions.issue({
    role,
    requested,
    name,
    durationSeconds,
    tags,
    transitiveTagKeys,
    sourceIdentity,
    providerArn: token.providerArn,
  })
  return {
    ...sessionElements(session, packed),
    SubjectFromWebIdentityToken: token.subject,
    Provider: token.providerArn,
    Audience: token.audience,
  }
}

/** AWS does not document its wording, nor what it makes of a claim of another form: what passes here passes there. */
function refuseClaims({ roles, unclear }: SessionClaims, roleArn: string): void {
  if (unclear.length > 0) {
    const reason = `the sandbox does not know how AWS treats its claim ${unclear.join(', ')}`
    throw new StsError('InvalidIdentityToken', 'A claim of the token is invalid', reason)
  }
  if (roles !== undefined && !roles.includes(roleArn)) {
    const reason = `its claim https://aws.amazon.com/roles lists ${roles.join(', ') || 'none'}`
    throw new StsError('InvalidIdentityToken', 'The token is not for this role', reason)
  }
}

const CHAINING_LIMIT_SECONDS = 3600

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * Only trust policies are in the world: the caller's own permissions are taken to allow the call.
 */
export const assumeRole: Operation = async (sts, request) => {
  const { session: caller, region } = authenticate(request, sts.sessions)
  const { query } = request
  validateParameters(query, INPUTS.AssumeRole)
  const arn = query.get('RoleArn') ?? ''
  const requested = parseRoleArn(arn)
  if (!requested) throw new StsError('ValidationError', `${arn} is invalid`)
  if (requested.partition !== caller.partition) {
    const reason = `a session of ${caller.partition} cannot assume a role of ${requested.partition}`
    throw new StsError(
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      reason,
    )
  }
  const name = query.get('RoleSessionName') ?? ''
  const sessionTags = inheritTags(tagsFromParameters(query), caller)
  const sourceIdentity = inheritSourceIdentity(query.get('SourceIdentity'), caller)
  const role = authorize(sts.world, {
    requested,
    caller: { kind: 'aws', arn: caller.arn, account: caller.account, roleArn: caller.roleArn },
    actions: [
      'sts:AssumeRole',
      ...(sessionTags.tags.size > 0 ? ['sts:TagSession'] : []),
      ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ],
    keys: contextKeys([
      ...requestKeys(request, requested, region),
      ...principalKeys(caller),
      ['sts:ExternalId', query.get('ExternalId')],
      ['sts:RoleSessionName', name],
      ['sts:SourceIdentity', sourceIdentity],
      ...tagConditionKeys(sessionTags),
    ]),
  })
  const durationSeconds = sessionDuration(query, role)
  if (durationSeconds > CHAINING_LIMIT_SECONDS) {
    throw new StsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  const packed = packSessionPolicy(query, requested, sessionTags.tags)
  const session = sts.sessions.issue({
    ...{ role, requested, name, durationSeconds, sourceIdentity },
    ...sessionTags,
  })
  return sessionElements(session, packed)
}

/** A source identity stays for the whole chain: id_credentials_temp_control-access_monitor.html */
function inheritSourceIdentity(requested: string | undefined, caller: Session) {
  const { sourceIdentity } = caller
  if (requested !== undefined && sourceIdentity !== undefined && requested !== sourceIdentity) {
    throw new StsError(
      'ValidationError',
      'The source identity is already set for this assume role session',
    )
  }
  return sourceIdentity ?? requested
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity: Operation = async (sts, request) => {
  const { arn, userId, account } = authenticate(request, sts.sessions).session
  return { Arn: arn, UserId: userId, Account: account }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html */
export const getAccessKeyInfo: Operation = async (sts, request) => {
  authenticate(request, sts.sessions)
  validateParameters(request.query, INPUTS.GetAccessKeyInfo)
  const account = sts.sessions.find(request.query.get('AccessKeyId') ?? '')?.account
  if (account !== undefined) return { Account: account }
  throw new StsError(
    'AccessDenied',
    'Access Denied',
    'the sandbox knows only the access keys it issued',
  )
}

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 * The sandbox encodes no message, so none can be right.
 */
export const decodeAuthorizationMessage: Operation = async (sts, request) => {
  authenticate(request, sts.sessions)
  validateParameters(request.query, INPUTS.DecodeAuthorizationMessage)
  throw new StsError('InvalidAuthorizationMessageException', 'Message is not valid')
}

/** GetSessionToken and GetFederationToken are for long-term credentials, which the sandbox has not: id_credentials_sts-comparison.html */
export const refuseSession =
  (action: 'GetSessionToken' | 'GetFederationToken'): Operation =>
  async (sts, request) => {
    authenticate(request, sts.sessions)
    validateParameters(request.query, INPUTS[action])
    throw new StsError('AccessDenied', `Cannot call ${action} with session credentials`)
  }

const DEFAULT_SECONDS = 3600

/** The requested duration in seconds, within what the role allows. */
function sessionDuration(query: Query, role: Role): number {
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
function sessionElements(session: Session, packedPolicySize: number | undefined) {
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
