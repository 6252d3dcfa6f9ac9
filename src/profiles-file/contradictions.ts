import { OidcError } from '../errors.ts'
import type { RoleArn } from '../sts/arn.ts'
import { stsRegion } from '../sts/region.ts'
import type { Report } from './problem.ts'
import type { ProfileSettings } from './profile-settings.ts'

/** With `token-file` the SDKs exchange the token themselves, by what the config file can say. */
export function reportTokenFile(
  { settings, line }: ProfileSettings,
  isChained: boolean,
  isLimited: boolean,
  report: Report,
): void {
  const at = settings.get('credentials')?.line ?? line
  if (isChained) {
    const what = 'but this role is assumed with the credentials of another profile'
    report(at, `token-file has the SDKs exchange the token, ${what}. ${INSTEAD}`)
  } else if (isLimited) {
    const what = 'and they would do so without the session policy'
    report(at, `token-file has the SDKs exchange the token, ${what}. ${INSTEAD}`)
  }
}

const INSTEAD = 'Use credentials = static or refresh here.'

/** A region that the role's credentials are no good for. */
export function reportPartition(
  { settings, line }: ProfileSettings,
  role: RoleArn,
  region: string,
  report: Report,
): void {
  try {
    stsRegion(region, {}, role)
  } catch (error) {
    if (!(error instanceof OidcError)) throw error
    const at = (settings.get('region') ?? settings.get('role_arn'))?.line ?? line
    const what = `the region ${region} is in another partition than the role, "${role.partition}".`
    report(at, `${what} Credentials never cross partitions: give a region of the role's.`)
  }
}
