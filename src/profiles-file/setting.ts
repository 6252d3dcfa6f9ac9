import { type IniFile, type Option, strip } from '../profiles/ini-lines.ts'
import { javaScriptHeader } from '../profiles/javascript-reading.ts'
import { MULTI_LINE_KEYS, type ProfileKey } from './profile-keys.ts'

/** How a setting is written. */
export interface WrittenSetting {
  /** As spelled; readers other than botocore tell case apart. */
  readonly key: string
  readonly delimiter: string
  /** As botocore joins it, continuation lines included. */
  readonly value: string
  /** A block of indented settings beneath an empty value. */
  readonly nested: boolean
}

/** Python 3.11 `RawConfigParser._read`. */
export function writtenSetting(file: IniFile, option: Option): WrittenSetting {
  const text = (index: number) => strip(file.lines[index]?.text ?? '')
  const [, key = '', delimiter = '', first = ''] =
    /^(.*?)([=:])(.*)$/s.exec(text(option.first)) ?? []
  const value = [strip(first), ...option.continuations.map(text)].join('\n')
  return {
    key: strip(key),
    delimiter,
    value,
    nested: value.startsWith('\n'),
  }
}

/** Why AWS tools cannot agree on what is written for a key of ours; undefined when they do. */
export function whyAmbiguous(key: ProfileKey, written: WrittenSetting): string | undefined {
  if (written.key !== key) {
    return `the AWS SDK for JavaScript does not read a key in capitals. Write ${key}.`
  }
  if (written.delimiter !== '=') {
    return `the AWS SDK for JavaScript does not read ":" between key and value. Write "${key} = …".`
  }
  if (written.nested) return `${key} has no value. Begin it on the same line: "${key} = …".`
  if (written.value === '') return `${key} has no value. Give one, or remove the line.`
  const multiLine = MULTI_LINE_KEYS.includes(key)
  if (written.value.includes('\n') && !multiLine) {
    return `the indented line beneath belongs to the value of ${key} for the AWS CLI, but not for the AWS SDK for JavaScript. Remove the indentation.`
  }
  if (/(^|\s)[;#]/.test(written.value) && key !== 'policy') {
    return `"#" or ";" after a blank is part of the value of ${key} for the AWS CLI, but a comment for the AWS SDK for JavaScript. Put the comment on a line of its own.`
  }
  return undefined
}

/** Lines within a value that make AWS tools misread the file, whatever the key: index and reason. */
export function unreadableContinuations(file: IniFile, option: Option): [number, string][] {
  const { nested } = writtenSetting(file, option)
  return option.continuations.flatMap((index): [number, string][] => {
    const text = file.lines[index]?.text ?? ''
    if (javaScriptHeader(text) !== undefined) {
      return [
        [
          index,
          'the AWS SDK for JavaScript takes this indented line for a section header. Join it with the line above.',
        ],
      ]
    }
    // botocore reads the block as settings, line by line as Python splits it, or not at all.
    const parts = strip(text).split(PYTHON_LINE_END)
    if (nested && parts.some((part) => strip(part) !== '' && !part.includes('='))) {
      return [
        [
          index,
          'the AWS CLI needs key = value in an indented block. Begin a longer value on the line of its key.',
        ],
      ]
    }
    return []
  })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: where Python's str.splitlines splits
const PYTHON_LINE_END = /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/
