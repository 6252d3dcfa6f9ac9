import { contextKeys, tokenContextKeys } from '../trust/context-keys.ts'
import {
  type SessionClaims,
  sessionClaims,
  tagConditionKeys,
  tokenActions,
} from '../trust/session-claims.ts'
import type { Element } from './answer.ts'
import { authorize } from './authorization.ts'
import { sessionDuration, sessionElements } from './issued-session.ts'
import type { Operation } from './operation.ts'
import { parseRoleArn, validateParameters } from './parameters.ts'
import { packSessionPolicy } from './session-policy.ts'
import { tagsFromClaims } from './session-tags.ts'
import { StsError } from './sts-error.ts'

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const assumeRoleWithWebIdentity: Operation = async (sts, { query }): Promise<Element> => {
  validateParameters(query, ['RoleArn', 'RoleSessionName', 'WebIdentityToken'])
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

/** AWS does not document its wording, nor what it makes of a claim of another form: what passes here passes there. */
function refuseClaims({ roles, unclear }: SessionClaims, roleArn: string): void {
  if (unclear.length > 0) {
    const reason = `the sandbox can't tell what AWS makes of its claim ${unclear.join(', ')}`
    throw new StsError('InvalidIdentityToken', 'A claim of the token is invalid', reason)
  }
  if (roles !== undefined && !roles.includes(roleArn)) {
    const reason = `its claim https://aws.amazon.com/roles lists ${roles.join(', ') || 'none'}`
    throw new StsError('InvalidIdentityToken', 'The token is not for this role', reason)
  }
}
