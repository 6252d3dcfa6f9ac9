import { OidcError } from '../errors.ts'
import type { Claims } from '../token/claims.ts'
import { readJsonFile } from './json-file.ts'

/** The claims of a token from a file or stdin (`-`): alone, or as `token --format json` prints them. */
export async function readClaimsFile(path: string): Promise<Claims> {
  const found = await readJsonFile(path, 'The claims')
  // A claim may be called "claims" too, but there is no ID token without an issuer.
  if (isObject(found) && !('iss' in found) && isObject(found['claims'])) return found['claims']
  if (isObject(found)) return found
  throw new OidcError('file-malformed', {
    what: `The claims in ${path === '-' ? 'stdin' : path} are not a JSON object.`,
    next: 'Give what `token --format json` prints, or the claims alone.',
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
