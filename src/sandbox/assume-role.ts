import { contextKeys } from '../trust/context-keys.ts'
import { tagConditionKeys } from '../trust/session-claims.ts'
import type { Element } from './answer.ts'
import { authorize } from './authorization.ts'
import { sessionDuration, sessionElements } from './issued-session.ts'
import type { Operation } from './operation.ts'
import { parseRoleArn, validateParameters } from './parameters.ts'
import type { Session } from './session.ts'
import { packSessionPolicy } from './session-policy.ts'
import { inheritTags, tagsFromParameters } from './session-tags.ts'
import { authenticate } from './signature.ts'
import { StsError } from './sts-error.ts'

const CHAINING_LIMIT_SECONDS = 3600

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * Only trust policies are in the world: the caller's own permissions are taken to allow the call.
 */
export const assumeRole: Operation = async (sts, request): Promise<Element> => {
  const caller = await authenticate(request, sts.sessions)
  const { query } = request
  validateParameters(query, ['RoleArn', 'RoleSessionName'])
  const arn = query.get('RoleArn') ?? ''
  const requested = parseRoleArn(arn)
  if (!requested) throw new StsError('ValidationError', `${arn} is invalid`)
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
      ['sts:ExternalId', query.get('ExternalId')],
      ['sts:RoleSessionName', name],
      ['sts:SourceIdentity', sourceIdentity],
      ['aws:SourceIdentity', caller.sourceIdentity],
      ['aws:PrincipalArn', caller.roleArn],
      ['aws:PrincipalAccount', caller.account],
      ...[...caller.tags].map(([key, value]) => [`aws:PrincipalTag/${key}`, value] as const),
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
  const packed = packSessionPolicy(query, sessionTags.tags)
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
