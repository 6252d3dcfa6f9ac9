import { type Claims, circleciSubject } from '../../token/claims.ts'
import { issuerHostPath, tokenAudience } from './context-keys.ts'
import { sessionClaims, tokenActions } from './session-claims.ts'

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
  const project = projectOf(claims)
  return {
    Effect: 'Allow',
    Principal: {
      Federated: `arn:${place.partition}:iam::${place.accountId}:oidc-provider/${host}`,
    },
    Action: actions.length > 1 ? actions : actions[0],
    Condition: project
      ? { StringEquals: aud, StringLike: { [`${host}:sub`]: `${project}/user/*` } }
      : { StringEquals: { ...aud, [`${host}:sub`]: subject } },
  }
}

/** The project as CircleCI's subjects name it; not where a character of it would be a wildcard. */
function projectOf(claims: Claims): string | undefined {
  const { organization, project } = circleciSubject(claims) ?? {}
  const text = `org/${organization}/project/${project}`
  return project === undefined || /[*?]/.test(text) ? undefined : text
}

/** The account and partition that hold the provider. */
interface ProviderPlace {
  readonly partition: string
  readonly accountId: string
}
