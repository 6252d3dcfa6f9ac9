import { contextKeys, tokenContextKeys } from '../trust/context-keys.ts'
import type { Element } from './answer.ts'
import { authorize } from './authorization.ts'
import { sessionDuration, sessionElements } from './issued-session.ts'
import type { Operation } from './operation.ts'
import { parseRoleArn, validateParameters } from './parameters.ts'
import { packSessionPolicy } from './session-policy.ts'
import { tagConditionKeys, tagsFromClaims } from './session-tags.ts'
import { StsError } from './sts-error.ts'

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const assumeRoleWithWebIdentity: Operation = async (sts, { query }): Promise<Element> => {
  validateParameters(query, ['RoleArn', 'RoleSessionName', 'WebIdentityToken'])
  const requested = parseRoleArn(query.get('RoleArn') ?? '')
  if (!requested) throw new StsError('ValidationError', 'Request ARN is invalid')
  const name = query.get('RoleSessionName') ?? ''
  const token = await sts.tokens.verify(query.get('WebIdentityToken') ?? '', requested)
  const { tags, transitiveTagKeys } = tagsFromClaims(token.claims)
  const claimed = token.claims['https://aws.amazon.com/source_identity']
  const sourceIdentity = typeof claimed === 'string' ? claimed : undefined
  const role = authorize(sts.world, {
    requested,
    caller: { kind: 'federated', providerArn: token.providerArn },
    actions: [
      'sts:AssumeRoleWithWebIdentity',
      ...(tags.size > 0 ? ['sts:TagSession'] : []),
      ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ],
    keys: contextKeys([
      ...tokenContextKeys(token.claims),
      ['sts:RoleSessionName', name],
      ['sts:SourceIdentity', sourceIdentity],
      ...tagConditionKeys({ tags, transitiveTagKeys }),
    ]),
  })
  const durationSeconds = sessionDuration(query, role)
  const packed = packSessionPolicy(query, tags)
  const session = sts.sessions.issue({
    role,
    requested,
    name,
    durationSeconds,
    tags,
    transitiveTagKeys,
    sourceIdentity,
  })
  return {
    ...sessionElements(session, packed),
    SubjectFromWebIdentityToken: token.subject,
    Provider: token.providerArn,
    Audience: token.audience,
  }
}
