import { printable } from '../printable.ts'
import { clockTime, isoSeconds } from '../timestamp.ts'
import { audiences, type Claims, expiration } from '../token/claims.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { expiryInWords } from './token-expiry.ts'

/** Claims with a line of their own. */
const NAMED = ['iss', 'aud', 'sub', 'exp']
const TIMES = ['iat', 'nbf', 'auth_time']

/** What a person reads of a token: label and text. */
export function tokenLines({ claims, source }: WebIdentityToken, now: Date): [string, string][] {
  const end = expiration(claims)
  const kind = tokenKind(claims)
  return [
    ['Source', source],
    ...(kind ? [['Kind', KINDS[kind]] satisfies [string, string]] : []),
    ['Issuer', printable(claims.iss ?? '(none)')],
    ['Audience', printable(audiences(claims).join(', ') || '(none)')],
    ['Subject', printable(claims.sub ?? '(none)')],
    ['Expires', end ? `${clockTime(end)}, ${expiryInWords(end, now)}` : '(it does not say when)'],
  ]
}

/** The claims that `tokenLines` leaves: name and text. */
export function otherClaims({ claims }: WebIdentityToken): [string, string][] {
  return Object.entries(claims)
    .filter(([name]) => !NAMED.includes(name))
    .map(([name, value]) => [printable(name), claimText(name, value)])
}

/** The same for machines. */
export function tokenJson({ claims, source }: WebIdentityToken, now: Date): object {
  const end = expiration(claims)
  return {
    source,
    kind: tokenKind(claims) ?? null,
    issuer: claims.iss ?? null,
    audience: audiences(claims),
    subject: claims.sub ?? null,
    expiration: end ? isoSeconds(end) : null,
    expired: end ? end <= now : null,
    claims,
  }
}

const KINDS = {
  'circleci-v1': 'CircleCI V1, whose subject does not name repository and branch',
  'circleci-v2': 'CircleCI V2, whose subject names repository and branch',
} as const

/** https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token */
function tokenKind({ sub = '' }: Claims): keyof typeof KINDS | undefined {
  const subject = /^org\/[^/]+\/project\/[^/]+\/user\/[^/]*(\/vcs-origin\/.*\/vcs-ref\/.*)?$/
  const match = subject.exec(sub)
  return match ? (match[1] ? 'circleci-v2' : 'circleci-v1') : undefined
}

function claimText(name: string, value: unknown): string {
  if (typeof value === 'number' && TIMES.includes(name)) {
    const date = new Date(value * 1000)
    if (!Number.isNaN(date.getTime())) return clockTime(date)
  }
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}
