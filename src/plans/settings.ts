import { OidcError } from '../errors.ts'
import { expandVariables, unsetVariable } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { type IniFile, type Option, strip } from '../profiles/ini.ts'
import { javaScriptHeader, readAsJavaScript } from '../profiles/javascript-reading.ts'
import { AWS_KEYS, keyKind, MULTI_LINE_KEYS, type ProfileKey } from './keys.ts'
import { problemText, quoteKey, type Report } from './problem.ts'
import type { ProfileSection } from './sections.ts'

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

export interface Setting {
  readonly line: number
  /** As written, to be shown: an expanded value may hold a secret that was put there by mistake. */
  readonly written: string
  /** With variables expanded; undefined where that failed and is reported. */
  readonly value: string | undefined
}

export interface ProfileSettings extends ProfileSection {
  readonly settings: ReadonlyMap<ProfileKey, Setting>
  /** Keys of other kinds of credentials. Not reported: whether they may stay is for the caller to say. */
  readonly otherCredentials: readonly {
    readonly key: string
    readonly line: number
    readonly problem: string
  }[]
}

/** The settings of one profile. Reports unknown keys, unset variables, and what AWS tools read differently. */
export function readSettings(
  file: IniFile,
  section: ProfileSection,
  env: Environment,
  report: Report,
): ProfileSettings {
  const written = new Map<ProfileKey, Setting>()
  const otherCredentials: ProfileSettings['otherCredentials'][number][] = []
  let ambiguous = false
  for (const option of section.options) {
    const line = option.first + 1
    const setting = writtenSetting(file, option)
    const found = keyKind(option.key, setting.nested || setting.value === '')
    if (found.kind === 'unknown') report(line, unknownKey(option.key, found.nearest))
    if (found.kind === 'other credentials') {
      otherCredentials.push({ key: option.key, line, problem: found.problem })
    }
    if (found.kind !== 'known') continue
    const why = whyAmbiguous(found.key, setting)
    if (why !== undefined) {
      ambiguous = true
      report(line, why)
    }
    const value = why === undefined ? setting.value : undefined
    written.set(found.key, { line, written: setting.value, value })
  }
  if (!ambiguous) reportDifferences(file, section, written, report)
  return { ...section, settings: expandAll(written, env, report), otherCredentials }
}

function unknownKey(key: string, meant: string | undefined): string {
  const next = meant
    ? `Did you mean "${meant}"?`
    : 'Remove it; settings for other tools belong in the shared config file.'
  return `${quoteKey(key)} is not a key of a profiles file. ${next}`
}

/** Whatever else the AWS SDK for JavaScript reads differently: indentation, odd blanks. */
function reportDifferences(
  file: IniFile,
  section: ProfileSection,
  written: ReadonlyMap<ProfileKey, Setting>,
  report: Report,
): void {
  const lines = file.lines.slice(section.header, section.lastLine)
  const text = lines.map((line) => line.text + line.end).join('')
  const seen = readAsJavaScript(text, 'config', section.profile)
  for (const key of AWS_KEYS) {
    const ours = written.get(key)
    const theirs = seen.get(key)
    if (ours?.value === theirs?.value) continue
    const line = ours?.line ?? section.header + (theirs?.line ?? 1)
    report(
      line,
      `the AWS CLI and the AWS SDK for JavaScript read ${key} differently here. Begin its line and the next ones without blanks.`,
    )
  }
}

/** A value that is empty once expanded counts as left out: `region = ${REGION:-}`. */
function expandAll(
  written: ReadonlyMap<ProfileKey, Setting>,
  env: Environment,
  report: Report,
): Map<ProfileKey, Setting> {
  const settings = new Map<ProfileKey, Setting>()
  for (const [key, setting] of written) {
    const value = setting.value === undefined ? undefined : expand(key, setting, env, report)
    if (value !== '') settings.set(key, { ...setting, value })
  }
  return settings
}

function expand(
  key: ProfileKey,
  { written, line }: Setting,
  env: Environment,
  report: Report,
): string | undefined {
  // As in --role-arn, the bare name of a variable is as good as a reference to it.
  const isName = key === 'role_arn' && /^[A-Za-z_]\w*$/.test(written)
  try {
    return isName ? variable(written, env, key) : expandVariables(written, env, key).trim()
  } catch (error) {
    if (!(error instanceof OidcError)) throw error
    report(line, problemText(error))
    return undefined
  }
}

function variable(name: string, env: Environment, where: string): string {
  const value = env[name]
  if (typeof value === 'string' && value.trim() !== '') return value.trim()
  throw unsetVariable(name, where)
}
