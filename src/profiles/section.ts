import { pause } from '../deadline.ts'
import {
  type Difference,
  fatalDifferences,
  readOtherwise,
  writtenDifferences,
} from './differences.ts'
import {
  applyEdits,
  type IniFile,
  indentBeneath,
  indentOf,
  joined,
  type Line,
  type LineEdits,
  lineEndAt,
  linesAt,
  malformedFile,
  parseIni,
  type Section,
} from './ini.ts'
import { javaScriptReads, readAsJavaScript } from './javascript-reading.ts'
import { formatMarker, markersIn, nextMarker } from './marker.ts'
import { assertProfileName, canonicalHeader, profileOf, type SharedFile } from './profile-name.ts'
import { assertSetting, settingLine } from './setting.ts'
import { type OwnKeys, refuseOwnKeys } from './static-keys.ts'

export interface SectionEdit {
  readonly file: SharedFile
  readonly profile: string
  /** Settings the profile has afterwards; keys in lower case. */
  readonly values: Readonly<Record<string, string>>
  /** Keys the profile no longer has afterwards, in lower case. Those in `values` win. */
  readonly remove: readonly string[]
  readonly ownKeys?: OwnKeys
  /** Ends the comment above our keys: `credentials expire 2026-11-21T12:00:00Z`. */
  readonly note?: string
}

/**
 * Returns the text of an AWS shared file with one profile's settings changed and every other byte
 * kept, so that botocore and the JavaScript SDK both read exactly `values` for their keys.
 * Editing twice gives the same text. `path` is for messages only.
 * Throws `file-malformed` (path and line), `profile-has-keys`, `invalid-profile-name`, `invalid-usage`.
 */
export async function editSection(text: string, edit: SectionEdit, path: string): Promise<string> {
  const change = checkEdit(edit)
  const file = await parseIni(text, path)
  await refuseUnreadable(file, path)
  const targets = file.sections.filter((s) => profileOf(s.name, edit.file) === edit.profile)
  refuseDifferences(inheritedSettings(file, edit.file), file, targets, change, path)
  if (edit.ownKeys === 'refused') refuseOwnKeys(file, targets, edit.profile, path)

  const rewritten = (placement: Placement) => {
    const { edits, added } = rewrite(file, targets, change, placement, endOf(text))
    return (edits.size > 0 ? applyEdits(edits, file) : text) + added
  }
  const inPlace = rewritten('in place')
  await pause()
  if (misreadLine(inPlace, change) === undefined) return inPlace
  const onTop = rewritten('beneath header')
  const misread = misreadLine(onTop, change)
  if (misread === undefined) return onTop
  const line = text.split('\n').lastIndexOf(onTop.split('\n')[misread - 1] ?? '') + 1
  throw malformedFile(path, Math.max(line, 1), READ_DIFFERENTLY)
}

/** The edit without removals that it undoes itself. Throws `invalid-profile-name`, `invalid-usage`. */
export function checkEdit(edit: SectionEdit): SectionEdit {
  assertProfileName(edit.profile)
  for (const [key, value] of Object.entries(edit.values)) assertSetting(key, value)
  return { ...edit, remove: edit.remove.filter((key) => !Object.hasOwn(edit.values, key)) }
}

const READ_DIFFERENTLY =
  'the AWS SDK for JavaScript reads this line as a setting of the profile to be written, ' +
  'the AWS CLI does not; check its indentation and the section header above it'

/** What the AWS CLI reads in every section, as `refuseDifferences` wants to know. */
export function inheritedSettings(file: IniFile, kind: SharedFile): Difference[] {
  return writtenDifferences(
    file,
    kind,
    file.sections.filter(({ name }) => name === 'DEFAULT'),
  )
}

/** Throws `file-malformed` where the AWS CLI or the SDK for JavaScript reads nothing of a file, whatever we write. */
export async function refuseUnreadable(file: IniFile, path: string): Promise<void> {
  const [fatal] = await fatalDifferences(file)
  if (fatal) throw malformedFile(path, fatal.line, whyRefused(fatal, []) ?? fatal.kind)
}

/** What an edit cannot cure: the AWS CLI or the SDK for JavaScript would not read what we write. */
export function refuseDifferences(
  inherited: readonly Difference[],
  file: IniFile,
  targets: readonly Section[],
  { file: kind, values, remove }: SectionEdit,
  path: string,
): void {
  const writes = Object.keys(values).length > 0 || targets.length > 0
  for (const found of [writes ? inherited : [], writtenDifferences(file, kind, targets)]) {
    for (const difference of found) {
      const why = whyRefused(difference, remove)
      if (why !== undefined) throw malformedFile(path, difference.line, why)
    }
  }
}

function whyRefused({ kind, detail, first }: Difference, remove: readonly string[]) {
  switch (kind) {
    case 'section-twice':
      return `the section [${detail}] is on line ${first} already; the AWS CLI cannot read a file with both`
    case 'key-twice':
      return `the same key is on line ${first} already; the AWS CLI cannot read a file with both`
    case 'block-line':
      return `it is not a "key = value" line of the block below "${detail}"; the AWS CLI cannot read a file with such a line`
    case 'reserved-name':
      return `the AWS SDK for JavaScript cannot read a file with the name "${detail}" there`
    case 'hidden-header':
      return 'there is text beside the section header, which hides it from the AWS SDK for JavaScript'
    case 'inherited':
      return remove.includes(detail) ? inherited(detail) : undefined
    default:
      return undefined
  }
}

/** botocore copies the options of [DEFAULT] into every section: they cannot be removed from one. */
function inherited(key: string): string {
  return `"${key}" in [DEFAULT] applies to every profile of the AWS CLI, also to the one to be written; the default profile is [default]`
}

