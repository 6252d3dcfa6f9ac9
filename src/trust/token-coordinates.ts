import { OidcError } from '../errors.ts'
import type { Claims } from '../token/claims.ts'
import { audiences } from '../token/claims.ts'
import { circleciTokens } from './circleci-subjects.ts'
import { policyLiteral } from './coordinate.ts'
import { githubTokens } from './github-subjects.ts'
import { gitlabTokens } from './gitlab-subjects.ts'
import { issuerTokens } from './issuer-subjects.ts'
import type { TrustedTokens } from './trusted-party.ts'

/** How much narrower, or wider, than the token's own project. */
export interface Narrowing {
  readonly anyProject: boolean
  readonly branch: string | undefined
  readonly userId: string | undefined
  readonly refType: string | undefined
  readonly ref: string | undefined
  readonly environment: string | undefined
}

/** Who may come in, read off a token: its project where we know the CI, else exactly its subject. */
export function tokensLike(claims: Claims, narrowing: Narrowing): TrustedTokens {
  const issuer = claims.iss ?? ''
  const audience = soleAudience(claims)
  const subject = claims.sub ?? ''
  const { anyProject } = narrowing
  const [, orgId, projectId] = /^org\/([^/]+)\/project\/([^/]+)\/user\//.exec(subject) ?? []
  if (orgId !== undefined) {
    const origin = claims['oidc.circleci.com/vcs-origin']
    return circleciTokens({
      ...narrowing,
      orgId,
      projectId: anyProject ? undefined : projectId,
      vcsOrigin: narrowing.branch && typeof origin === 'string' ? origin : undefined,
      issuer,
      audience,
    })
  }
  const path = claims['project_path']
  if (typeof path === 'string' && subject.startsWith(`project_path:${path}:`)) {
    const projectPath = anyProject ? path.replace(/[^/]+$/, '*') : path
    return gitlabTokens({ ...narrowing, url: issuer, projectPath, audience })
  }
  const name = claims['repository']
  if (typeof name === 'string' && subject.startsWith(`repo:${name}:`)) {
    const repository = anyProject ? name.replace(/[^/]+$/, '*') : name
    return githubTokens({ ...narrowing, repository, issuer, audience })
  }
  return issuerTokens({
    issuer,
    audience,
    subject: anyProject ? '*' : policyLiteral(subject),
    anyProject,
  })
}

function soleAudience(claims: Claims): string | undefined {
  const list = audiences(claims)
  if (list.length <= 1) return list[0]
  throw new OidcError('invalid-usage', {
    what: `The token has ${list.length} audiences (${list.join(', ')}); a policy needs one.`,
    next: 'Mint a token with one audience, or give the coordinates instead of --from-token.',
  })
}
