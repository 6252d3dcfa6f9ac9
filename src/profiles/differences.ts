import { pause } from '../deadline.ts'
import { type IniFile, isBlock, joined, type Option, type Section, strip } from './ini.ts'
import {
  type JavaScriptSetting,
  javaScriptHeader,
  javaScriptReads,
  javaScriptRefusal,
  readAsJavaScript,
} from './javascript-reading.ts'
import { profileOf, type SharedFile } from './profile-name.ts'

/** What a header says to one SDK family only; of these a section has one at most. */
type HeaderDifference =
  /** botocore copies what is in `[DEFAULT]` into every section. */
  | 'default-section'
  /** No AWS tool takes it for a profile. */
  | 'no-profile'
  /** There is text beside it, so that the SDK for JavaScript sees no header. */
  | 'hidden-header'
  /** The SDK for JavaScript does not take it for the profile that botocore takes it for. */
  | 'unseen-header'
  /** Another header stands for the same profile: one SDK family takes the last, one joins them. */
  | 'profile-twice'

/** How a setting is written, the gravest first. */
export type SettingForm =
  | 'capitals'
  | 'colon'
  /** A block of indented settings beneath an empty value. */
  | 'block'
  | 'empty'
  | 'continuation'
  | 'comment'

/** What a line is to one SDK family only, or makes of the whole file, in any section. */
type LineDifference =
  | 'carriage-return'
  | 'section-twice'
  | 'key-twice'
  /** A key of `[DEFAULT]`. */
  | 'inherited'
  /** A line within a value that is a header to the SDK for JavaScript. */
  | 'indented-header'
  /** A line of a block that is no setting. */
  | 'block-line'
  /** A name that the SDK for JavaScript gives the whole file up for. */
  | 'reserved-name'

export type DifferenceKind =
  | HeaderDifference
  | SettingForm
  | LineDifference
  /** None of the others in that section, and yet the values differ: indentation, odd blanks. */
  | 'other-value'

export interface Difference {
  /** From 1. */
  readonly line: number
  readonly kind: DifferenceKind
  /** The section's name, the profile that stands twice, or the key as written. Never a value, which may be a secret. */
  readonly detail: string
  /** Line of the other one, where something stands twice. */
  readonly first?: number
}

/** Forms of a setting that the caller takes as they are. */
export type Accepts = (kind: SettingForm, key: string) => boolean

/**
 * What botocore and the SDK for JavaScript read differently in these sections of a shared file, or cannot
 * read, section by section. Of each setting the gravest form that the caller does not accept.
 */
export async function differences(
  ini: IniFile,
  file: SharedFile,
  sections: readonly Section[] = ini.sections,
  accepts: Accepts = () => false,
): Promise<Difference[]> {
  const index = ini.lines.findIndex(({ end }) => end === '\r')
  const written = writtenIn(ini, file, accepts)
  return [
    ...(index < 0 ? [] : [{ line: index + 1, kind: 'carriage-return' as const, detail: '' }]),
    ...(await ofSections(sections, (section) => {
      const own = written(section)
      return own.length > 0 || index >= 0 ? own : otherValues(ini, section, file)
    })),
    ...(await reservedName(ini)),
  ]
}

const FATAL: readonly DifferenceKind[] = ['key-twice', 'block-line']

/** Those for which botocore or the SDK for JavaScript reads nothing of the file, in whatever section. */
export async function fatalDifferences(ini: IniFile): Promise<Difference[]> {
  const [names, inherited] = [new Map<string, number>(), new Map<string, number>()]
  const found = await ofSections(ini.sections, (section) => [
    ...sectionTwice(section, names),
    ...settingDifferences(ini, section, inherited).filter(({ kind }) => FATAL.includes(kind)),
  ])
  return [...found, ...(await reservedName(ini))]
}

async function ofSections(
  sections: readonly Section[],
  differencesOf: (section: Section) => readonly Difference[],
): Promise<Difference[]> {
  const found: Difference[] = []
  for (const [index, section] of sections.entries()) {
    if (index % 100 === 99) await pause()
    for (const one of differencesOf(section)) found.push(one)
  }
  return found
}

async function reservedName({ lines }: IniFile): Promise<Difference[]> {
  const refused = await javaScriptRefusal(lines)
  return refused ? [{ line: refused.line, kind: 'reserved-name', detail: refused.name }] : []
}

/** Those differences that show in how headers and settings are written, without a reading of the SDK's. */
export function writtenDifferences(
  ini: IniFile,
  file: SharedFile,
  sections: readonly Section[],
): Difference[] {
  return sections.flatMap(writtenIn(ini, file))
}

/** What the sections of a file, one after the other, are written with; no form of a setting without `accepts`. */
function writtenIn(ini: IniFile, file: SharedFile, accepts?: Accepts) {
  const names = new Map<string, number>()
  const profiles = new Map<string, { name: string; line: number }>()
  const inherited = new Map<string, number>()
  return (section: Section): Difference[] => [
    ...sectionTwice(section, names),
    ...headerDifferences(ini, section, file),
    ...profileTwice(section, file, profiles),
    ...settingDifferences(ini, section, inherited, accepts),
  ]
}

/** The differences at each line. */
export function byLine(found: readonly Difference[]): ReadonlyMap<number, readonly Difference[]> {
  const lines = new Map<number, Difference[]>()
  for (const difference of found) {
    const others = lines.get(difference.line)
    if (others) others.push(difference)
    else lines.set(difference.line, [difference])
  }
  return lines
}

