import { OidcError } from '../errors.ts'
import type { IniFile, Option, Section } from './ini.ts'
import { markersIn } from './marker.ts'

/** The keys of static credentials that we write. */
export const STATIC_KEYS = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
] as const

/** What to do about static keys of the user's in a profile that is written. */
export type OwnKeys = 'refused' | 'replaced'

/** Throws `profile-has-keys` where a section has a key of the user's; only its id is shown, and in part. */
export function refuseOwnKeys(
  file: IniFile,
  sections: readonly Section[],
  profile: string,
  path: string,
): void {
  for (const section of sections) {
    const own = ownKeys(file, section)
    const [first] = own
    if (!first) continue
    const id = own.find(({ key }) => key === ID)
    throw new OidcError('profile-has-keys', {
      what: `The profile "${profile}" has static keys that circleci-aws-oidc did not write: ${path}, line ${first.first + 1}${id ? shownId(id.value) : ''}.`,
      why: 'The credentials of the role would replace them, and they could not be recovered.',
      next: 'Choose another name with --profile, or pass --overwrite (in the orb: overwrite: true) if they may be lost.',
    })
  }
}

function shownId(id: string): string {
  return /^[A-Z0-9]{16,128}$/.test(id) ? ` (${id.slice(0, 4)}…${id.slice(-4)})` : ''
}

function ownKeys(file: IniFile, section: Section): Option[] {
  const ours = markersIn(file, section).flatMap(({ marker }) => marker.keys)
  const replaced = replacedKeys(section)
  return section.options.filter(
    ({ key }) => [ID, SECRET].includes(key) && (!ours.includes(key) || replaced.includes(key)),
  )
}

/** Keys beneath a comment of ours that someone put in the place of ours. */
export function replacedKeys({ options }: Section): readonly string[] {
  const id = options.find(({ key }) => key === ID)
  if (!id) return []
  const { value } = id
  // IAM User Guide, "Unique identifiers": ASIA begins an id of AWS STS, AKIA one that does not expire. An STS that
  // is not AWS gives ids of its own, and a session token as we always write one.
  const hasToken = options.some(({ key }) => key === 'aws_session_token')
  const isOurs = value.startsWith('ASIA') || (!value.startsWith('AKIA') && hasToken)
  return isOurs ? [] : [ID, SECRET]
}

const [ID, SECRET]: readonly [string, string, string] = STATIC_KEYS
