import { OidcError } from '../errors.ts'

/** What the AWS SDK for JavaScript v3 reads in a section header; botocore allows more. */
const PROFILE_NAME = /^[\w@+.%:/][\w@+.%:/-]*$/

/** Bytes of a file name. A directory of ours is named after the profile, other characters percent-encoded. */
const MAX_FILE_NAME = 255

/**
 * Throws `invalid-profile-name` unless both botocore and the JavaScript SDK read a profile of that name.
 */
export function assertProfileName(name: string): void {
  if (!PROFILE_NAME.test(name)) {
    throw new OidcError('invalid-profile-name', {
      what: `${JSON.stringify(name)} cannot be a profile name.`,
      why: 'AWS SDKs read names made of letters A-Z a-z, digits and _ - . @ + % : / only; one that begins with - would be taken for an option.',
      next: 'Choose a name of these characters, for example "dev".',
    })
  }
  if (name.replace(/[^\w-]/g, '%00').length > MAX_FILE_NAME) {
    throw new OidcError('invalid-profile-name', {
      what: `The profile name ${JSON.stringify(`${name.slice(0, 40)}…`)} is too long.`,
      why: 'A directory is named after it, and file systems allow 255 bytes.',
      next: 'Choose a shorter name.',
    })
  }
  // botocore copies a [DEFAULT] section into every other; `in` finds __proto__ and constructor.
  if (name === 'DEFAULT' || name in {}) {
    throw new OidcError('invalid-profile-name', {
      what: `"${name}" cannot be a profile name.`,
      why: 'AWS SDKs give a section of that name a meaning of its own.',
      next: name === 'DEFAULT' ? 'Did you mean "default"?' : 'Choose another name.',
    })
  }
}
