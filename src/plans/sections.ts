import { OidcError } from '../errors.ts'
import type { Difference } from '../profiles/differences.ts'
import type { IniFile, Section } from '../profiles/ini.ts'
import { assertProfileName, canonicalHeader, profileOf } from '../profiles/profile-name.ts'
import { quote } from '../text.ts'
import { problemText, type Report } from './problem.ts'

export interface ProfileSection extends Section {
  readonly profile: string
  /** Line of the header and last line of the section, from 1. */
  readonly line: number
  readonly lastLine: number
}

/** The profiles of the file; reports headers that AWS tools disagree on or that were meant otherwise. */
export function profileSections(
  file: IniFile,
  differences: ReadonlyMap<number, readonly Difference[]>,
  report: Report,
): ProfileSection[] {
  return file.sections.flatMap((section) => {
    const line = section.header + 1
    const profile = profileOf(section.name, 'config')
    const found = differences.get(line) ?? []
    const [problem] = [
      ...(profile === undefined ? [] : nameProblem(profile)),
      ...found.flatMap((difference) => headerProblem(difference, profile ?? '') ?? []),
    ]
    if (problem !== undefined) report(line, problem)
    // The same header twice is reported with the keys that stand twice.
    const isTwin = found.some(({ kind }) => kind === 'section-twice')
    if (profile === undefined || problem !== undefined || isTwin) return []
    return [{ ...section, profile, line, lastLine: section.after }]
  })
}

function nameProblem(profile: string): string[] {
  try {
    assertProfileName(profile)
    return []
  } catch (error) {
    if (error instanceof OidcError) return [problemText(error)]
    throw error
  }
}

function headerProblem({ kind, detail, first }: Difference, profile: string): string | undefined {
  const canonical = `[${canonicalHeader('config', profile)}]`
  switch (kind) {
    case 'default-section':
      return 'the AWS CLI copies the keys of [DEFAULT] into every profile, SDKs do not. Write [default], or repeat the keys.'
    case 'no-profile':
      return whyNoProfile(detail)
    case 'hidden-header':
      return `text beside the section header hides it from the AWS SDK for JavaScript. Write ${canonical} alone on the line.`
    case 'unseen-header':
      return `the AWS SDK for JavaScript does not read [${detail}] as a profile. Write ${canonical}.`
    case 'profile-twice':
      return `the profile ${detail} is on line ${first} already. Keep one of the two sections.`
    default:
      return undefined
  }
}

function whyNoProfile(header: string): string {
  const shown = quote(header)
  const name = header.trim()
  if (/^default$/i.test(name)) return `${shown} is not the default profile. Write [default].`
  if (/^profile\b/i.test(name)) {
    return `${shown} is not a profile: it takes "profile", one space and one name. Write [profile NAME].`
  }
  const example = /^[\w@+.%:/-]{1,80}$/.test(name) ? name : 'NAME'
  return `${shown} is not a profile in this syntax. Write [profile ${example}].`
}
