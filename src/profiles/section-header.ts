import { splitShellWords } from './shell-words.ts'

export type SharedFile = 'config' | 'credentials'

/** The header text we give a profile's new section. */
export function canonicalHeader(file: SharedFile, profile: string): string {
  return file === 'credentials' || profile === 'default' ? profile : `profile ${profile}`
}

/**
 * Whether botocore takes a section for the profile (`configloader.build_profile_map`). In the config
 * file any header that starts with "profile" and has two shell words counts, however it is spelled.
 */
export function denotesProfile(header: string, file: SharedFile, profile: string): boolean {
  if (file === 'credentials') return header === profile
  if (header === 'default') return profile === 'default'
  if (!header.startsWith('profile')) return false
  const words = splitShellWords(header)
  return words?.length === 2 && words[1] === profile
}
