import { pause } from '../deadline.ts'
import { OidcError } from '../errors.ts'

export interface IniFile {
  readonly lines: readonly Line[]
  readonly sections: readonly Section[]
}

export interface Section {
  readonly name: string
  /** Index of the header's line, and of the line after the section. */
  readonly header: number
  readonly after: number
  readonly options: readonly Option[]
}

export interface Option {
  /** Lower case, as botocore compares keys. */
  readonly key: string
  /** As spelled; readers other than botocore tell case apart. */
  readonly spelling: string
  readonly delimiter: string
  /** As botocore joins it, continuation lines included. */
  readonly value: string
  /** Index of its line, and of its last continuation line. */
  readonly first: number
  readonly last: number
  /** Indices of the continuation lines, without the comments between them. */
  readonly continuations: readonly number[]
}

export interface Line {
  readonly text: string
  readonly end: string
}

/**
 * Reads an AWS shared file as botocore does (Python 3.11 `RawConfigParser._read`), duplicates allowed.
 * Throws `file-malformed` with the line where botocore would give the file up.
 */
export async function parseIni(text: string, path: string): Promise<IniFile> {
  if (text.startsWith('\ufeff')) {
    throw malformedFile(path, 1, 'it starts with a byte order mark, which AWS tools cannot read')
  }
  const lines: Line[] = []
  const sections: OpenSection[] = []
  let section: OpenSection | undefined
  let option: OpenOption | undefined
  let depth = 0
  for (const line of linesOf(text)) {
    const index = lines.length
    if (index % 500 === 499) await pause()
    lines.push(line)
    const number = index + 1
    const content = strip(line.text)
    if (content.includes('\0')) throw malformedFile(path, number, 'it contains a NUL byte')
    if (section) section.after = number
    if (content === '' || /^[#;]/.test(content)) continue

    const indent = indentation(line.text).length
    if (option && indent > depth) {
      option.value += `\n${content}`
      option.continuations.push(index)
      option.last = index
      continue
    }
    depth = indent
    const name = /^\[(.+)\]/s.exec(content)?.[1]
    if (name !== undefined) {
      if (section) section.after = index
      section = { name, header: index, after: number, options: [] }
      sections.push(section)
      option = undefined
      continue
    }
    const [, key, delimiter = '', start = ''] = /^(.*?)([=:])(.*)$/s.exec(content) ?? []
    if (key === undefined) throw malformedFile(path, number, whyNoOption(content))
    if (!section) throw malformedFile(path, number, 'there is text before the first [section]')
    const spelling = strip(key)
    if (spelling === '') throw malformedFile(path, number, 'there is no key before "=" or ":"')
    const place = { first: index, last: index, continuations: [] }
    const value = strip(start)
    option = { key: spelling.toLowerCase(), spelling, delimiter, value, ...place }
    section.options.push(option)
  }
  return { lines, sections }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type OpenOption = Mutable<Option> & { continuations: number[] }
type OpenSection = Mutable<Section> & { options: OpenOption[] }

function whyNoOption(content: string): string {
  return content.startsWith('[')
    ? 'the section header lacks a name or "]"'
    : 'it is neither a [section] nor a "key = value"'
}

/** The error for a file that AWS tools cannot read. Line contents stay out of it: they may be secrets. */
export function malformedFile(path: string, line: number, why: string): OidcError {
  return new OidcError('file-malformed', {
    what: `${path}, line ${line}: ${why}.`,
    next: `Correct line ${line} of ${path} and run again. The file was left as it is.`,
  })
}

/** Whether it has indented settings beneath an empty value. */
export const isBlock = ({ value }: Option): boolean => value.startsWith('\n')

export const splitLines = (text: string): Line[] => [...linesOf(text)]

function* linesOf(text: string): Generator<Line> {
  let start = 0
  // Python opens files with universal newlines: a lone CR ends a line too.
  for (const { 0: end, index } of text.matchAll(/\r\n?|\n/g)) {
    yield { text: text.slice(start, index), end }
    start = index + end.length
  }
  if (start < text.length) yield { text: text.slice(start), end: '' }
}

/** The text of the lines. */
export function joined(lines: readonly Line[]): string {
  return lines.map(({ text, end }) => text + end).join('')
}

export const strip = (text: string): string => (PLAIN.test(text) ? text : text.replace(STRIP, ''))
export const indentation = (text: string): string => LEADING.exec(text)?.[0] ?? ''
export const isComment = (text: string): boolean => /^[#;]/.test(strip(text))

/** What Python's `str.strip` and `\s` take for blanks; JavaScript's set differs. */
const BLANK =
  '[\\t\\n\\v\\f\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'

/** What most texts are, told in a tenth of the time. */
const PLAIN = /^[!-~](.*[!-~])?$/s
// Without the look behind, each blank within a line would be the start of another search.
const STRIP = new RegExp(`^${BLANK}+|(?<!${BLANK})${BLANK}+$`, 'g')
const LEADING = new RegExp(`^${BLANK}*`)

/** The lines that replace a line, by its index; none where it goes away. */
export type LineEdits = Map<number, readonly Line[]>

export function linesAt(edits: LineEdits, file: IniFile, index: number): readonly Line[] {
  return edits.get(index) ?? file.lines.slice(index, index + 1)
}

/** The text of the file with the edits; without a final line end if the file had none. */
export function applyEdits(edits: LineEdits, file: IniFile): string {
  const end = lineEndAt(file, 0)
  let text = ''
  let lastEnd = ''
  for (const [index, line] of file.lines.entries()) {
    const edited = edits.get(index)
    for (const one of edited ?? [line]) {
      // After a lone CR, a line end for Python only, our line would be no line for the JavaScript SDK.
      if (lastEnd === '\r' && one !== line) text += '\n'
      lastEnd = one.end || end
      text += one.text + lastEnd
    }
  }
  const unended = file.lines.at(-1)?.end === ''
  return unended ? text.slice(0, text.length - lastEnd.length) : text
}

/** CRLF or LF, as on that line, else as in the rest of the file. A lone CR is a CRLF cut short. */
export function lineEndAt({ lines }: Pick<IniFile, 'lines'>, index: number): string {
  const end = lines[index]?.end || lines[0]?.end || '\n'
  return end === '\r' ? '\r\n' : end
}

/** The blanks to start a line with so that it stands as deep as another one. */
export function indentOf(file: IniFile, index: number): string {
  const indent = indentation(file.lines[index]?.text ?? '')
  return /^[ \t]*$/.test(indent) ? indent : ' '.repeat(indent.length)
}

/**
 * Indentation for lines directly beneath a header: that of the next line that says something.
 * Any deeper or shallower, and the one would become a continuation of the other.
 */
export function indentBeneath(edits: LineEdits, file: IniFile, header: number): string {
  for (let index = header + 1; index < file.lines.length; index += 1) {
    const { text = '' } = file.lines[index] ?? {}
    const isBlank = strip(text) === '' || isComment(text)
    if (!isBlank && linesAt(edits, file, index).length > 0) return indentOf(file, index)
  }
  return ''
}
