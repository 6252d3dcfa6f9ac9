import {
  type IniFile,
  indentation,
  joined,
  type Line,
  lineEndAt,
  parseIni,
  type Section,
  settingAt,
} from './ini.ts'
import { formatMarker, markersIn, mentionsMarker } from './marker.ts'
import { STATIC_KEYS } from './profile.ts'
import { profileOf, type SharedFile } from './profile-name.ts'

/**
 * Returns the text of an AWS shared file without what our markers say we wrote for these profiles, or
 * for any profile. Every other byte stays; values that stood there before ours do not come back.
 * `path` is for messages only. Throws `file-malformed` for a text that has something of ours in it.
 */
export function removeOurs(
  text: string,
  file: SharedFile,
  profiles: readonly string[] | undefined,
  path: string,
): string {
  if (!mentionsMarker(text)) return text
  const isMeant = ({ name }: Section) =>
    profiles === undefined || profiles.some((profile) => profileOf(name, file) === profile)
  let rest = text
  let ini = parseIni(text, path)
  // From the last to the first: sections are added at the end, so this undoes them in reverse.
  for (let index = ini.sections.length - 1; index >= 0; index -= 1) {
    const section = ini.sections[index]
    if (!section || !isMeant(section) || markersIn(ini, section).length === 0) continue
    rest = removeFrom(rest, ini, section, path)
    ini = parseIni(rest, path)
  }
  return rest
}

function removeFrom(text: string, ini: IniFile, section: Section, path: string): string {
  const found = markersIn(ini, section)
  const users = usersKeys(ini, section)
  const keys = found.flatMap(({ marker }) => marker.keys).filter((key) => !users.includes(key))
  const ours = new Set(found.map(({ index }) => index))
  for (const { key, first, continuations } of section.options) {
    if (keys.includes(key)) for (const index of [first, ...continuations]) ours.add(index)
  }
  const above = joined(ini.lines.slice(0, section.header))
  const isKept = (index: number) => index > section.header && !ours.has(index)
  const isAllOurs = section.options.every(({ key }) => keys.includes(key))
  if (found.some(({ marker }) => marker.section) && isAllOurs) {
    const lineEnd = found.some(({ marker }) => marker.lineEnd)
    const lines = lineEnd ? passLineEndOn(ini, section) : ini.lines
    const below = joined(lines.filter((_, index) => isKept(index)))
    const end = lineEndAt(ini, section.header)
    const result = withoutSeparator(above, end, lineEnd && below === '') + below
    // A header below, indented deeper than the last key above, would become part of that key's value.
    if (parseIni(result, path).sections.length === ini.sections.length - 1) return result
  }
  const result = above + joined(ini.lines.filter((_, i) => i === section.header || isKept(i)))
  return /[\r\n]$/.test(text) ? result : result.replace(/(\r\n|\n|\r)$/, '')
}

/** What AWS STS issues starts so; a key that starts otherwise was put in the place of ours. */
const TEMPORARY_KEY = 'ASIA'

function usersKeys(ini: IniFile, { options }: Section): readonly string[] {
  const [id, secret] = STATIC_KEYS
  const isUsers = options.some(
    (one) => one.key === id && !settingAt(ini, one).value.startsWith(TEMPORARY_KEY),
  )
  return isUsers ? [id, secret] : []
}

/** What stands above a section without the blank line, and the line end before that, if it is ours. */
function withoutSeparator(above: string, end: string, lineEnd: boolean): string {
  const hasBlankLine = above === end || above.endsWith(`\n${end}`)
  const separated = hasBlankLine ? cut(above, end) : above
  return lineEnd ? cut(separated, end) : separated
}

/**
 * The lines of the file. The next section, if we made it too, now records that the line end above the
 * removed one is ours.
 */
function passLineEndOn(ini: IniFile, section: Section): readonly Line[] {
  const next = ini.sections[ini.sections.indexOf(section) + 1]
  const heir = next && markersIn(ini, next).find(({ marker }) => marker.section)
  return ini.lines.map((line, index) => {
    if (index !== heir?.index) return line
    return {
      ...line,
      text: indentation(line.text) + formatMarker({ ...heir.marker, lineEnd: true }),
    }
  })
}

function cut(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, -end.length) : text
}
