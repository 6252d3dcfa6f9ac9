import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { editExports } from './exports.ts'
import { unwritable } from './file-error.ts'
import { withFileLocks } from './file-lock.ts'
import { type FileEdit, replaceFiles } from './file-replacement.ts'
import { resolveTarget, statTarget } from './file-target.ts'
import type { SharedFile } from './section-header.ts'
import { removeOurs } from './section-removal.ts'
import type { SharedFileLocations } from './shared-file-locations.ts'
import { decode } from './shared-files.ts'
import { shellQuote } from './shell-quote.ts'

/** The paths of files that changed, and of those that are gone. */
export interface Removal {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Takes back what we wrote for these profiles, or for any, into the shared files and the file that
 * `$BASH_ENV` names: from all of them, or from none. A shared file that is empty then is removed, for
 * to AWS tools that is the same; where a symbolic link leads to it, it stays. Throws `file-malformed`, `file-unreadable`, `file-unwritable`,
 * `file-locked`.
 */
export async function removeFromFiles(
  locations: SharedFileLocations,
  bashEnv: string | undefined,
  profiles: readonly string[] | undefined,
): Promise<Removal> {
  const shared = (['config', 'credentials'] as const).map((file) =>
    sharedFileEdit(locations[file], file, profiles),
  )
  const changed = await replaceFiles(
    bashEnv ? [...shared, exportsEdit(resolve(bashEnv), profiles)] : shared,
  )
  const paths = Object.values(locations).filter((path) => changed.includes(path))
  const removed = await removeEmpty([...new Set(paths)])
  return { changed: changed.filter((path) => !removed.includes(path)), removed }
}

function sharedFileEdit(
  path: string,
  file: SharedFile,
  profiles: readonly string[] | undefined,
): FileEdit {
  const edit = (content: Buffer) =>
    Buffer.from(removeOurs(decode(content, path), file, profiles, path))
  return { path, edit, secret: file === 'credentials' }
}

/** Later steps need not find the profile exported any more; another one's exports stay. */
function exportsEdit(path: string, profiles: readonly string[] | undefined): FileEdit {
  const edit = (content: Buffer) => {
    // Latin-1 keeps every byte of what others wrote, in whatever encoding.
    const text = content.toString('latin1')
    const rest = editExports(text, { mode: 'none' })
    const isMeant = !profiles || profiles.some((one) => exportsOf(text, one) > exportsOf(rest, one))
    return isMeant ? Buffer.from(rest, 'latin1') : content
  }
  return { path, edit, secret: false }
}

function exportsOf(text: string, profile: string): number {
  const line = `export AWS_PROFILE=${shellQuote(profile, 'AWS_PROFILE')}`
  return text.split(/\r?\n/).filter((one) => one === line).length
}

/** Removes those files that are empty. The directory stays: another process may be about to write there. */
async function removeEmpty(paths: readonly string[]): Promise<string[]> {
  const removed: string[] = []
  for (const path of paths) {
    const isEmpty = () => statTarget(path)?.isFile() === true && statTarget(path)?.size === 0
    if (!isEmpty()) continue
    await withFileLocks([resolveTarget(path)], () => {
      if (isEmpty()) removed.push(removeFile(path))
    })
  }
  return removed
}

/** Throws `file-unwritable`. */
export function removeFile(path: string): string {
  try {
    rmSync(path, { force: true })
    return path
  } catch (error) {
    throw unwritable(path, error)
  }
}
