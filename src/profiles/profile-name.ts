import { OidcError } from '../errors.ts'

/** What the AWS SDK for JavaScript v3 reads in a section header; botocore allows more. */
const PROFILE_NAME = /^[\w@+.%:/-]+$/

/**
 * Throws `invalid-profile-name` unless both botocore and the JavaScript SDK read a profile of that name.
 */
export function assertProfileName(name: string): void {
  if (!PROFILE_NAME.test(name)) {
    throw new OidcError('invalid-profile-name', {
      what: `${JSON.stringify(name)} cannot be a profile name.`,
      why: 'AWS SDKs read names made of letters A-Z a-z, digits and _ - . @ + % : / only.',
      next: 'Choose a name of these characters, for example "dev".',
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
