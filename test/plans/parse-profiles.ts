import { OidcError } from '../../src/errors.ts'
import type { Environment } from '../../src/options.ts'
import { parseProfilesFile } from '../../src/plans/parse.ts'
import type { ProfileDefaults, ProfileRequest } from '../../src/plans/profile-plan.ts'

export const ROLE = 'arn:aws:iam::123456789012:role/ci'

/** What a command without any option but the file would pass. */
export const DEFAULTS: ProfileDefaults = {
  roleSessionName: 'circleci-7-shop-deploy',
  durationSeconds: 3600,
  policyArns: [],
  sessionTags: [],
  transitiveTagKeys: [],
  credentials: 'static',
}

export interface Given {
  readonly text: string
  readonly env?: Environment
  readonly defaults?: Partial<ProfileDefaults>
  readonly sharedProfiles?: readonly string[]
  readonly note?: (text: string) => void
}

export function parse({
  text,
  env = {},
  defaults = {},
  sharedProfiles = [],
  note = () => {},
}: Given): Promise<ProfileRequest[]> {
  return parseProfilesFile(text, {
    env,
    source: 'profiles.ini',
    defaults: { ...DEFAULTS, ...defaults },
    sharedProfiles: new Set(sharedProfiles),
    note,
  })
}

/** The error for a file that is refused; anything else thrown goes on. */
export async function refusal(given: Given): Promise<OidcError | undefined> {
  try {
    await parse(given)
    return undefined
  } catch (error) {
    if (error instanceof OidcError) return error
    throw error
  }
}

/** The lines of the message after its head, without their indentation. */
export function problemLines({ message }: OidcError): string[] {
  return message
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
}
