import type { IniFile, Section } from '../profiles/ini-lines.ts'
import { javaScriptHeader, javaScriptReads } from '../profiles/javascript-reading.ts'
import type { SharedFile } from '../profiles/section-header.ts'
import { splitShellWords } from '../profiles/shell-words.ts'
import { type Finding, finding } from './finding.ts'

/** Sections of the config file that are no profiles. */
const OTHER = /^(sso-session\s.*|services\s.*|plugins|preview)$/

/** The profile that botocore takes a section for. */
export function profileOf(name: string, file: SharedFile): string | undefined {
  if (file === 'credentials' || name === 'default') return name
  const words = name.startsWith('profile') ? splitShellWords(name) : undefined
  return words?.length === 2 ? words[1] : undefined
}

/** Sections that no AWS tool takes for a profile, or not every one. */
export function sectionFindings(content: IniFile, file: SharedFile, path: string): Finding[] {
  const defaults = content.sections.filter(({ name }) => profileOf(name, file) === 'default')
  const both = new Set(defaults.map(({ name }) => name)).size > 1
  return [
    ...(both ? [finding('two-defaults', path)] : []),
    ...content.sections.flatMap((section) => headerFindings(content, section, file, path)),
  ]
}

function headerFindings(
  { lines }: IniFile,
  { name, header }: Section,
  file: SharedFile,
  path: string,
): Finding[] {
  const at = `${path}, line ${header + 1}`
  if (file === 'config' && OTHER.test(name)) return []
  if (name === 'DEFAULT') {
    return [finding('read-differently', `${at}: the AWS CLI copies [DEFAULT] into every profile`)]
  }
  const profile = profileOf(name, file)
  const misplaced = file === 'credentials' && /^profile\s/.test(name)
  if (profile === undefined || misplaced) return [finding('section-ignored', `${at}: [${name}]`)]
  const seen = javaScriptHeader(lines[header]?.text ?? '') !== undefined
  if (seen && javaScriptReads(name, file, profile)) return []
  return [finding('read-differently', `${at}: only the AWS CLI reads the header [${name}]`)]
}
