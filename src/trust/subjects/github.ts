import { branchOrTag, checkCoordinate, conflict, policyLiteral, refName } from './coordinate.ts'
import type { TrustedTokens } from './trusted-tokens.ts'

interface GithubCoordinates {
  /** `OWNER/NAME` or `OWNER@ID/NAME@ID`, as the subject has it; with `anyProject` `OWNER/*` or `OWNER@ID/*`. */
  readonly repository: string
  readonly anyProject: boolean
  /** A branch, or a whole ref such as `refs/tags/v1`. */
  readonly ref: string | undefined
  readonly environment: string | undefined
  /** Of GitHub Enterprise Server; default: of github.com. */
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

const GITHUB = 'https://token.actions.githubusercontent.com'

/** Subjects of GitHub: https://docs.github.com/actions/reference/security/oidc#example-subject-claims */
export function githubTokens(coordinates: GithubCoordinates): TrustedTokens {
  const { anyProject, ref, environment } = coordinates
  const repository = checkCoordinate(
    'repository',
    coordinates.repository,
    anyProject ? 'owner' : 'repository',
  )
  if (ref !== undefined && environment !== undefined) throw conflict('ref', 'environment')
  if (anyProject && (ref ?? environment) !== undefined) {
    throw conflict('ref or --environment', 'any-project')
  }
  const issuer = checkCoordinate('issuer', coordinates.issuer ?? GITHUB, 'issuer')
  return {
    kind: 'tokens',
    ci: 'github',
    issuer,
    audience: checkCoordinate('audience', coordinates.audience ?? 'sts.amazonaws.com', 'audience'),
    subjects: [
      anyProject ? `repo:${repository}` : `repo:${repository}:${context(ref, environment)}`,
    ],
    warnings: [
      ...(anyProject
        ? [`Every repository of ${repository.slice(0, -2)} can assume this role.`]
        : []),
      ...(!issuer.endsWith('/_services/token') && !repository.includes('@') ? [IDS_MISSING] : []),
    ],
  }
}

// https://docs.github.com/actions/reference/security/oidc#immutable-subject-claims; GitHub Enterprise Server has none.
const IDS_MISSING =
  'Repositories created, renamed or transferred since July 15, 2026, and those that opted in, have ids in their subject and are not allowed. For them, pass --repository OWNER@ID/NAME@ID.'

function context(ref: string | undefined, environment: string | undefined): string {
  if (ref !== undefined) {
    branchOrTag('ref', ref)
    return `ref:${refName('ref', ref, 'refs/heads/')}`
  }
  if (environment === undefined) return '*'
  // "Any : within the context values will be replaced with %3A" (same page).
  const name = checkCoordinate('environment', environment, 'environment').replaceAll(':', '%3A')
  return `environment:${policyLiteral(name)}`
}
