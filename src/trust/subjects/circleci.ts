import { checkCoordinate, conflict, missing, refName } from './coordinate.ts'
import type { TrustedTokens } from './trusted-tokens.ts'

export interface CircleciCoordinates {
  readonly orgId: string
  readonly projectId: string | undefined
  readonly anyProject: boolean
  /** A branch, or a whole ref such as `refs/tags/v1`. */
  readonly branch: string | undefined
  /** `github.com/OWNER/REPOSITORY`. */
  readonly vcsOrigin: string | undefined
  readonly userId: string | undefined
  /** Of CircleCI Server; default: of CircleCI's cloud. */
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

/**
 * The user of a subject is a UUID. Spelled with `?`, it can't swallow more than that: with `user/*`, a branch
 * named `x/vcs-origin/…/vcs-ref/refs/heads/main` would pass for `main`.
 */
const ANY_USER = '????????-????-????-????-????????????'

/** Subjects of CircleCI: https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token */
export function circleciTokens(coordinates: CircleciCoordinates): TrustedTokens {
  const orgId = checkCoordinate('org-id', coordinates.orgId, 'uuid')
  return {
    kind: 'tokens',
    ci: 'circleci',
    issuer: checkCoordinate(
      'issuer',
      coordinates.issuer ?? `https://oidc.circleci.com/org/${orgId}`,
      'issuer',
    ),
    audience: checkCoordinate('audience', coordinates.audience ?? orgId, 'audience'),
    ...subjects(coordinates),
  }
}

function subjects(coordinates: CircleciCoordinates): Pick<TrustedTokens, 'subjects' | 'warnings'> {
  const { orgId, projectId, anyProject, branch, vcsOrigin } = coordinates
  if (anyProject) {
    if (projectId !== undefined) throw conflict('project-id', 'any-project')
    if (branch ?? vcsOrigin ?? coordinates.userId) {
      throw conflict('branch, --vcs-origin or --user-id', 'any-project')
    }
    return {
      subjects: [`org/${orgId}/project/*`],
      warnings: [`Every project of the CircleCI organization ${orgId} can assume this role.`],
    }
  }
  if (projectId === undefined) {
    throw missing('project-id', 'Without it every project of the organization would be trusted.')
  }
  const project = `org/${orgId}/project/${checkCoordinate('project-id', projectId, 'uuid')}`
  const user =
    coordinates.userId === undefined
      ? undefined
      : checkCoordinate('user-id', coordinates.userId, 'uuid')
  if (vcsOrigin === undefined && branch === undefined) {
    return {
      // A V1 subject ends after the user; a V2 subject goes on with the branch.
      subjects: user
        ? [`${project}/user/${user}`, `${project}/user/${user}/*`]
        : [`${project}/user/*`],
      warnings: [],
    }
  }
  if (vcsOrigin === undefined) {
    throw missing(
      'vcs-origin',
      'In the subject, the branch comes after the repository, so both are needed.',
    )
  }
  const origin = checkCoordinate('vcs-origin', vcsOrigin, 'origin')
  const ref = branch === undefined ? '*' : refName('branch', branch, 'refs/heads/')
  return {
    subjects: [`${project}/user/${user ?? ANY_USER}/vcs-origin/${origin}/vcs-ref/${ref}`],
    warnings: [
      'Only V2 tokens name the repository and branch: CIRCLE_OIDC_TOKEN_V2, which is what assume-role uses by default.',
    ],
  }
}
