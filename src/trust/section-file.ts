import { type ErrorCode, OidcError } from '../errors.ts'
import { expandVariables } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { type IniFile, type Option, parseIni, splitLines, strip } from '../profiles/ini.ts'
import { nearest, quote } from '../text.ts'

/** The kinds of section a file may have: `[KIND]`, or `[KIND NAME]` where `named`, and the keys of each. */
export interface Grammar {
  /** Of the error for a file that is not in order. */
  readonly code: ErrorCode
  readonly kinds: Readonly<
    Record<string, { readonly named: boolean; readonly keys: readonly string[] }>
  >
}

export interface FileSection {
  readonly kind: string
  /** Empty where the kind has no names. */
  readonly name: string
  readonly line: number
  readonly settings: ReadonlyMap<string, { readonly line: number; readonly value: string }>
}

/** Notes what is wrong with a line, counted from 1, so that one run shows all of it. */
export type NoteProblem = (line: number, text: string) => void

/**
 * Reads a file of ours in the section syntax of a profiles file: `[KIND NAME]`, `key = value`, indented lines go
 * on with a value, `${NAME}` is expanded. `read` makes something of the sections and reports what is wrong with
 * them. Throws the error of the grammar with every problem and its line.
 */
export async function readSectionFile<Content>(
  text: string,
  source: string,
  { code, kinds }: Grammar,
  env: Environment,
  read: (sections: readonly FileSection[], note: NoteProblem) => Content | Promise<Content>,
): Promise<Content> {
  const problems: { line: number; text: string }[] = []
  const note: NoteProblem = (line, text) => problems.push({ line, text })
  const refuse = () => {
    if (problems.length === 0) return
    const lines = [...problems]
      .sort((one, other) => one.line - other.line)
      .map(({ line, text }) => `  line ${line}: ${text}`)
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    throw new OidcError(code, {
      what: [`${source} has ${count}:`, ...lines],
      why: 'The whole file is checked before it is used.',
      next: 'Correct these lines and run again.',
    })
  }
  const file = await readLines(text, note)
  const sections = readSections(file, kinds, env, note)
  refuse()
  const content = await read(sections, note)
  refuse()
  return content
}

/** An error of a value's own checks as the text of a problem; options are called as the keys of the file. */
export function problemText({ message, why, next }: OidcError): string {
  return [message, why, next]
    .filter((part) => part !== undefined)
    .join(' ')
    .replace(/(?<![\w-])--([a-z]+(?:-[a-z]+)*)/g, (_, name: string) => name.replaceAll('-', '_'))
}

/** Enough for anyone's patience, and an end for a file that is no text of ours at all. */
const MOST = 20

/** Reads on past each line that is neither section, key nor comment. */
async function readLines(text: string, note: NoteProblem): Promise<IniFile> {
  let rest = text.replace(/^\ufeff/, '')
  for (let count = 0; count < MOST; count += 1) {
    try {
      return await parseIni(rest, '')
    } catch (error) {
      const [, line, why] = /line (\d+): (.*)\.$/s.exec((error as Error).message) ?? []
      if (!(error instanceof OidcError) || line === undefined) throw error
      note(Number(line), `${why}.`)
      rest = withoutLine(rest, Number(line))
    }
  }
  return { lines: [], sections: [] }
}

function withoutLine(text: string, number: number): string {
  return splitLines(text)
    .map((line, index) => (index === number - 1 ? '#' : line.text) + line.end)
    .join('')
}

function readSections(
  file: IniFile,
  kinds: Grammar['kinds'],
  env: Environment,
  note: NoteProblem,
): FileSection[] {
  const forms = Object.entries(kinds).map(([kind, { named }]) => `[${kind}${named ? ' NAME' : ''}]`)
  const found = new Map<string, FileSection>()
  for (const { name: header, header: index, options } of file.sections) {
    const line = index + 1
    const [, kind = '', name = ''] = /^\s*(\S+)(?:\s+(.*?))?\s*$/s.exec(header) ?? []
    const form = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (form === undefined) {
      const meant = nearest(kind, Object.keys(kinds))
      const hint = meant ? `Did you mean "${meant}"?` : `Write one of ${forms.join(', ')}.`
      note(line, `${quote(`[${header}]`)} is not a section of this file. ${hint}`)
      continue
    }
    if (form.named !== (name !== '')) {
      note(line, `[${kind}] takes ${form.named ? `a name: [${kind} NAME]` : 'no name'}.`)
      continue
    }
    const twin = found.get(`${kind} ${name}`)
    if (twin) {
      note(line, `${quote(`[${header}]`)} is on line ${twin.line} already. Keep one of the two.`)
      continue
    }
    const settings = readSettings(file, options, kind, form.keys, env, note)
    found.set(`${kind} ${name}`, { kind, name, line, settings })
  }
  return [...found.values()]
}

function readSettings(
  file: IniFile,
  options: readonly Option[],
  kind: string,
  keys: readonly string[],
  env: Environment,
  note: NoteProblem,
): FileSection['settings'] {
  const settings = new Map<string, { line: number; value: string }>()
  for (const option of options) {
    const { key } = option
    const line = option.first + 1
    const twin = settings.get(key)
    if (!keys.includes(key)) {
      const meant = nearest(key, keys)
      const hint = meant ? `Did you mean "${meant}"?` : `It takes ${keys.join(', ')}.`
      note(line, `${quote(key)} is not a key of [${kind}]. ${hint}`)
    } else if (twin) {
      note(line, `${quote(key)} is on line ${twin.line} already. Keep one of the two.`)
    } else {
      const value = expanded(written(file, option), key, env, (text) => note(line, text))
      if (value === '') note(line, `${key} has no value. Give one, or remove the line.`)
      settings.set(key, { line, value: value ?? '' })
    }
  }
  return settings
}

/** The value with its continuation lines, without the comments between them. */
function written(file: IniFile, { first, continuations }: Option): string {
  const text = (index: number) => strip(file.lines[index]?.text ?? '')
  const [, value = ''] = /^.*?[=:](.*)$/s.exec(text(first)) ?? []
  return [strip(value), ...continuations.map(text)].join('\n').trim()
}

/** Undefined where a variable is not set, which is reported. */
function expanded(
  text: string,
  key: string,
  env: Environment,
  note: (text: string) => void,
): string | undefined {
  try {
    return expandVariables(text, env, key).trim()
  } catch (error) {
    if (!(error instanceof OidcError)) throw error
    note(problemText(error))
    return undefined
  }
}
