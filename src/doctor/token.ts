import type { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import {
  audiences,
  type Claims,
  circleciSubject,
  expiration,
  expirationText,
} from '../token/claims.ts'
import { doubts } from '../token/doubts.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { errorFinding, type Finding, finding, fine } from './findings.ts'

export interface FoundToken {
  readonly token: WebIdentityToken
  /** Set where the token has expired: the error that a command would end with. */
  readonly expired?: OidcError
}

/** What the claims say of the token itself. */
export function checkToken({ token, expired }: FoundToken, env: Environment, now: Date): Finding[] {
  const { claims } = token
  const missing = ['iss', 'aud', 'sub', 'exp'].filter((name) => claims[name] === undefined)
  const wrong = [
    ...(missing.length > 0 ? [finding('token-incomplete', missing.join(', '))] : []),
    ...(expired ? [errorFinding(expired)] : []),
  ]
  const left = ((expiration(claims)?.getTime() ?? Number.NaN) - now.getTime()) / 1000
  const about = `${token.source}: ${kind(claims)}issuer ${claims.iss}, audience ${audiences(claims).join(', ')}, subject ${claims.sub}`
  return [
    ...wrong,
    ...(!expired && left < SOON
      ? [finding('token-expires-soon', `in ${Math.round(left)} s, at ${expirationText(claims)}`)]
      : []),
    ...doubtFindings(claims, env),
    ...(wrong.length > 0 ? [] : [fine('token', `${about}, until ${expirationText(claims)}`)]),
  ]
}

const SOON = 300

function kind(claims: Claims): string {
  const subject = circleciSubject(claims)
  return subject ? `CircleCI ${subject.version.toUpperCase()}, ` : ''
}

/** Why there is no token: pull requests from forks have a reason of their own. */
export function checkMissingToken(error: OidcError, env: Environment): Finding[] {
  // Set for pull requests from forks only: https://circleci.com/docs/variables/
  const fork = env['CIRCLE_PR_USERNAME']
  if (error.code !== 'token-not-found' || !fork) return [errorFinding(error)]
  const evidence = `CIRCLE_PR_USERNAME is ${fork}, CIRCLE_PR_NUMBER is ${env['CIRCLE_PR_NUMBER'] ?? 'not set'}. ${error.message}`
  return [finding('fork-without-token', `it was opened by ${fork}`, { evidence })]
}

/** What is unusual about the token, and can be why a role refuses it. */
export function doubtFindings(claims: Claims, env: Environment): Finding[] {
  return doubts(claims, env).map(({ kind, detail }) => finding(kind, detail))
}
