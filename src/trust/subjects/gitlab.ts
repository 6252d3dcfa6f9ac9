import { branchOrTag, checkCoordinate, conflict, missing, refName } from './coordinate.ts'
import type { TrustedTokens } from './trusted-tokens.ts'

interface GitlabCoordinates {
  /** `https://gitlab.com` or one's own. */
  readonly url: string | undefined
  /** `GROUP/PROJECT`; with `anyProject` `GROUP/*`. */
  readonly projectPath: string
  readonly anyProject: boolean
  readonly refType: string | undefined
  readonly ref: string | undefined
  /** As the job's `id_tokens` asks for; GitLab's example is its own URL. */
  readonly audience: string | undefined
}

/** Subjects of GitLab: https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload */
export function gitlabTokens(coordinates: GitlabCoordinates): TrustedTokens {
  const { projectPath, anyProject, ref, refType } = coordinates
  const url = (coordinates.url ?? 'https://gitlab.com').replace(/\/$/, '')
  const issuer = checkCoordinate('gitlab-url', url, 'issuer')
  const path = checkCoordinate(
    'project-path',
    projectPath,
    anyProject ? 'group-path' : 'project-path',
  )
  if (refType !== undefined && ref === undefined) {
    throw missing('ref', 'A kind of ref needs the ref.')
  }
  if (anyProject && ref !== undefined) throw conflict('ref', 'any-project')
  const where = ref === undefined ? '*' : refContext(ref, refType)
  return {
    kind: 'tokens',
    ci: 'gitlab',
    issuer,
    audience: checkCoordinate('audience', coordinates.audience ?? issuer, 'audience'),
    subjects: [anyProject ? `project_path:${path}` : `project_path:${path}:${where}`],
    warnings: anyProject
      ? [`Every project under ${path.slice(0, -2)} on ${issuer} can assume this role.`]
      : [],
  }
}

/** GitLab's `ref` is the short name: `main`, `release/*`. */
function refContext(ref: string, refType: string | undefined): string {
  const { kind, name } = branchOrTag('ref', ref)
  if (kind && refType && kind !== refType) throw conflict(`ref ${ref}`, `ref-type ${refType}`)
  return `ref_type:${kind ?? refType ?? 'branch'}:ref:${refName('ref', name, '')}`
}
