import { OidcError } from '../errors.ts'
import type { IniFile, Section } from '../profiles/ini.ts'
import { javaScriptHeader, javaScriptReads } from '../profiles/javascript-reading.ts'
import { assertProfileName, canonicalHeader, splitShellWords } from '../profiles/profile-name.ts'
import { quote } from '../text.ts'
import { problemText, type Report } from './problem.ts'

export interface ProfileSection extends Section {
  readonly profile: string
  /** Line of the header and last line of the section, from 1. */
  readonly line: number
  readonly lastLine: number
}

/** Sections that are no profiles, as the AWS CLI and the SDKs know them. */
const OTHER = /^(sso-session\s.*|services\s.*|plugins|preview)$/

/** The profiles of the file; reports headers that AWS tools disagree on or that were meant otherwise. */
export function profileSections(file: IniFile, report: Report): ProfileSection[] {
  const found = new Map<string, ProfileSection>()
  for (const [index, section] of file.sections.entries()) {
    const line = section.header + 1
    if (OTHER.test(section.name)) continue
    const profile = profileOf(section.name)
    if (profile === undefined) {
      report(line, whyNoProfile(section.name))
      continue
    }
    const problem = headerProblem(file, section, profile)
    if (problem !== undefined) {
      report(line, problem)
      continue
    }
    const twin = found.get(profile)
    if (twin) {
      // The same header twice is reported with the keys that stand twice.
      if (twin.name !== section.name) {
        report(
          line,
          `the profile ${profile} is on line ${twin.line} already. Keep one of the two sections.`,
        )
      }
      continue
    }
    found.set(profile, {
      ...section,
      profile,
      line,
      lastLine: file.sections[index + 1]?.header ?? file.lines.length,
    })
  }
  return [...found.values()]
}

/** The profile a header stands for in botocore (`configloader.build_profile_map`). */
function profileOf(header: string): string | undefined {
  if (header === 'default') return header
  const words = header.startsWith('profile') ? splitShellWords(header) : undefined
  return words?.length === 2 ? words[1] : undefined
}

function headerProblem(file: IniFile, section: Section, profile: string): string | undefined {
  try {
    assertProfileName(profile)
  } catch (error) {
    if (error instanceof OidcError) return problemText(error)
    throw error
  }
  const canonical = `[${canonicalHeader('config', profile)}]`
  if (javaScriptHeader(file.lines[section.header]?.text ?? '') === undefined) {
    return `text beside the section header hides it from the AWS SDK for JavaScript. Write ${canonical} alone on the line.`
  }
  if (!javaScriptReads(section.name, 'config', profile)) {
    return `the AWS SDK for JavaScript does not read [${section.name}] as a profile. Write ${canonical}.`
  }
  return undefined
}

function whyNoProfile(header: string): string {
  const shown = quote(header)
  if (header === 'DEFAULT') {
    return 'the AWS CLI copies the keys of [DEFAULT] into every profile, SDKs do not. Write [default], or repeat the keys.'
  }
  const name = header.trim()
  if (/^default$/i.test(name)) return `${shown} is not the default profile. Write [default].`
  if (/^profile\b/i.test(name)) {
    return `${shown} is not a profile: it takes "profile", one blank and one name. Write [profile NAME].`
  }
  const example = /^[\w@+.%:/-]{1,80}$/.test(name) ? name : 'NAME'
  return `${shown} is not a profile in this syntax. Write [profile ${example}].`
}
