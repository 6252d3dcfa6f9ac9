import { type Draft, depthBeneath, depthOf, joinDraft, lineEndAt, linesAt } from './draft.ts'
import type { IniFile, Section } from './ini-lines.ts'
import { formatMarker, markersIn, nextMarker } from './marker.ts'
import { newSection } from './new-section.ts'
import type { SectionEdit } from './section-edit.ts'
import { settingLine } from './setting-line.ts'

/** Where a key goes that the section has already; a missing one always goes beneath the header. */
export type Placement = 'in place' | 'beneath header'

/** The text with the target sections edited; `extraHeader` heads a new section before the first. */
export function rewriteSections(
  file: IniFile,
  targets: readonly Section[],
  edit: SectionEdit,
  placement: Placement,
  extraHeader: string | undefined,
): string {
  const draft: Draft = new Map()
  for (const target of targets) {
    const staying = rewriteSettings(draft, file, target, edit, placement)
    addMissing(draft, file, target, edit, staying)
  }
  const [first] = targets
  if (first && extraHeader !== undefined && Object.keys(edit.values).length > 0) {
    const end = lineEndAt(file, first.header)
    const indent = depthOf(file, first.header)
    const blankLine = first.header > 0 ? [{ text: '', end }] : []
    const section = newSection(extraHeader, edit, { indent, end, lineEnd: false })
    draft.set(first.header, [...blankLine, ...section, ...linesAt(draft, file, first.header)])
  }
  return joinDraft(draft, file)
}

/** Sets what stays in place, takes away the rest; returns the line index of each key that stayed. */
function rewriteSettings(
  draft: Draft,
  file: IniFile,
  section: Section,
  { values, remove }: SectionEdit,
  placement: Placement,
): Map<string, number> {
  const staying = new Map<string, number>()
  for (const { key, first, continuations } of section.options) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    if (value === undefined && !remove.includes(key)) continue
    for (const index of continuations) draft.set(index, [])
    if (value === undefined || placement === 'beneath header') {
      draft.set(first, [])
      continue
    }
    const old = file.lines[first]?.text ?? ''
    const text = settingLine(old, key, value, depthOf(file, first))
    draft.set(first, [{ text, end: lineEndAt(file, first) }])
    staying.set(key, first)
  }
  return staying
}

/** Adds our comment and the keys the section lacks. The comment replaces the one of an earlier run. */
function addMissing(
  draft: Draft,
  file: IniFile,
  section: Section,
  edit: SectionEdit,
  staying: ReadonlyMap<string, number>,
): void {
  const end = lineEndAt(file, section.header)
  const earlier = markersIn(file, section)
  const marker = nextMarker(earlier[0]?.marker, file, section, edit)
  const markerLines = (indent: string) =>
    marker ? [{ text: indent + formatMarker(marker), end }] : []
  for (const { index } of earlier) draft.set(index, [])

  const missing = Object.entries(edit.values).filter(([key]) => !staying.has(key))
  const [topmost] = [...staying.values()].sort((a, b) => a - b)
  if (missing.length > 0) {
    const indent = depthBeneath(draft, file, section.header)
    const settings = missing.map(([key, value]) => ({ text: `${indent}${key} = ${value}`, end }))
    const header = linesAt(draft, file, section.header)
    draft.set(section.header, [...header, ...markerLines(indent), ...settings])
  } else if (earlier[0]) {
    draft.set(earlier[0].index, markerLines(depthOf(file, earlier[0].index)))
  } else if (topmost !== undefined) {
    const setting = linesAt(draft, file, topmost)
    draft.set(topmost, [...markerLines(depthOf(file, topmost)), ...setting])
  }
}
