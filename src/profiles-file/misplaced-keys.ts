import type { Report } from './problem.ts'
import type { ProfileKey } from './profile-keys.ts'
import type { ProfileSettings } from './profile-settings.ts'

/** Parameters of AssumeRole that AssumeRoleWithWebIdentity doesn't have (STS API Reference). */
const CHAINED_ONLY = {
  external_id: 'external id',
  session_tags: 'session tags; they would come with the token itself',
  transitive_tag_keys: 'transitive tag keys; they would come with the token itself',
  source_identity: 'source identity; it would come with the token itself',
} as const satisfies Partial<Record<ProfileKey, string>>

/** Reports the missing role, other kinds of credentials, and keys that AWS doesn't take on this hop. */
export function reportMisplaced(profile: ProfileSettings, report: Report): void {
  const { settings, otherCredentials, line } = profile
  if (!settings.has('role_arn')) {
    report(line, missingRole(profile))
  } else {
    for (const { line, problem } of otherCredentials) report(line, problem)
  }
  if (settings.has('source_profile')) {
    const audience = settings.get('audience')
    if (audience) report(audience.line, AUDIENCE)
    return
  }
  for (const [key, what] of Object.entries(CHAINED_ONLY)) {
    const setting = settings.get(key as keyof typeof CHAINED_ONLY)
    if (!setting) continue
    const why = `${key} needs a source_profile: an exchange of the web identity token takes no ${what}.`
    report(setting.line, `${why} Remove it, or name the source_profile.`)
  }
}

const AUDIENCE =
  'audience says which token to exchange, but with source_profile none is. Remove it, or set it in the profile at the start of the chain.'

function missingRole({ otherCredentials: [other] }: ProfileSettings): string {
  return other
    ? `role_arn is missing, and ${other.key} stands for credentials of another kind. Keep this profile in the shared files and out of this one; profiles here may name it as source_profile.`
    : 'role_arn is missing. Add role_arn = arn:aws:iam::ACCOUNT:role/NAME, or remove the section.'
}
