import { type Stats, statSync } from 'node:fs'
import { OidcError } from '../errors.ts'
import { errorCode, unreadable } from '../files/failure.ts'
import { readLastingFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import { quoteKey } from '../plans/problem.ts'
import { type IniFile, type Option, parseIni, type Section, strip } from '../profiles/ini.ts'
import { javaScriptHeader, javaScriptReads } from '../profiles/javascript-reading.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { decode } from '../profiles/profile.ts'
import { type SharedFile, splitShellWords } from '../profiles/profile-name.ts'
import { errorFinding, type Finding, finding, fine, settle } from './findings.ts'

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

/** Sections of the config file that are no profiles. */
const OTHER = /^(sso-session\s.*|services\s.*|plugins|preview)$/

/** The profile that botocore takes a section for. */
export function profileOf(name: string, file: SharedFile): string | undefined {
  if (file === 'credentials' || name === 'default') return name
  const words = name.startsWith('profile') ? splitShellWords(name) : undefined
  return words?.length === 2 ? words[1] : undefined
}

/** Sections that no AWS tool takes for a profile, or not every one. */
export function sectionFindings(content: IniFile, file: SharedFile, path: string): Finding[] {
  const defaults = content.sections.filter(({ name }) => profileOf(name, file) === 'default')
  const both = new Set(defaults.map(({ name }) => name)).size > 1
  return [
    ...(both ? [finding('two-defaults', path)] : []),
    ...content.sections.flatMap((section) => headerFindings(content, section, file, path)),
  ]
}

function headerFindings(
  { lines }: IniFile,
  { name, header }: Section,
  file: SharedFile,
  path: string,
): Finding[] {
  const at = `${path}, line ${header + 1}`
  if (file === 'config' && OTHER.test(name)) return []
  if (name === 'DEFAULT') {
    return [finding('read-differently', `${at}: the AWS CLI copies [DEFAULT] into every profile`)]
  }
  const profile = profileOf(name, file)
  const misplaced = file === 'credentials' && /^profile\s/.test(name)
  if (profile === undefined || misplaced) return [finding('section-ignored', `${at}: [${name}]`)]
  const seen = javaScriptHeader(lines[header]?.text ?? '') !== undefined
  if (seen && javaScriptReads(name, file, profile)) return []
  return [finding('read-differently', `${at}: only the AWS CLI reads the header [${name}]`)]
}

/** One of the shared files as it is on the disk. */
export interface SharedFileFacts {
  readonly file: SharedFile
  readonly path: string
  readonly exists: boolean
  /** Undefined where there is no such file, and for what is none, such as /dev/null. */
  readonly mode: number | undefined
  readonly ownedByOther: boolean
  /** As botocore reads it; undefined where it can't. */
  readonly content: IniFile | undefined
  /** Why it can't be read. */
  readonly error: OidcError | undefined
}

/** Looks at both shared files without changing anything. Throws `invalid-usage`, as whoever needs them would. */
export async function readSharedFiles(env: Environment): Promise<SharedFileFacts[]> {
  const locations = sharedFileLocations(env)
  const files: SharedFile[] = ['config', 'credentials']
  return Promise.all(files.map((file) => readSharedFile(file, locations[file])))
}

async function readSharedFile(file: SharedFile, path: string): Promise<SharedFileFacts> {
  const reading = await settle(() => contentOf(path))
  const there = statsOf(path)
  const stats = there?.isFile() ? there : undefined
  return {
    file,
    path,
    exists: there !== undefined,
    mode: stats?.mode,
    ownedByOther: stats !== undefined && stats.uid !== (process.getuid?.() ?? stats.uid),
    content: 'value' in reading ? reading.value : undefined,
    error: 'error' in reading ? reading.error : undefined,
  }
}

/** Undefined also where a directory above may not be searched; reading it tells why. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

async function contentOf(path: string): Promise<IniFile> {
  try {
    return parseIni(decode(await readLastingFile(path), path), path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { lines: [], sections: [] }
    throw unreadable(path, error)
  }
}

/** Whether both SDK families read the shared files, and alike. */
export function checkFiles(files: readonly SharedFileFacts[]): Finding[] {
  return files.flatMap((facts) => {
    const wrong = [
      ...(facts.error ? [errorFinding(facts.error)] : []),
      ...permissionFindings(facts),
      ...(facts.content ? contentFindings(facts, facts.content) : []),
    ]
    return wrong.length > 0 ? wrong : [fine('files', summary(facts))]
  })
}

function summary({ path, exists, content }: SharedFileFacts): string {
  if (!exists) return `${path} does not exist yet`
  const count = content?.sections.length ?? 0
  return `${path}: ${count} section${count === 1 ? '' : 's'}, readable for all AWS tools`
}

function permissionFindings({ file, path, mode = 0, ownedByOther }: SharedFileFacts): Finding[] {
  // Windows has no such modes, and Node makes them up.
  const open = process.getuid ? mode & (file === 'credentials' ? 0o077 : 0o002) : 0
  return [
    ...(open === 0 ? [] : [finding('file-mode', `${path} has mode ${(mode & 0o777).toString(8)}`)]),
    ...(ownedByOther ? [finding('file-owner', path)] : []),
  ]
}

function contentFindings(
  { file, path }: SharedFileFacts,
  content: NonNullable<SharedFileFacts['content']>,
): Finding[] {
  return [
    ...twinFindings(content, path),
    ...sectionFindings(content, file, path),
    ...lineFindings(content, path),
  ]
}

/** botocore reads nothing of a file with the same section, or the same key of a section, twice. */
function twinFindings(content: NonNullable<SharedFileFacts['content']>, path: string): Finding[] {
  const sections = content.sections.map(({ name, header }) => ({ key: `[${name}]`, line: header }))
  const options = content.sections.map(({ options }) =>
    options.map(({ key, first }) => ({ key: quoteKey(key), line: first })),
  )
  return [sections, ...options].flatMap((entries) =>
    entries.flatMap(({ key, line }, index) => {
      const twin = entries.slice(0, index).find((other) => other.key === key)
      if (!twin) return []
      return [
        errorFinding(
          new OidcError('file-malformed', {
            what: `${path}, line ${line + 1}: ${key} is on line ${twin.line + 1} already.`,
            why: 'The AWS CLI and everything built on botocore reads nothing of a file that has a section or key twice.',
            next: 'Keep one of the two. A script that appends to the file on each run makes them.',
          }),
        ),
      ]
    }),
  )
}
