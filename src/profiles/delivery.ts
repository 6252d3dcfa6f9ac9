import { assertRegion } from '../region.ts'
import { CREDENTIAL_KEYS } from './credential-keys.ts'
import { editSection } from './section.ts'
import type { SharedFileLocations } from './shared-file-locations.ts'
import { writeSharedFiles } from './shared-files.ts'

export interface StaticCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}

/** A profile whose credentials stand in the credentials file itself. */
export interface StaticProfile {
  readonly profile: string
  readonly credentials: StaticCredentials
  /** Written to the config file when given; what stands there stays otherwise. */
  readonly region?: string | undefined
  readonly output?: string | undefined
}

/**
 * Writes static credentials as a profile and takes every other kind of credentials away from it, in
 * both files. A profile without region and output gets no section in the config file: SDKs find it by
 * the credentials file alone. Returns the paths that changed.
 * Throws `invalid-profile-name`, `invalid-region`, `invalid-usage`, and what `writeSharedFiles` throws.
 */
export async function writeStaticProfile(
  { profile, credentials, region, output }: StaticProfile,
  locations: SharedFileLocations,
): Promise<string[]> {
  if (region !== undefined) assertRegion(region)
  const keys = {
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey,
    aws_session_token: credentials.sessionToken,
  }
  const settings = {
    ...(region === undefined ? {} : { region }),
    ...(output === undefined ? {} : { output }),
  }
  const note = `credentials expire ${isoSeconds(credentials.expiration)}`
  const common = { profile, remove: CREDENTIAL_KEYS }
  return writeSharedFiles(locations, {
    config: (text, path) =>
      editSection(text, { ...common, file: 'config', values: settings }, path),
    credentials: (text, path) =>
      editSection(text, { ...common, file: 'credentials', values: keys, note }, path),
  })
}

/** `2026-11-21T12:00:00Z`, as AWS writes it. */
function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
