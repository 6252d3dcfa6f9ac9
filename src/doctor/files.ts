import { type Stats, statSync } from 'node:fs'
import { pause } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import { errorCode, unreadable } from '../files/failure.ts'
import { readLastingFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import { quoteKey } from '../plans/problem.ts'
import { type Accepts, byLine, type Difference, differences } from '../profiles/differences.ts'
import { type IniFile, parseIni } from '../profiles/ini.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { decode } from '../profiles/profile.ts'
import type { SharedFile } from '../profiles/profile-name.ts'
import { checkProcesses } from './credential-process.ts'
import { errorFinding, type Finding, finding, fine, settle } from './findings.ts'

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
    return await parseIni(decode(await readLastingFile(path), path), path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { lines: [], sections: [] }
    throw unreadable(path, error)
  }
}

/** Whether both SDK families read the shared files, and alike. */
export async function checkFiles(
  files: readonly SharedFileFacts[],
  env: Environment,
): Promise<Finding[]> {
  const found: Finding[][] = []
  for (const facts of files) {
    const { file, path, error, content } = facts
    found.push(error ? [errorFinding(error)] : [], permissionFindings(facts))
    const before = found.length - 2
    if (content) {
      found.push(await contentFindings(content, file, path))
      await pause()
      found.push(checkProcesses(content, path, env))
    }
    if (found.slice(before).flat().length === 0) found.push([fine('files', summary(facts))])
  }
  return found.flat()
}

function summary({ path, exists, content }: SharedFileFacts): string {
  if (!exists) return `${path} does not exist yet`
  const count = content?.sections.length ?? 0
  return `${path}: ${count} section${count === 1 ? '' : 's'}, readable by all AWS tools`
}

function permissionFindings({ file, path, mode = 0, ownedByOther }: SharedFileFacts): Finding[] {
  // Windows has no such modes, and Node makes them up.
  const open = process.getuid ? mode & (file === 'credentials' ? 0o077 : 0o002) : 0
  return [
    ...(open === 0 ? [] : [finding('file-mode', `${path} has mode ${(mode & 0o777).toString(8)}`)]),
    ...(ownedByOther ? [finding('file-owner', path)] : []),
  ]
}

/** What AWS tools read differently in a file, cannot read, or read otherwise than it looks. Values stay unsaid. */
export async function contentFindings(
  content: IniFile,
  file: SharedFile,
  path: string,
): Promise<Finding[]> {
  const found = await differences(content, file, content.sections, isAccepted)
  return [
    ...found.slice(0, MOST).flatMap((difference) => differenceFinding(difference, path)),
    ...quotedValues(content, path, byLine(found)),
  ]
}

/** More of them help nobody. */
const MOST = 100

/** A block of indented settings is one of botocore's own, and an empty value none. */
const isAccepted: Accepts = (form) => form === 'block' || form === 'empty'

function differenceFinding({ line, kind, detail, first }: Difference, path: string): Finding[] {
  const at = `${path}, line ${line}`
  const shown = quoteKey(detail)
  const differently = (what: string) => [finding('read-differently', `${at}: ${what}`)]
  switch (kind) {
    case 'section-twice':
      return [malformed(`${at}: [${detail}] is on line ${first} already.`, TWICE)]
    case 'key-twice':
      return [malformed(`${at}: ${shown} is on line ${first} already.`, TWICE)]
    case 'block-line':
      return [
        malformed(`${at}: it is not a "key = value" line of the block below ${shown}.`, BLOCK),
      ]
    case 'reserved-name':
      return [malformed(`${at}: the name "${detail}" is not allowed here.`, RESERVED)]
    case 'profile-twice':
      return detail === 'default'
        ? [finding('two-defaults', path)]
        : differently(`the profile ${detail} is on line ${first} already, under another header`)
    case 'default-section':
      return differently('the AWS CLI copies [DEFAULT] into every profile')
    case 'no-profile':
      return [finding('section-ignored', `${at}: [${detail}]`)]
    case 'hidden-header':
    case 'unseen-header':
      return differently(`only the AWS CLI reads the header [${detail}]`)
    case 'colon':
      return differently('only the AWS CLI reads ":" between key and value')
    case 'capitals':
      return differently(`only the AWS CLI reads ${shown}, which has capital letters`)
    case 'comment':
      return differently(
        `"#" or ";" after ${shown} begins a comment for the SDK for JavaScript, and is part of the value for the AWS CLI`,
      )
    case 'continuation':
      return differently(
        `the indented line below ${shown} is part of its value for the AWS CLI only`,
      )
    case 'carriage-return':
      return differently('only the AWS CLI treats a lone carriage return as the end of a line')
    case 'indented-header':
      return differently('the SDK for JavaScript treats this indented line as a section header')
    case 'other-value':
      return differently(`the AWS CLI and the SDK for JavaScript read ${shown} differently here`)
    case 'inherited':
    case 'block':
    case 'empty':
      return []
  }
}

interface Remedy {
  readonly why: string
  readonly next: string
}

const TWICE: Remedy = {
  why: 'The AWS CLI and other botocore tools read nothing from a file that has a section or key twice.',
  next: 'Keep one of the two. A script that appends to the file on every run creates such duplicates.',
}

const BLOCK: Remedy = {
  why: 'The AWS CLI and other botocore tools read nothing from a file with such a line.',
  next: 'Start a longer value on the line of its key, or write the line as key = value.',
}

const RESERVED: Remedy = {
  why: 'The SDK for JavaScript reads nothing from a file with this name, which JavaScript reserves.',
  next: 'Rename it, or remove the line.',
}

function malformed(what: string, remedy: Remedy): Finding {
  return errorFinding(new OidcError('file-malformed', { what, ...remedy }))
}

function quotedValues(
  content: IniFile,
  path: string,
  differences: ReadonlyMap<number, readonly Difference[]>,
): Finding[] {
  return content.sections.flatMap(({ options }) =>
    options.flatMap(({ spelling: key, value, first }) => {
      const line = first + 1
      // A command has quotation marks of its own.
      if (key === 'credential_process' || differences.has(line)) return []
      const isQuoted = /^(["']).*\1$/.test(value)
      return isQuoted ? [finding('quoted-value', `${path}, line ${line}, ${quoteKey(key)}`)] : []
    }),
  )
}
