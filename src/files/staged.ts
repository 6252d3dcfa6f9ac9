import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { OidcError } from '../errors.ts'
import { reason, unwritable } from './failure.ts'
import { refuseForeign } from './owner.ts'
import { temporaryPath } from './stale.ts'
import { removeFile, statTarget } from './target.ts'

/** New content on the disk beside the file it is to replace. */
export interface StagedFile {
  readonly target: string
  /** Undefined where the file is to go. */
  readonly temporary: string | undefined
  /** A copy of the old file, for its owner only, to put it back; undefined when there was none. */
  backup: string | undefined
  readonly old: Stats | undefined
}

/**
 * Writes and syncs a temporary file with the mode and owner of the target, 0600 for a new one; `content` is undefined
 * where the file is to go. With `secret`, group and others lose what rights the old file gave them; others' right to write is lost
 * always. `before` is its old content. Throws `file-unwritable`, `file-unsafe` and leaves nothing behind.
 */
export function stageFile(
  target: string,
  content: Uint8Array | undefined,
  before: Uint8Array,
  secret: boolean,
): StagedFile {
  const old = statTarget(target)
  const temporary = content && temporaryPath(target)
  const backup = old && temporaryPath(target)
  const staged = { target, temporary, backup, old }
  try {
    // It would keep its owner, and who puts a file in this place may have done so just now.
    if (old && secret) refuseForeign(target, old)
    // Renaming would replace even a file that its owner made read-only.
    if (old && content) accessSync(target, constants.W_OK)
    if (temporary && content) writeSynced(temporary, content, old, secret)
    // No second name for the old file: a kill would leave it there with its old mode.
    if (backup) writeFileSync(backup, before, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    discard(staged)
    throw unwritable(target, error)
  }
  return staged
}

function writeSynced(path: string, content: Uint8Array, old: Stats | undefined, secret: boolean) {
  const fd = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(fd, content)
    if (old) keepOwner(fd, old)
    fchmodSync(fd, (old?.mode ?? 0o600) & (secret ? 0o700 : 0o775))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function keepOwner(fd: number, old: Stats): void {
  try {
    fchownSync(fd, old.uid, old.gid)
  } catch {
    // Only root may give a file away; for anyone else it becomes the writer's own.
  }
}

/**
 * Puts every staged file in place, or none: when one fails, those before it get their old file back. The directory is not
 * synced: should the machine lose power now, the old file is there, whole.
 * Throws `file-unwritable`.
 */
export function commit(staged: readonly StagedFile[]): void {
  const done: StagedFile[] = []
  for (const file of staged) {
    try {
      if (file.temporary === undefined) removeFile(file.target)
      else renameSync(file.temporary, file.target)
      done.push(file)
    } catch (error) {
      const kept = done.flatMap(putBack)
      throw kept.length > 0 ? halfWritten(file.target, kept, error) : unwritable(file.target, error)
    }
  }
}

/** Where the old content still is if it cannot be put back. */
function putBack(file: StagedFile): string[] {
  const { target, backup, old } = file
  try {
    if (backup === undefined || !old) removeFile(target)
    else {
      restoreMode(backup, old)
      renameSync(backup, target)
    }
    return []
  } catch {
    file.backup = undefined
    return backup === undefined ? [] : [backup]
  }
}

function restoreMode(backup: string, old: Stats): void {
  const fd = openSync(backup, 'r+')
  try {
    keepOwner(fd, old)
    fchmodSync(fd, old.mode & 0o777)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function halfWritten(target: string, kept: readonly string[], cause: unknown): OidcError {
  return new OidcError('file-unwritable', {
    what: `Cannot write ${target}: ${reason(cause)}. The files written before it could not be restored either.`,
    next: `Restore them yourself from ${kept.join(' and ')}.`,
    cause,
  })
}

/** Removes what is no longer needed. What cannot be removed stays, for `cleanup` to find. */
export function discard({ temporary, backup }: StagedFile): void {
  for (const path of [temporary, backup]) {
    try {
      if (path !== undefined) removeFile(path)
    } catch {
      // The next run that has the lock of the target removes it.
    }
  }
}
