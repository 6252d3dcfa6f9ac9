import { lstatSync } from 'node:fs'
import { editExports, exportsMore } from './exports.ts'
import { errorCode } from './file-error.ts'
import { type FileChange, type FileEdit, fileRemoval, replaceFiles } from './file-replacement.ts'
import { statTarget } from './file-target.ts'
import { mentionsMarker } from './marker.ts'
import type { SharedFile } from './section-header.ts'
import { removeOurs } from './section-removal.ts'
import type { SharedFileLocations } from './shared-file-locations.ts'
import { decode } from './shared-files.ts'

/** The paths of files that changed, and of those that are gone. */
export interface Removal {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Takes back what we wrote for these profiles, or for any, into the shared files and the file that
 * `$BASH_ENV` names, and removes the files of ours that `files` finds: all of it, or nothing. A shared file
 * that is empty then is removed, for to AWS tools that is the same; where a symbolic link leads to it, it stays.
 * Throws `file-malformed` and what `replaceFiles` throws.
 */
export async function removeFromFiles(
  locations: SharedFileLocations,
  bashEnv: string | undefined,
  files: () => readonly string[],
  profiles: readonly string[] | undefined,
): Promise<Removal> {
  const shared = (['config', 'credentials'] as const)
    .filter((file) => mayBeThere(locations[file]))
    .map((file) => sharedFileChange(locations[file], file, profiles))
  const exported = bashEnv && mayBeThere(bashEnv) ? [exportsEdit(bashEnv, profiles)] : []
  const changed = await replaceFiles(() => [...shared, ...exported, ...files().map(fileRemoval)])
  const isThere = (path: string) => statTarget(path) !== undefined
  return { changed: changed.filter(isThere), removed: changed.filter((path) => !isThere(path)) }
}

/** Not where a part of the path is a file. */
export function mayBeThere(path: string): boolean {
  try {
    lstatSync(path, { throwIfNoEntry: false })
    return true
  } catch (error) {
    return errorCode(error) !== 'ENOTDIR'
  }
}

function sharedFileChange(
  path: string,
  file: SharedFile,
  profiles: readonly string[] | undefined,
): FileChange {
  const isLink = statTarget(path)?.isSymbolicLink() === true
  const edit = (content: Buffer, exists: boolean) => {
    // A file that AWS tools cannot read is no concern of ours as long as we wrote nothing into it.
    const isOurs = mentionsMarker(content.toString('latin1'))
    const rest = isOurs
      ? Buffer.from(removeOurs(decode(content, path), file, profiles, path))
      : content
    const becameEmpty = rest.length === 0 && (content.length > 0 || !exists)
    return becameEmpty && !isLink ? undefined : rest
  }
  return { path, edit, secret: file === 'credentials' }
}

/** Later steps need not find the profile exported any more; another one's exports stay. */
function exportsEdit(path: string, profiles: readonly string[] | undefined): FileEdit {
  const edit = (content: Buffer) => {
    // Latin-1 keeps every byte of what others wrote, in whatever encoding.
    const text = content.toString('latin1')
    const rest = editExports(text, { mode: 'none' })
    const isMeant = !profiles || profiles.some((one) => exportsMore(text, rest, one))
    return isMeant ? Buffer.from(rest, 'latin1') : content
  }
  return { path, edit, secret: false }
}
