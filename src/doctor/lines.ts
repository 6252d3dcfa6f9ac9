import { type IniFile, type Option, strip } from '../profiles/ini-lines.ts'
import { quoteKey } from '../profiles-file/problem.ts'
import { type Finding, finding } from './finding.ts'

/** Settings that the two SDK families read differently, or otherwise than they look. Values stay unsaid. */
export function lineFindings(content: IniFile, path: string): Finding[] {
  return content.sections.flatMap(({ options }) =>
    options.flatMap((option) => {
      const at = `${path}, line ${option.first + 1}`
      const { key, delimiter, value } = written(content, option)
      // A block of indented settings is one of botocore's own.
      if (value === '' && option.continuations.length > 0) return []
      const why = difference(key, delimiter, value, option)
      if (why !== undefined) return [finding('read-differently', `${at}: ${why}`)]
      // A command has quotation marks of its own.
      return key !== 'credential_process' && /^(["']).*\1$/.test(value)
        ? [finding('quoted-value', `${at}, ${quoteKey(key)}`)]
        : []
    }),
  )
}

function written({ lines }: IniFile, { first }: Option) {
  const text = strip(lines[first]?.text ?? '')
  const [, key = '', delimiter = '', value = ''] = /^(.*?)([=:])(.*)$/s.exec(text) ?? []
  return { key: strip(key), delimiter, value: strip(value) }
}

function difference(
  key: string,
  delimiter: string,
  value: string,
  { continuations }: Option,
): string | undefined {
  const shown = quoteKey(key)
  if (delimiter === ':') return `only the AWS CLI reads ":" between key and value`
  if (key !== key.toLowerCase()) return `only the AWS CLI reads ${shown}, in capitals`
  if (/(^|\s)[;#]/.test(value)) {
    return `"#" or ";" after ${shown} begins a comment for the SDK for JavaScript, and is part of the value for the AWS CLI`
  }
  if (continuations.length > 0) {
    return `the indented line beneath ${shown} is part of its value for the AWS CLI only`
  }
  return undefined
}
