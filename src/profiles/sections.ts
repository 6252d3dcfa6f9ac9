import { pause } from '../deadline.ts'
import { applyEdits, type IniFile, type LineEdits, parseIni, type Section } from './ini.ts'
import { javaScriptHeader, javaScriptProfile } from './javascript-reading.ts'
import { profileOf } from './profile-name.ts'
import {
  checkEdit,
  editSection,
  endOf,
  inheritedSettings,
  misreadLine,
  type Placement,
  type Rewritten,
  refuseDifferences,
  refuseUnreadable,
  rewrite,
  type SectionEdit,
} from './section.ts'
import { refuseOwnKeys } from './static-keys.ts'

/**
 * The text after all edits of one shared file, exactly as if `editSection` had made one after the other;
 * but the file is read once, so that time grows with profiles plus sections, not with their product.
 * Throws what `editSection` throws.
 */
export async function editSections(
  text: string,
  edits: readonly SectionEdit[],
  path: string,
): Promise<string> {
  const isNew =
    new Set(edits.map(({ file, profile }) => `${file} ${profile}`)).size === edits.length
  const together = isNew ? await editTogether(text, edits, path) : undefined
  if (together !== undefined) return together
  let edited = text
  for (const edit of edits) edited = await editSection(edited, edit, path)
  return edited
}

/** Undefined where one edit may change what another one meets. */
async function editTogether(
  text: string,
  edits: readonly SectionEdit[],
  path: string,
): Promise<string | undefined> {
  const changes = edits.map(checkEdit)
  const [{ file: kind } = { file: 'config' as const }] = changes
  const file = await parseIni(text, path)
  await refuseUnreadable(file, path)
  if (changes.some((one) => one.file !== kind) || !(await isReadAlike(file))) return undefined
  const targets = grouped(file.sections, ({ name }) => profileOf(name, kind))
  await pause()
  const seen = grouped(file.sections, ({ name }) => javaScriptProfile(name, kind))
  await pause()
  const inherited = inheritedSettings(file, kind)

  const adds = changes.findIndex((one) => isAdding(one) && !targets.has(one.profile))
  if (adds >= 0 && edits.length > 1 && endOf(text).lineEnd) {
    // What stands at the end without a line end gets one by the first section added.
    const parts = [edits.slice(0, adds), edits.slice(adds, adds + 1), edits.slice(adds + 1)]
    let edited = text
    for (const part of parts) edited = await editSections(edited, part, path)
    return edited
  }

  const all: LineEdits = new Map()
  let added = ''
  let end = endOf(text)
  for (const change of changes) {
    await pause()
    const own = targets.get(change.profile) ?? []
    refuseDifferences(inherited, file, own, change, path)
    if (change.ownKeys === 'refused') refuseOwnKeys(file, own, change.profile, path)
    const read = inOrder([...own, ...(seen.get(change.profile) ?? [])])
    const isRead = ({ edits, added }: Rewritten) =>
      misreadLine(textOf(read, file, edits) + added, change) === undefined
    const rewritten = (placement: Placement) => rewrite(file, own, change, placement, end)
    const inPlace = rewritten('in place')
    const done = isRead(inPlace) ? inPlace : rewritten('beneath header')
    // Throws, with the line that is in the way.
    if (done !== inPlace && !isRead(done)) await editSection(text, change, path)
    for (const [index, lines] of done.edits) all.set(index, lines)
    added += done.added
    if (done.added !== '') end = { ...end, isEmpty: false }
  }
  return (all.size > 0 ? applyEdits(all, file) : text) + added
}

const isAdding = ({ values }: SectionEdit) => Object.keys(values).length > 0

/** Whether botocore and the SDK for JavaScript see the same lines and headers, so that sections are apart for both. */
async function isReadAlike({ lines, sections }: IniFile): Promise<boolean> {
  const headers = new Map(sections.map(({ header, name }) => [header, name]))
  for (const [index, { text, end }] of lines.entries()) {
    if (index % 500 === 499) await pause()
    const header = text.includes('[') ? javaScriptHeader(text) : undefined
    if (end === '\r' || header !== headers.get(index)) return false
  }
  return true
}

function grouped(
  sections: readonly Section[],
  keyOf: (section: Section) => string | undefined,
): ReadonlyMap<string, readonly Section[]> {
  const groups = new Map<string, Section[]>()
  for (const section of sections) {
    const key = keyOf(section)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(section)
    else groups.set(key, [section])
  }
  return groups
}

function inOrder(sections: readonly Section[]): Section[] {
  return [...new Set(sections)].sort((a, b) => a.header - b.header)
}

/** The text of these sections alone with the edits. */
function textOf(sections: readonly Section[], { lines }: IniFile, edits: LineEdits): string {
  let text = ''
  for (const { header, after } of sections) {
    for (const [offset, line] of lines.slice(header, after).entries()) {
      for (const one of edits.get(header + offset) ?? [line]) text += `${one.text}\n`
    }
  }
  return text
}
