import { OidcError } from '../errors.ts'
import type { OptionValue } from '../options.ts'
import type { RoleSource } from '../roles/role-plan.ts'

export interface Renewing {
  readonly profile: string
  readonly source: RoleSource
  readonly credentials: OptionValue<'credentials'>
}

/**
 * A profile that renews itself asks with its source's credentials, so a source of the same file has to
 * renew itself as well. Throws `invalid-profiles-file` with all that don't.
 */
export function checkRenewableSources(plans: readonly Renewing[]): void {
  const kinds = new Map(plans.map(({ profile, credentials }) => [profile, credentials]))
  const lines = plans
    .filter(({ credentials }) => credentials === 'refresh')
    .flatMap(({ profile, source }) => {
      if (source.kind !== 'profile' || kinds.get(source.name) === 'refresh') return []
      return [`The profile "${profile}" renews itself, but its source "${source.name}" does not.`]
    })
  if (lines.length === 0) return
  throw new OidcError('invalid-profiles-file', {
    what: lines.join('\n'),
    why: 'When the credentials of the source end, none can be had with them any more.',
    next: 'Set credentials = refresh for the source, too, or credentials = static for both.',
  })
}
