import { OidcError } from './errors.ts'

/** Two to four letters, words, a number: `eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`. */
const REGION = /^[a-z]{2,4}(-[a-z]{1,16}){1,3}-\d{1,2}$/

/**
 * Throws `invalid-region` for what cannot be an AWS region, before it ends up in a host name or a file;
 * it need not be one we know. `where` names what gave it.
 */
export function assertRegion(region: string, where?: string): void {
  if (REGION.test(region)) return
  throw new OidcError('invalid-region', {
    what: `${JSON.stringify(region.slice(0, 100))}${where ? ` (from ${where})` : ''} is not an AWS region.`,
    why: 'A region is lower-case words joined by dashes with a number at the end.',
    next: 'Give the region code, for example "eu-west-1", not its display name or a zone.',
  })
}
