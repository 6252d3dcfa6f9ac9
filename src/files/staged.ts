import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { OidcError } from '../errors.ts'
import { reason, unwritable } from './failure.ts'
import { temporaryPath } from './stale.ts'
import { removeFile, statTarget } from './target.ts'

/** New content on the disk beside the file it is to replace. */
export interface StagedFile {
  readonly target: string
  /** Undefined where the file is to go. */
  readonly temporary: string | undefined
  /** The old file under a second name, to put it back; undefined when there was none. */
  backup: string | undefined
}

/**
 * Writes and syncs a temporary file with the mode and owner of the target, 0600 for a new one.
 * With `secret`, group and others lose what rights the old file gave them.
 * Throws `file-unwritable` and leaves nothing behind.
 */
export function stageFile(target: string, content: Uint8Array, secret: boolean): StagedFile {
  const temporary = temporaryPath(target)
  const backup = temporaryPath(target)
  const old = statTarget(target)
  try {
    // Renaming would replace even a file that its owner made read-only.
    if (old) accessSync(target, constants.W_OK)
    writeSynced(temporary, content, old, secret)
    if (old) secondName(target, backup)
  } catch (error) {
    discard({ target, temporary, backup })
    throw unwritable(target, error)
  }
  return { target, temporary, backup: old && backup }
}

/** Prepares the removal of a file, with a second name to put it back. Throws `file-unwritable`. */
export function stageRemoval(target: string): StagedFile {
  const backup = temporaryPath(target)
  try {
    secondName(target, backup)
  } catch (error) {
    throw unwritable(target, error)
  }
  return { target, temporary: undefined, backup }
}

function writeSynced(path: string, content: Uint8Array, old: Stats | undefined, secret: boolean) {
  const fd = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(fd, content)
    if (old) keepOwner(fd, old)
    fchmodSync(fd, (old?.mode ?? 0o600) & (secret ? 0o700 : 0o777))
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

function secondName(target: string, backup: string): void {
  try {
    linkSync(target, backup)
  } catch {
    // Some file systems have no hard links.
    copyFileSync(target, backup, constants.COPYFILE_EXCL)
  }
}

/**
 * Puts every staged file in place, or none: when one fails, those before it get their old file back.
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
  for (const directory of new Set(staged.map(({ target }) => dirname(target)))) sync(directory)
}

/** Where the old content still is if it cannot be put back. */
function putBack(file: StagedFile): string[] {
  const { target, backup } = file
  try {
    if (backup === undefined) removeFile(target)
    else renameSync(backup, target)
    return []
  } catch {
    file.backup = undefined
    return backup === undefined ? [] : [backup]
  }
}

function halfWritten(target: string, kept: readonly string[], cause: unknown): OidcError {
  return new OidcError('file-unwritable', {
    what: `Cannot write ${target}: ${reason(cause)}, nor put back the files that were written already.`,
    next: `The old ones are ${kept.join(' and ')}.`,
    cause,
  })
}

function sync(directory: string): void {
  try {
    const fd = openSync(directory, 'r')
    fsyncSync(fd)
    closeSync(fd)
  } catch {
    // Not every system can. The files themselves are synced, and the rename is done.
  }
}

/** Removes what is no longer needed. What cannot be removed stays, for `cleanup` to find. */
export function discard({ temporary, backup }: StagedFile): void {
  for (const path of [temporary, backup]) {
    try {
      if (path !== undefined) removeFile(path)
    } catch {
      // In a directory where only the owner of a file may remove it, a link to it is the owner's as well.
    }
  }
}
