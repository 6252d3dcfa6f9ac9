import { pause } from '../deadline.ts'
import {
  type IniFile,
  indentation,
  joined,
  type Line,
  lineEndAt,
  parseIni,
  type Section,
} from './ini.ts'
import { formatMarker, markersIn, mentionsMarker } from './marker.ts'
import { profileOf, type SharedFile } from './profile-name.ts'
import { replacedKeys } from './static-keys.ts'

/**
 * Returns the text of an AWS shared file without what our markers say we wrote for these profiles, or
 * for any profile. Every other byte stays; values that stood there before ours do not come back.
 * `path` is for messages only. Throws `file-malformed` for a text that has something of ours in it.
 */
export async function removeOurs(
  text: string,
  file: SharedFile,
  profiles: readonly string[] | undefined,
  path: string,
): Promise<string> {
  if (!mentionsMarker(text)) return text
  const meant = profiles && new Set(profiles)
  const isMeant = ({ name }: Section) => !meant || meant.has(profileOf(name, file) ?? '')
  const ini = await parseIni(text, path)
  const left: Left = { lines: [...ini.lines], last: ini.lines.length - 1 }
  // From the last to the first: sections are added at the end, so this undoes them in reverse.
  let below: Section | undefined
  for (const [index, section] of [...ini.sections.entries()].reverse()) {
    if (index % 100 === 99) await pause()
    const above = ini.sections[index - 1]
    if (!isMeant(section) || !removeFrom(left, ini, section, { above, below })) below = section
  }
  return joined(left.lines)
}

/** What is left of a file. A line that is gone has neither text nor end. */
interface Left {
  readonly lines: Line[]
  /** Index of the last line that is there. */
  last: number
}

const GONE: Line = { text: '', end: '' }

function setLine(left: Left, index: number, line: Line): void {
  left.lines[index] = line
  while (left.last >= 0 && joined(left.lines.slice(left.last, left.last + 1)) === '') left.last -= 1
}

interface Neighbours {
  readonly above: Section | undefined
  /** The next one that is left. */
  readonly below: Section | undefined
}

/** Returns whether the section is gone as a whole. */
function removeFrom(left: Left, ini: IniFile, section: Section, neighbours: Neighbours): boolean {
  const found = markersIn(ini, section)
  if (found.length === 0) return false
  const users = replacedKeys(section)
  const keys = found.flatMap(({ marker }) => marker.keys).filter((key) => !users.includes(key))
  const wasEnded = left.lines[left.last]?.end !== ''
  for (const { index } of found) setLine(left, index, GONE)
  for (const { key, first, continuations } of section.options) {
    if (keys.includes(key))
      for (const index of [first, ...continuations]) setLine(left, index, GONE)
  }
  const isAllOurs = section.options.every(({ key }) => keys.includes(key))
  const isMade = found.some(({ marker }) => marker.section)
  if (isMade && isAllOurs && !wouldHide(ini, neighbours)) {
    const lineEnd = found.some(({ marker }) => marker.lineEnd)
    if (lineEnd && neighbours.below) passLineEndOn(left, ini, neighbours.below)
    removeHeader(left, section, lineEnd)
    return true
  }
  const last = left.lines[left.last]
  if (!wasEnded && last) setLine(left, left.last, { ...last, end: '' })
  return false
}

/** A header below, indented deeper than the last key above, would become part of that key's value. */
function wouldHide({ lines }: IniFile, { above, below }: Neighbours): boolean {
  const depth = (index: number) => indentation(lines[index]?.text ?? '').length
  const key = above?.options.at(-1)
  return key !== undefined && below !== undefined && depth(below.header) > depth(key.first)
}

/** With the header goes the blank line before it and, at the end of the file, the line end before that, if it is ours. */
function removeHeader(left: Left, { header }: Section, lineEnd: boolean): void {
  const { lines } = left
  const isLast = left.last === header
  const end = lineEndAt(left, header)
  setLine(left, header, GONE)
  let above = header - 1
  const isBlank = lines[above]?.text === '' && lines[above]?.end === end
  if (isBlank && (lines[above - 1]?.end ?? '\n').endsWith('\n')) {
    setLine(left, above, GONE)
    above -= 1
  }
  const line = lines[above]
  if (!line || !lineEnd || !isLast || !line.end.endsWith(end)) return
  setLine(left, above, { ...line, end: line.end.slice(0, -end.length) })
}

/** The section below, if we made it too, now records that the line end above the removed one is ours. */
function passLineEndOn(left: Left, ini: IniFile, below: Section): void {
  const heir = markersIn(ini, below).find(({ marker }) => marker.section)
  const line = heir && left.lines[heir.index]
  if (!line || line.text === '') return
  const text = indentation(line.text) + formatMarker({ ...heir.marker, lineEnd: true })
  setLine(left, heir.index, { ...line, text })
}
