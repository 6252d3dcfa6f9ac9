import { OidcError } from '../../errors.ts'
import { type CircleciSubject, type Claims, circleciSubject } from '../../token/claims.ts'
import { isShared } from '../check/scope.ts'
import { tokenAudience } from '../policy/context-keys.ts'
import { circleciTokens } from './circleci.ts'
import { policyLiteral } from './coordinate.ts'
import { githubTokens } from './github.ts'
import { gitlabTokens } from './gitlab.ts'
import { issuerTokens } from './issuer.ts'
import type { TrustedTokens } from './trusted-tokens.ts'

/** How much narrower, or wider, than the token's own project. */
interface Narrowing {
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
  const ofCircleci = circleciSubject(claims)
  if (ofCircleci !== undefined) {
    return circleciTokens({
      ...narrowing,
      orgId: ofCircleci.organization,
      projectId: anyProject ? undefined : ofCircleci.project,
      vcsOrigin: narrowing.branch === undefined ? undefined : originIn(ofCircleci),
      issuer,
      audience,
    })
  }
  const path = claims['project_path']
  if (typeof path === 'string' && subject.startsWith(`project_path:${path}:`)) {
    const projectPath = anyProject ? path.replace(/[^/]+$/, '*') : path
    return gitlabTokens({ ...narrowing, url: issuer, projectPath, audience })
  }
  // With or without ids: `repo:acme@123/website@456:`.
  const [, name] = /^repo:([^:]+):/.exec(subject) ?? []
  if (name !== undefined && name.replace(/@\d+/g, '') === claims['repository']) {
    if (narrowing.ref !== undefined || narrowing.environment !== undefined) {
      refuseCustomSubject(subject, narrowing)
    }
    const repository = anyProject ? name.replace(/[^/]+$/, '*') : name
    const tokens = githubTokens({ ...narrowing, repository, issuer, audience })
    // The token shows which form of the subject the repository has.
    return anyProject ? tokens : { ...tokens, warnings: [] }
  }
  // Buildkite's subject goes on with ref, commit and step.
  const [, organization, pipeline] =
    /^(organization:[^:]+:)(pipeline:[^:]+:)ref:/.exec(subject) ?? []
  if (organization !== undefined) {
    const project = `${policyLiteral(organization + (anyProject ? '' : pipeline))}*`
    return issuerTokens({ issuer, audience, subject: project, anyProject })
  }
  // Bitbucket's subject goes on with the environment, if there is one, and the step, which is another each time.
  const [, ofRepository] = /^https:\/\/api\.bitbucket\.org\//.test(issuer)
    ? (/^(\{[^}]+\}:)/.exec(subject) ?? [])
    : []
  if (ofRepository !== undefined && !anyProject) {
    return issuerTokens({ issuer, audience, subject: `${ofRepository}*`, anyProject })
  }
  if (anyProject && (isShared(issuer) || path !== undefined || claims['repository'])) {
    throw new OidcError('invalid-usage', {
      what: `--any-project can't find the organization in the token's subject "${subject}".`,
      why: `It does not have the default form of ${issuer}.`,
      next: 'Give --issuer, --audience and --subject, with the organization before any wildcard.',
    })
  }
  return issuerTokens({
    issuer,
    audience,
    subject: anyProject ? '*' : policyLiteral(subject),
    anyProject,
  })
}

function originIn({ origin }: CircleciSubject): string {
  if (origin !== undefined) return origin
  throw new OidcError('invalid-usage', {
    what: '--branch needs a token that names the repository, but this one does not.',
    next: 'Use the V2 token (--token-version v2), or give --org-id, --project-id and --vcs-origin.',
  })
}

/** A subject that was customized has no place where a ref or an environment of ours could stand. */
function refuseCustomSubject(subject: string, { ref }: Narrowing): void {
  if (/^repo:[^:]+:(ref:[^:]*|environment:[^:]*|pull_request)$/.test(subject)) return
  throw new OidcError('invalid-usage', {
    what: `--${ref === undefined ? 'environment' : 'ref'} can't narrow down the token's subject "${subject}".`,
    why: "It does not have GitHub's default form: the repository chose other claims for it.",
    next: 'Give --issuer, --audience and --subject, with * where the subject can differ.',
  })
}

function soleAudience(claims: Claims): string | undefined {
  const list = tokenAudience(claims) ?? []
  if (list.length <= 1) return list[0]
  throw new OidcError('invalid-usage', {
    what: `The token has ${list.length} audiences (${list.join(', ')}), but a policy needs exactly one.`,
    next: 'Mint a token with one audience, or give --issuer, --audience and --subject instead of --from-token.',
  })
}
