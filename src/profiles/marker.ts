import { type IniFile, isComment, type Section } from './ini.ts'

/** Our comments in a section, with the index of their line. */
export function markersIn(file: IniFile, section: Section): { index: number; marker: Marker }[] {
  const found: { index: number; marker: Marker }[] = []
  for (let index = section.header + 1; index < section.after; index += 1) {
    const text = file.lines[index]?.text ?? ''
    const marker = isComment(text) ? parseMarker(text) : undefined
    if (marker) found.push({ index, marker })
  }
  return found
}

/**
 * What our comment records, so that the addition can be undone from the text alone:
 * `# circleci-aws-oidc: wrote this section, region; credentials expire 2026-11-21T12:00:00Z`
 */
interface Marker {
  readonly keys: readonly string[]
  /** We made the section, with a blank line before it unless it starts the file. */
  readonly section: boolean
  /** The line above that blank line had no line end; we gave it one. */
  readonly lineEnd: boolean
  readonly note: string | undefined
}

/** Returns undefined for any line that is not our comment. */
function parseMarker(line: string): Marker | undefined {
  const text = line.trim()
  if (!text.startsWith(PREFIX)) return undefined
  const [list = '', ...note] = text.slice(PREFIX.length).split('; ')
  const written = list.split(', ')
  return {
    keys: written.filter((item) => !['', SECTION, LINE_END].includes(item)),
    section: written.includes(SECTION),
    lineEnd: written.includes(LINE_END),
    note: note.length > 0 ? note.join('; ') : undefined,
  }
}

/** Whether there is a comment of ours anywhere in a text. */
export function mentionsMarker(text: string): boolean {
  return text.includes(PREFIX)
}

/**
 * What our comment is to say once a section is edited; undefined where nothing in it is ours then. Ours
 * are the keys that we write now, and those of earlier runs that stay. A key that had the very value
 * before us is the user's.
 */
export function nextMarker(
  earlier: Marker | undefined,
  section: Section,
  edit: MarkedEdit,
): Marker | undefined {
  const isUsers = (key: string, value: string) =>
    earlier?.keys.includes(key) !== true &&
    section.options.some((one) => one.key === key && one.value === value)
  const written = Object.entries(edit.values)
    .filter(([key, value]) => !isUsers(key, value))
    .map(([key]) => key)
  const left = (earlier?.keys ?? []).filter(
    (key) =>
      !written.includes(key) &&
      !edit.remove.includes(key) &&
      section.options.some((option) => option.key === key),
  )
  const keys = [...written, ...left]
  const made = { section: earlier?.section ?? false, lineEnd: earlier?.lineEnd ?? false }
  if (keys.length === 0 && !made.section) return undefined
  const note = written.length > 0 ? edit.note : keys.length > 0 ? earlier?.note : undefined
  return { keys, ...made, note }
}

/** What an edit says of the keys it writes and removes. */
interface MarkedEdit {
  readonly values: Readonly<Record<string, string>>
  readonly remove: readonly string[]
  readonly note?: string | undefined
}

export function formatMarker(marker: Marker): string {
  const written = [
    ...(marker.section ? [SECTION] : []),
    ...(marker.lineEnd ? [LINE_END] : []),
    ...marker.keys,
  ]
  return PREFIX + written.join(', ') + (marker.note === undefined ? '' : `; ${marker.note}`)
}

/** Starts the comment line above the keys we write; `cleanup` finds our work by it. */
const PREFIX = '# circleci-aws-oidc: wrote '

const SECTION = 'this section'
const LINE_END = 'the line end before it'
