import { type Stats, statSync } from 'node:fs'
import type { OidcError } from '../errors.ts'
import { readLastingFile } from '../input-file.ts'
import type { Environment } from '../options.ts'
import { errorCode, unreadable } from '../profiles/file-error.ts'
import { type IniFile, parseIni } from '../profiles/ini-lines.ts'
import type { SharedFile } from '../profiles/section-header.ts'
import { sharedFileLocations } from '../profiles/shared-file-locations.ts'
import { decode } from '../profiles/shared-files.ts'
import { outcomeOf } from './outcome.ts'

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
  const reading = await outcomeOf(() => contentOf(path))
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
