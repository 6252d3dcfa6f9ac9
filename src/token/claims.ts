import { OidcError } from '../errors.ts'
import { clockTime } from '../text.ts'

/** The claims of a web identity token, as OpenID Connect Core §2 names them, and whatever else is in it. */
export interface Claims {
  readonly iss?: string
  readonly aud?: string | readonly string[]
  readonly sub?: string
  /** Seconds since the epoch. */
  readonly exp?: number
  /** Seconds since the epoch. */
  readonly iat?: number
  readonly [claim: string]: unknown
}

// RFC 7519 §3: a signed JWT is three base64url parts, separated by dots.
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

// STS API Reference, AssumeRoleWithWebIdentity: WebIdentityToken has 4 to 20,000 characters.
const MAXIMUM_LENGTH = 20_000

/**
 * Decodes the claims of a token to explain and to know when it expires; STS verifies the signature.
 * `source` names where the token came from in the `token-malformed` error, which never shows the token.
 */
export function decodeClaims(token: string, source: string): Claims {
  const reason = malformation(token)
  if (reason) throw malformed(source, reason)
  let claims: unknown
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  } catch {
    throw malformed(source, 'Its second part does not decode to JSON.')
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw malformed(source, 'Its second part does not decode to a JSON object.')
  }
  const wrong = wrongClaim(claims as Readonly<Record<string, unknown>>)
  if (wrong) throw malformed(source, wrong)
  return claims as Claims
}

/**
 * What is wrong with the types of these claims, if anything. RFC 7519 §4.1: `iss` and `sub` are strings,
 * `aud` is a string or a list of strings, `exp` and `iat` are numbers.
 */
export function wrongClaim(claims: Readonly<Record<string, unknown>>): string | undefined {
  const kinds = { iss: isText, sub: isText, aud: isAudience, exp: isNumber, iat: isNumber }
  const wrong = Object.entries(kinds).find(
    ([name, fits]) => claims[name] !== undefined && !fits(claims[name]),
  )
  return wrong && `Its claim "${wrong[0]}" has a type that OpenID Connect does not allow.`
}

function isText(claim: unknown): boolean {
  return typeof claim === 'string'
}

function isAudience(claim: unknown): boolean {
  return isText(claim) || (Array.isArray(claim) && claim.every(isText))
}

function isNumber(claim: unknown): boolean {
  return typeof claim === 'number'
}

function malformation(token: string): string | undefined {
  if (token === '') return 'It is empty.'
  if (token.length > MAXIMUM_LENGTH) {
    return `It has ${token.length} characters; STS accepts at most ${MAXIMUM_LENGTH}.`
  }
  if (JWT.test(token)) return undefined
  if (/^[[{]/.test(token)) return 'It is JSON, not the token itself.'
  if (/^\$/.test(token)) return 'It is the name of a variable that was not expanded.'
  if (/^["'].*["']$/s.test(token)) return 'Quotation marks are part of it.'
  if (/^bearer\s/i.test(token)) return 'It begins with "Bearer ", which is not part of the token.'
  if (/\s/.test(token)) return 'It contains spaces or line breaks.'
  if (/^\*+$/.test(token)) return 'It is only asterisks: what a CI shows instead of a secret.'
  // "eyJ", the beginning of every token, once more in base64.
  if (/^ZXlK/.test(token)) return 'It is encoded in base64 twice.'
  const parts = token.split('.')
  if (parts.length !== 3) {
    const cut = token.startsWith('eyJ') ? `: it was cut off after ${token.length} characters` : ''
    return `It has ${parts.length} part${parts.length === 1 ? '' : 's'} instead of 3, separated by dots${cut}.`
  }
  if (parts.includes('')) return 'One of its three parts is empty; AWS accepts no unsigned token.'
  return 'It has characters that are not base64url.'
}

function malformed(source: string, reason: string): OidcError {
  return new OidcError('token-malformed', {
    what: `The content of ${source} is not a web identity token (a signed JWT).`,
    why: reason,
    next: 'Check what writes it; it must be the token and nothing else.',
  })
}

/** The audience claim as a list. */
export function audiences(claims: Claims): readonly string[] {
  if (claims.aud === undefined) return []
  return typeof claims.aud === 'string' ? [claims.aud] : claims.aud
}

/** When the token expires, if it says so. */
export function expiration(claims: Claims): Date | undefined {
  const date = new Date((claims.exp ?? Number.NaN) * 1000)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The same for people. */
export function expirationText(claims: Claims): string {
  const end = expiration(claims)
  return end ? clockTime(end) : 'an unknown time'
}

/** What the subject of a CircleCI token names: V2 goes on with the repository and its branch or tag. */
export interface CircleciSubject {
  readonly version: 'v1' | 'v2'
  readonly organization: string
  readonly project: string
  readonly user: string
  readonly origin: string | undefined
  readonly ref: string | undefined
}

const CIRCLECI_SUBJECT =
  /^org\/([^/]+)\/project\/([^/]+)\/user\/([^/]*)(?:\/vcs-origin\/(.+?)\/vcs-ref\/(.*))?$/

/** https://circleci.com/docs/openid-connect-tokens/#format-of-the-openid-connect-id-token; undefined for other issuers. */
export function circleciSubject({ sub = '' }: Claims): CircleciSubject | undefined {
  const [match, organization = '', project = '', user = '', origin, ref] =
    CIRCLECI_SUBJECT.exec(sub) ?? []
  if (match === undefined) return undefined
  return { version: origin === undefined ? 'v1' : 'v2', organization, project, user, origin, ref }
}

/** Kinds of issuers by what is in their URL; others are shown as they are. */
const ISSUERS = [
  ['token.actions.githubusercontent.com', 'GitHub Actions'],
  ['gitlab', 'GitLab CI'],
  ['agent.buildkite.com', 'Buildkite'],
  ['api.bitbucket.org', 'Bitbucket Pipelines'],
] as const

/** Whose token it is, in a few words: the kind of its issuer, the repository, the branch or tag. */
export function holderOf(claims: Claims): string {
  const { iss = 'an issuer that it does not name', sub = 'without a subject' } = claims
  const circleci = circleciSubject(claims)
  const claim = (...names: string[]) =>
    names.map((name) => claims[name]).find((value) => typeof value === 'string')
  const [, known = iss] = ISSUERS.find(([part]) => iss.includes(part)) ?? []
  const project = circleci ? `project ${circleci.project}` : sub
  const repository =
    circleci?.origin ??
    claim('oidc.circleci.com/vcs-origin', 'repository', 'project_path', 'pipeline_slug')
  const ref = circleci?.ref ?? claim('oidc.circleci.com/vcs-ref', 'ref', 'build_branch')
  const branch = ref?.replace(/^refs\/heads\//, 'branch ').replace(/^refs\/tags\//, 'tag ')
  return [circleci ? 'CircleCI' : known, repository ?? project, branch].filter(Boolean).join(', ')
}
