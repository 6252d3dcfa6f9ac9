import { OidcError } from '../errors.ts'
import { lostWithTokenFile } from '../role/request.ts'
import type { TokenOptions } from '../token/web-identity-token.ts'
import type { ProfilePlan } from './profile-plan.ts'

/** The SDK exchanges such a profile's token by itself, by the profile's own few settings. */
export function checkTokenFile(plan: ProfilePlan): void {
  if (plan.credentials !== 'token-file') return
  const lost = lostWithTokenFile(plan)
  if (lost.length === 0) return
  throw new OidcError('invalid-usage', {
    what: `With --credentials token-file the AWS SDK assumes the role itself, without the ${lost.join(' and ')} given.`,
    next: 'Leave it out, or use --credentials static or refresh.',
  })
}

/** Throws `invalid-usage` for a token that cannot be read again. */
export function checkRenewable(options: Pick<TokenOptions, 'token-source'>): void {
  if (options['token-source'] !== 'stdin') return
  throw new OidcError('invalid-usage', {
    what: 'Credentials cannot be renewed with a token from stdin.',
    why: 'The command that renews them runs later, without that input.',
    next: 'Use another token source, or --credentials static.',
  })
}
