import { OidcError } from '../errors.ts'

/** Two or more lower-case words and digits joined by dashes, a number last: `us-gov-west-1`. */
const REGION = /^[a-z]{2,}(-[a-z0-9]+)*-\d{1,2}$/

/** Throws `invalid-region` for what cannot be an AWS region; it need not be one we know. */
export function assertRegion(region: string): void {
  if (region.length <= 32 && REGION.test(region)) return
  throw new OidcError('invalid-region', {
    what: `${JSON.stringify(region)} is not an AWS region.`,
    why: 'A region is lower-case words joined by dashes with a number at the end.',
    next: 'Pass the region code, for example "eu-west-1", not its display name or a zone.',
  })
}
