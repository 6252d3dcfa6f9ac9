import type { Claims } from '../../token/claims.ts'
import { issuerHostPath, tokenAudience } from './context-keys.ts'
import { sessionClaims, tokenActions } from './session-claims.ts'

/** The account and partition that hold the provider. */
export interface ProviderPlace {
  readonly partition: string
  readonly accountId: string
}

/** CircleCI's subject: V1 ends with the user, V2 goes on with repository and branch. */
const CIRCLECI_SUBJECT = /^(org\/[^/*?]+\/project\/[^/*?]+\/user\/)./

/**
 * A trust-policy statement that admits this token and no other project's: by audience and, for CircleCI,
 * any user of the project, which matches V1 and V2; for other issuers exactly this subject.
 */
export function admittingStatement(claims: Claims, place: ProviderPlace): object {
  const host = issuerHostPath(claims.iss ?? '')
  const [audience = '', ...others] = tokenAudience(claims) ?? []
  const aud = { [`${host}:aud`]: others.length > 0 ? [audience, ...others] : audience }
  const subject = claims.sub ?? ''
  const actions = tokenActions(sessionClaims(claims))
  const project = CIRCLECI_SUBJECT.exec(subject)?.[1]
  return {
    Effect: 'Allow',
    Principal: {
      Federated: `arn:${place.partition}:iam::${place.accountId}:oidc-provider/${host}`,
    },
    Action: actions.length > 1 ? actions : actions[0],
    Condition: project
      ? { StringEquals: aud, StringLike: { [`${host}:sub`]: `${project}*` } }
      : { StringEquals: { ...aud, [`${host}:sub`]: subject } },
  }
}
