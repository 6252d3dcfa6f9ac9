import type { Environment } from '../options.ts'
import { type Claims, circleciSubject } from './claims.ts'

/** Something unusual about a token, which can be why a role refuses it. */
export interface Doubt {
  readonly kind: 'fork-token' | 'root-issuer' | 'token-of-another-job' | 'ssh-rerun'
  readonly detail: string
}

export function doubts(claims: Claims, env: Environment): Doubt[] {
  const { iss = '' } = claims
  const subject = circleciSubject(claims)
  const ref = claims['oidc.circleci.com/vcs-ref'] ?? subject?.ref
  const origin = claims['oidc.circleci.com/vcs-origin'] ?? subject?.origin
  const found: Doubt[] = []
  if (typeof ref === 'string' && /^refs\/(heads\/)?pull\/\d+/.test(ref)) {
    found.push({ kind: 'fork-token', detail: `its vcs-ref is ${ref}, its vcs-origin ${origin}` })
  }
  if (/^https:\/\/oidc\.circleci\.com\/?$/.test(iss)) {
    found.push({ kind: 'root-issuer', detail: `its issuer is ${iss}` })
  }
  const foreign = [
    ofAnotherCi(iss, env),
    mismatch('organization', /\/org\/([^/]+)$/.exec(iss)?.[1], env['CIRCLE_ORGANIZATION_ID']),
    mismatch('project', subject?.project, env['CIRCLE_PROJECT_ID']),
  ].filter((text) => text !== undefined)
  if (foreign.length > 0) found.push({ kind: 'token-of-another-job', detail: foreign.join('; ') })
  if (claims['oidc.circleci.com/ssh-rerun'] === true) {
    found.push({ kind: 'ssh-rerun', detail: 'its claim ssh-rerun is true' })
  }
  return found
}

/** CircleCI Server has a host of its own, so an issuer is foreign only where it is another CI's. */
function ofAnotherCi(iss: string, env: Environment): string | undefined {
  const ofOther = /gitlab|github|buildkite|bitbucket|jenkins/i.test(iss)
  if (env['CIRCLECI'] !== 'true' || !ofOther) return undefined
  return `its issuer is ${iss}, but this is a CircleCI job`
}

function mismatch(name: string, ofToken: string | undefined, ofJob: string | undefined) {
  if (ofToken === undefined || !ofJob || ofToken === ofJob) return undefined
  return `it is from the ${name} ${ofToken}, but the job is from ${ofJob}`
}