/** botocore reads nothing of a file that has a section twice. */
function sectionTwice({ name, header }: Section, names: Map<string, number>): Difference[] {
  const line = header + 1
  const first = names.get(name)
  if (first === undefined) names.set(name, line)
  // Python's RawConfigParser takes [DEFAULT] as often as it comes.
  return first === undefined || name === 'DEFAULT'
    ? []
    : [{ line, kind: 'section-twice', detail: name, first }]
}

/** Sections of the config file that are no profiles, as the AWS CLI and the SDKs know them. */
const OTHER = /^(sso-session\s.*|services\s.*|plugins|preview)$/

function headerDifferences(
  { lines }: IniFile,
  { name, header }: Section,
  file: SharedFile,
): Difference[] {
  const difference = (kind: HeaderDifference) => [{ line: header + 1, kind, detail: name }]
  if (file === 'config' && OTHER.test(name)) return []
  if (name === 'DEFAULT') return difference('default-section')
  const profile = profileOf(name, file)
  const isMisplaced = file === 'credentials' && /^profile\s/.test(name)
  if (profile === undefined || isMisplaced) return difference('no-profile')
  if (javaScriptHeader(lines[header]?.text ?? '') === undefined) return difference('hidden-header')
  return javaScriptReads(name, file, profile) ? [] : difference('unseen-header')
}

function profileTwice(
  { name, header }: Section,
  file: SharedFile,
  profiles: Map<string, { name: string; line: number }>,
): Difference[] {
  const profile = profileOf(name, file)
  if (profile === undefined) return []
  const line = header + 1
  const first = profiles.get(profile)
  if (!first) profiles.set(profile, { name, line })
  return !first || first.name === name
    ? []
    : [{ line, kind: 'profile-twice', detail: profile, first: first.line }]
}

/** `inherited` are the keys of earlier [DEFAULT] sections: Python's RawConfigParser takes each in all of them once. */
function settingDifferences(
  ini: IniFile,
  section: Section,
  inherited: Map<string, number>,
  accepts?: Accepts,
): Difference[] {
  const keys = section.name === 'DEFAULT' ? inherited : new Map<string, number>()
  return section.options.flatMap((option): Difference[] => {
    const { key, spelling: detail } = option
    const line = option.first + 1
    const first = keys.get(key)
    if (first === undefined) keys.set(key, line)
    const form = accepts && formsOf(option).find((kind) => !accepts(kind, key))
    return [
      ...(first === undefined ? [] : [{ line, kind: 'key-twice' as const, detail, first }]),
      ...(section.name === 'DEFAULT' ? [{ line, kind: 'inherited' as const, detail: key }] : []),
      ...(form === undefined ? [] : [{ line, kind: form, detail }]),
      ...continuationDifferences(ini, option),
    ]
  })
}

/** All that is peculiar to how a setting is written. */
function formsOf(option: Option): SettingForm[] {
  const { key, spelling, delimiter, value } = option
  const block = isBlock(option)
  return [
    ...(key === spelling ? [] : (['capitals'] as const)),
    ...(delimiter === '=' ? [] : (['colon'] as const)),
    ...(block ? (['block'] as const) : []),
    ...(value === '' ? (['empty'] as const) : []),
    ...(value.includes('\n') && !block ? (['continuation'] as const) : []),
    ...(/(^|\s)[;#]/.test(value) && !block ? (['comment'] as const) : []),
  ]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: where Python's str.splitlines splits
const PYTHON_LINE_END = /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/

function continuationDifferences(ini: IniFile, option: Option): Difference[] {
  const detail = option.spelling
  return option.continuations.flatMap((index): Difference[] => {
    const text = ini.lines[index]?.text ?? ''
    const line = index + 1
    // botocore reads the block as settings, line by line as Python splits it, or not at all.
    const parts = strip(text).split(PYTHON_LINE_END)
    const isSettings = parts.every((part) => strip(part) === '' || part.includes('='))
    if (isBlock(option) && !isSettings) return [{ line, kind: 'block-line', detail }]
    const isHeader = javaScriptHeader(text) !== undefined
    return isHeader ? [{ line, kind: 'indented-header', detail }] : []
  })
}

/** Whatever else the SDK for JavaScript reads differently in a profile's section. */
function otherValues(ini: IniFile, section: Section, file: SharedFile): Difference[] {
  const profile = profileOf(section.name, file)
  if (profile === undefined) return []
  const text = joined(ini.lines.slice(section.header, section.after))
  const seen = readAsJavaScript(text, file, profile)
  const values = new Map<string, string | undefined>()
  for (const option of section.options) {
    const { key, value } = option
    values.set(key, isBlock(option) || value === '' ? undefined : value)
  }
  // Keys within an indented block have a dot there; no two tools read those alike.
  for (const key of seen.keys())
    if (!values.has(key) && !key.includes('.')) values.set(key, undefined)
  const ours = new Map(section.options.map(({ key, first }) => [key, first + 1]))
  const lines = new Map<number, string>()
  for (const { key, line } of readOtherwise(seen, values)) {
    const number = ours.get(key) ?? section.header + line
    if (!lines.has(number)) lines.set(number, key)
  }
  return [...lines].map(([line, detail]) => ({ line, kind: 'other-value', detail }))
}

/**
 * The keys that the SDK for JavaScript reads with another value than this one (undefined: not at all),
 * and the line that makes it do so.
 */
export function readOtherwise(
  seen: ReadonlyMap<string, JavaScriptSetting>,
  values: Iterable<readonly [key: string, value: string | undefined]>,
): { readonly key: string; readonly line: number }[] {
  const last = [...seen.values()].at(-1)?.line ?? 1
  return [...values]
    .filter(([key, value]) => seen.get(key)?.value !== value)
    .map(([key]) => ({ key, line: seen.get(key)?.line ?? last }))
}
