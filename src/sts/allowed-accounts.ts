import { OidcError } from '../errors.ts'

/** Refuses an account that is not in the list; an empty list allows every account. */
export function checkAccount(accountId: string, allowed: readonly string[], whose: string): void {
  for (const id of allowed) {
    if (!/^\d{12}$/.test(id)) {
      throw new OidcError('invalid-usage', {
        what: `"${id}" in the allowed account ids is not an account id.`,
        next: 'Account ids have 12 digits; in YAML, quote them.',
      })
    }
  }
  if (allowed.length === 0 || allowed.includes(accountId)) return
  throw new OidcError('account-not-allowed', {
    what: `${whose} belongs to the account ${accountId}, but only ${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'} allowed.`,
    next: 'Correct the role ARN, or add the account to --allowed-account-ids.',
  })
}
