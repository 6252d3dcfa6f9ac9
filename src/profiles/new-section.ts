import type { Line } from './ini-lines.ts'
import { formatMarker } from './marker.ts'
import type { SectionEdit } from './section-edit.ts'

interface Layout {
  readonly indent: string
  /** CRLF or LF. */
  readonly end: string
  /** Whether the line before got its line end from us. */
  readonly lineEnd: boolean
}

export function newSection(header: string, edit: SectionEdit, layout: Layout): Line[] {
  const { indent, end, lineEnd } = layout
  const keys = Object.keys(edit.values)
  return [
    `[${header}]`,
    formatMarker({ keys, section: true, lineEnd, note: edit.note }),
    ...keys.map((key) => `${key} = ${edit.values[key]}`),
  ].map((text) => ({ text: indent + text, end }))
}

/** The text with a new section at its end, a blank line before it unless the text is empty. */
export function appendSection(text: string, header: string, edit: SectionEdit): string {
  const end = /\r?\n/.exec(text)?.[0] ?? '\n'
  const lineEnd = text !== '' && !text.endsWith('\n')
  const separator = (lineEnd ? end : '') + (text === '' ? '' : end)
  const lines = newSection(header, edit, { indent: '', end, lineEnd })
  return text + separator + lines.map((line) => line.text + line.end).join('')
}
