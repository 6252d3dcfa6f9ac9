/** A token with these claims and a signature that nobody checks. */
export function jwt(claims: unknown = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXI`
}

/** Seconds since the epoch, as in `exp`. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}