/** What an edit makes of a file: other lines, and text for its end. */
export interface Rewritten {
  readonly edits: LineEdits
  readonly added: string
}

export function rewrite(
  file: IniFile,
  targets: readonly Section[],
  edit: SectionEdit,
  placement: Placement,
  end: FileEnd,
): Rewritten {
  const header = canonicalHeader(edit.file, edit.profile)
  if (targets.length === 0) {
    const isNew = Object.keys(edit.values).length > 0
    return { edits: new Map(), added: isNew ? addedSection(header, edit, end) : '' }
  }
  const seen = targets.some((target) => javaScriptReads(target.name, edit.file, edit.profile))
  const edits = rewriteSections(file, targets, edit, placement, seen ? undefined : header)
  return { edits, added: '' }
}

/** The line that keeps the JavaScript SDK from reading what the edit says, if there is one. */
export function misreadLine(text: string, { file, profile, values, remove }: SectionEdit) {
  const gone = remove.map((key) => [key, undefined] as const)
  const seen = readAsJavaScript(text, file, profile)
  return readOtherwise(seen, [...Object.entries(values), ...gone])[0]?.line
}

/**
 * Where a key goes that the section has already; a missing one always goes beneath the header. The
 * JavaScript SDK does not see a key below an indented block; at the top of the section it does.
 */
export type Placement = 'in place' | 'beneath header'

/** The target sections edited; `extraHeader` heads a new section before the first. */
function rewriteSections(
  file: IniFile,
  targets: readonly Section[],
  edit: SectionEdit,
  placement: Placement,
  extraHeader: string | undefined,
): LineEdits {
  const edits: LineEdits = new Map()
  for (const target of targets) {
    const staying = rewriteSettings(edits, file, target, edit, placement)
    addMissing(edits, file, target, edit, staying)
  }
  const [first] = targets
  if (first && extraHeader !== undefined && Object.keys(edit.values).length > 0) {
    const end = lineEndAt(file, first.header)
    const indent = indentOf(file, first.header)
    const blankLine = first.header > 0 ? [{ text: '', end }] : []
    const section = newSection(extraHeader, edit, { indent, end, lineEnd: false })
    edits.set(first.header, [...blankLine, ...section, ...linesAt(edits, file, first.header)])
  }
  return edits
}

/** Sets what stays in place, takes away the rest; returns the line index of each key that stayed. */
function rewriteSettings(
  edits: LineEdits,
  file: IniFile,
  section: Section,
  { values, remove }: SectionEdit,
  placement: Placement,
): Map<string, number> {
  const staying = new Map<string, number>()
  for (const { key, first, continuations } of section.options) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    if (value === undefined && !remove.includes(key)) continue
    for (const index of continuations) edits.set(index, [])
    if (value === undefined || placement === 'beneath header') {
      edits.set(first, [])
      continue
    }
    const old = file.lines[first]?.text ?? ''
    const text = settingLine(old, key, value, indentOf(file, first))
    edits.set(first, [{ text, end: lineEndAt(file, first) }])
    staying.set(key, first)
  }
  return staying
}

/** Adds our comment and the keys the section lacks. The comment replaces the one of an earlier run. */
function addMissing(
  edits: LineEdits,
  file: IniFile,
  section: Section,
  edit: SectionEdit,
  staying: ReadonlyMap<string, number>,
): void {
  const end = lineEndAt(file, section.header)
  const earlier = markersIn(file, section)
  const marker = nextMarker(earlier[0]?.marker, section, edit)
  const markerLines = (indent: string) =>
    marker ? [{ text: indent + formatMarker(marker), end }] : []
  for (const { index } of earlier) edits.set(index, [])

  const missing = Object.entries(edit.values).filter(([key]) => !staying.has(key))
  const [topmost] = staying.values()
  if (missing.length > 0) {
    const indent = indentBeneath(edits, file, section.header)
    const settings = missing.map(([key, value]) => ({ text: `${indent}${key} = ${value}`, end }))
    const header = linesAt(edits, file, section.header)
    edits.set(section.header, [...header, ...markerLines(indent), ...settings])
  } else if (earlier[0]) {
    edits.set(earlier[0].index, markerLines(indentOf(file, earlier[0].index)))
  } else if (topmost !== undefined) {
    const setting = linesAt(edits, file, topmost)
    edits.set(topmost, [...markerLines(indentOf(file, topmost)), ...setting])
  }
}

interface Layout {
  readonly indent: string
  /** CRLF or LF. */
  readonly end: string
  /** Whether the line before got its line end from us. */
  readonly lineEnd: boolean
}

function newSection(header: string, edit: SectionEdit, layout: Layout): Line[] {
  const { indent, end, lineEnd } = layout
  const keys = Object.keys(edit.values)
  return [
    `[${header}]`,
    formatMarker({ keys, section: true, lineEnd, note: edit.note }),
    ...keys.map((key) => `${key} = ${edit.values[key]}`),
  ].map((text) => ({ text: indent + text, end }))
}

/** How a text ends. */
interface FileEnd extends Pick<Layout, 'end' | 'lineEnd'> {
  readonly isEmpty: boolean
}

/** How a text ends, and with which line end lines go on. */
export function endOf(text: string): FileEnd {
  const end = /\r?\n/.exec(text)?.[0] ?? '\n'
  return { end, lineEnd: text !== '' && !text.endsWith('\n'), isEmpty: text === '' }
}

/** A new section for the end of a text, a blank line before it unless the text is empty. */
function addedSection(header: string, edit: SectionEdit, { end, lineEnd, isEmpty }: FileEnd) {
  const separator = (lineEnd ? end : '') + (isEmpty ? '' : end)
  const lines = newSection(header, edit, { indent: '', end, lineEnd })
  return separator + joined(lines)
}
