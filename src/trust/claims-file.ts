import { OidcError } from '../errors.ts'
import { type Claims, wrongClaim } from '../token/claims.ts'
import { readJsonFile } from './json-file.ts'

/** The claims of a token from a file or stdin (`-`): alone, or as `token --format json` prints them. */
export async function readClaimsFile(path: string, signal?: AbortSignal): Promise<Claims> {
  const claims = unwrap(await readJsonFile(path, 'The claims', signal))
  const place = path === '-' ? 'stdin' : path
  if (!isObject(claims)) throw malformed(`The claims in ${place} are not a JSON object.`)
  const wrong = wrongClaim(claims)
  if (wrong) throw malformed(`The claims in ${place} are not those of a token.`, wrong)
  return claims
}

/** A claim may be called "claims" too, but there is no ID token without an issuer. */
function unwrap(json: unknown): unknown {
  return isObject(json) && !('iss' in json) ? (json['claims'] ?? json) : json
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(what: string, why?: string): OidcError {
  return new OidcError('file-malformed', {
    what,
    ...(why === undefined ? {} : { why }),
    next: 'Give what `token --format json` prints, or the claims alone.',
  })
}
