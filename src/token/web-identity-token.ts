import { OidcError } from '../errors.ts'
import type { Environment, OptionValues } from '../options.ts'
import { type Claims, decodeClaims, expiration, expirationText } from './claims.ts'

/** A token and what we know of it. `value` is a secret: it goes to STS and nowhere else. */
export interface WebIdentityToken {
  readonly value: string
  readonly claims: Claims
  /** Where it came from, in words: `CIRCLE_OIDC_TOKEN_V2`, `circleci run oidc get`, a path… */
  readonly source: string
  /** Mints a fresh one with the same audience, where the source can. */
  readonly renew?: () => Promise<WebIdentityToken>
}

/** Makes a token of raw text: trimmed, checked to be a JWT, decoded. */
export function webIdentityToken(
  text: string,
  source: string,
  renew?: () => Promise<WebIdentityToken>,
): WebIdentityToken {
  const value = text.trim()
  const claims = decodeClaims(value, source)
  return renew ? { value, claims, source, renew } : { value, claims, source }
}

export function hasExpired(token: WebIdentityToken, now = Date.now()): boolean {
  const end = expiration(token.claims)
  return end !== undefined && end.getTime() <= now
}

/** The token unless it has expired, else what `whenExpired` decides: for sources that can't renew it. */
export function unexpired(token: WebIdentityToken, whenExpired: WhenExpired): WebIdentityToken {
  if (!hasExpired(token)) return token
  const error = new OidcError('token-expired', {
    what: `The token from ${token.source} expired at ${expirationText(token.claims)}.`,
    next: 'Write a new token there right before this command.',
  })
  return whenExpired(token, error)
}

/** Decides about an expired token that nothing could renew: returns a token to go on with, or throws the error. */
export type WhenExpired = (token: WebIdentityToken, error: OidcError) => WebIdentityToken

export const refuseExpired: WhenExpired = (_, error) => {
  throw error
}

/** The options that say where the token comes from. */
export const TOKEN_OPTIONS = [
  'token-source',
  'token-env',
  'token-file',
  'token-version',
  'audience',
] as const

export type TokenOptions = OptionValues<(typeof TOKEN_OPTIONS)[number]>

/** What a source needs to read the token. */
export interface Reading {
  readonly options: TokenOptions
  readonly env: Environment
  /** Aborts what is under way. */
  readonly signal: AbortSignal
  readonly whenExpired: WhenExpired
}

export type ReadSource = (reading: Reading) => Promise<WebIdentityToken>
