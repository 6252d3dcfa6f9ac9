import { type IniFile, indentation, isComment, type Line, strip } from './ini-lines.ts'

/** What stands instead of the line with that index; no lines where one goes away. */
export type Draft = Map<number, readonly Line[]>

export function linesAt(draft: Draft, file: IniFile, index: number): readonly Line[] {
  return draft.get(index) ?? file.lines.slice(index, index + 1)
}

/** The blanks to start a line with so that it stands as deep as another one. */
export function depthOf(file: IniFile, index: number): string {
  const indent = indentation(file.lines[index]?.text ?? '')
  return /^[ \t]*$/.test(indent) ? indent : ' '.repeat(indent.length)
}

/** CRLF or LF, as on that line, else as in the rest of the file. A lone CR is a CRLF cut short. */
export function lineEndAt(file: IniFile, index: number): string {
  const end = file.lines[index]?.end || file.lines[0]?.end || '\n'
  return end === '\r' ? '\r\n' : end
}

/**
 * Indentation for lines directly beneath a header: that of the next line that says something.
 * Any deeper or shallower, and the one would become a continuation of the other.
 */
export function depthBeneath(draft: Draft, file: IniFile, header: number): string {
  const next = file.lines.findIndex(
    ({ text }, index) =>
      index > header &&
      strip(text) !== '' &&
      !isComment(text) &&
      linesAt(draft, file, index).length > 0,
  )
  return next < 0 ? '' : depthOf(file, next)
}

/** The text of the file as drafted; without a final line end if the file had none. */
export function joinDraft(draft: Draft, file: IniFile): string {
  const end = lineEndAt(file, 0)
  let text = ''
  let lastEnd = ''
  for (const [index, line] of file.lines.entries()) {
    const drafted = draft.get(index)
    for (const one of drafted ?? [line]) {
      // After a lone CR, a line end for Python only, our line would be no line for the JavaScript SDK.
      if (lastEnd === '\r' && one !== line) text += '\n'
      lastEnd = one.end || end
      text += one.text + lastEnd
    }
  }
  const unended = file.lines.at(-1)?.end === ''
  return unended ? text.slice(0, text.length - lastEnd.length) : text
}
