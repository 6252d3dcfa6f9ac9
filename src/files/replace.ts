import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OidcError } from '../errors.ts'
import { type FileLock, withFileLocks } from './lock.ts'
import { refuseUnsafe } from './owner.ts'
import { commit, discard, type StagedFile, stageFile } from './staged.ts'
import { removeStaleFiles } from './stale.ts'
import {
  makeDirectoryOf,
  type ReadFile,
  readTarget,
  refuseSpecialFile,
  refuseUnwritable,
  resolveTarget,
  statTarget,
} from './target.ts'

export interface FileChange {
  /** Symbolic links are followed. */
  readonly path: string
  /**
   * The new content from the old, which is empty for a missing file; undefined removes the file.
   * Pure: it may run twice.
   */
  readonly edit: (content: Buffer, exists: boolean) => Buffer | undefined
  /** Whether group and others must not read the file. */
  readonly secret: boolean
  /** Whether other users may own or replace it: nothing in it is secret or run. */
  readonly forOthers?: boolean
  /** Whether it is written anew, even with the same content, where others could write to it: it is run. */
  readonly program?: boolean
}

/** A change after which there is a file, whether there was one or not. */
export interface FileEdit extends FileChange {
  readonly edit: (content: Buffer) => Buffer
}

/** Changes, or what they are to be once the locks are held and nobody else writes any more. */
export type Changes = readonly FileChange[] | (() => readonly FileChange[])

/** A file of ours that is to go. */
export function fileRemoval(path: string): FileChange {
  return { path, edit: () => undefined, secret: true }
}

interface TargetEdit extends FileChange {
  readonly target: string
  /** The paths by which the target was named. */
  readonly paths: readonly string[]
}

interface Change {
  /** Undefined for no file. */
  readonly content: Buffer | undefined
  readonly old: ReadFile
}

/** How often files are read again that other programs change meanwhile, which have no lock of ours. */
const TRIES = 50
const PAUSE_MS = 20

/**
 * Edits several files in one step: either all change, each of them atomically, or none.
 * Returns the paths of those that changed; a file whose content stays is not written. One that another program
 * changes between our reading and our writing is read again.
 * Throws `file-unreadable`, `file-unwritable`, `file-unsafe`, `file-locked`, and what an edit throws.
 */
export async function replaceFiles(edits: Changes): Promise<string[]> {
  const once = typeof edits === 'function' ? undefined : mergeByTarget(edits)
  const plan = () => once ?? mergeByTarget(typeof edits === 'function' ? edits() : edits)
  let planned = plan()
  await editEach(planned)
  while (planned.some(isPending)) {
    const targets = targetsToLock(planned)
    const locked = new Set(targets)
    const isLocked = ({ target }: TargetEdit) => locked.has(target)
    const changed = await withFileLocks(targets, async (locks) => {
      for (let tries = 1; ; tries += 1) {
        // Others may have written until the locks were ours: what was in order then may not be now.
        planned = plan()
        if (!pendingEdits(planned).every(isLocked)) return undefined
        const done = replaceLocked(planned.filter(isLocked), locks)
        if (Array.isArray(done)) return done
        if (tries === TRIES) throw restless(done.target)
        await sleep(PAUSE_MS)
      }
    })
    if (changed) return changed.flatMap(({ paths }) => paths)
  }
  return []
}

/** Throws what can be known before writing of why `replaceFiles` would fail; changes nothing. */
export async function checkReplaceable(edits: readonly FileChange[]): Promise<void> {
  const planned = mergeByTarget(edits)
  await editEach(planned)
  for (const { target } of pendingEdits(planned)) refuseUnwritable(target)
}

/** Does the edits, which are remembered: files may be large, and between them timers and signals get their turn. */
async function editEach(edits: readonly TargetEdit[]): Promise<void> {
  for (const edit of edits) if (isPending(edit)) await new Promise(setImmediate)
}

function isPending(edit: TargetEdit): boolean {
  return changeOf(edit) !== undefined
}

function pendingEdits(edits: readonly TargetEdit[]): TargetEdit[] {
  const pending = edits.filter(isPending)
  // A device that gets nothing, as /dev/null, is meant; a directory never is.
  const isMeant = (edit: TargetEdit) =>
    !pending.includes(edit) && !statTarget(edit.target)?.isDirectory()
  for (const edit of edits) if (!isMeant(edit)) refuseSpecialFile(edit.target, edit.path)
  for (const { target, forOthers } of pending) if (!forOthers) refuseUnsafe(target)
  return pending
}

/**
 * All the files that this user can write, also those that need no change now: another process may change
 * them before the locks are ours.
 */
function targetsToLock(edits: readonly TargetEdit[]): string[] {
  const pending = new Set(pendingEdits(edits).map(({ target }) => target))
  for (const target of pending) makeDirectoryOf(target)
  const others = edits.map(({ target }) => target).filter((one) => !pending.has(one))
  return [...pending, ...others.filter(isWritable)]
}

function isWritable(target: string): boolean {
  if (!existsSync(dirname(target))) return false
  try {
    refuseSpecialFile(target)
    refuseUnwritable(target)
    return true
  } catch {
    return false
  }
}

/** Returns the edits that changed something; or the one whose file is no longer what it was when it was read. */
function replaceLocked(
  edits: readonly TargetEdit[],
  locks: readonly FileLock[],
): TargetEdit[] | TargetEdit {
  const changes = edits.flatMap((edit) => {
    const change = changeOf(edit)
    return change ? [{ edit, ...change }] : []
  })
  const staged: StagedFile[] = []
  try {
    for (const { edit, content, old } of changes)
      staged.push(stageFile(edit.target, content, old.content, edit.secret))
    const lost = locks.find((lock) => !lock.isOurs())
    if (lost) throw lostLock(lost)
    const outdated = changes.find(({ old }) => !old.isCurrent())
    if (outdated) return outdated.edit
    commit(staged)
  } finally {
    for (const file of staged) discard(file)
    for (const { target } of edits) removeStaleFiles(target)
  }
  return changes.map(({ edit }) => edit)
}

function changeOf({ target, edit, program }: TargetEdit): Change | undefined {
  const old = readTarget(target)
  const content = edit(old.content, old.exists)
  if (content === undefined) return old.exists ? { content, old } : undefined
  const isLeft = content.equals(old.content) && !(program && old.isLoose)
  return isLeft ? undefined : { content, old }
}

/** Two paths may lead to one file, which then gets both edits in one write. */
function mergeByTarget(edits: readonly FileChange[]): TargetEdit[] {
  const merged = new Map<string, TargetEdit>()
  const directories = new Map<string, string>()
  for (const next of edits) {
    const target = resolveTarget(next.path, directories)
    const first = merged.get(target)
    const both = (old: Buffer, exists: boolean) => {
      if (!first) return next.edit(old, exists)
      const content = first.edit(old, exists)
      return next.edit(content ?? Buffer.alloc(0), content !== undefined && exists)
    }
    const secret = next.secret || first?.secret === true
    const program = next.program || first?.program === true
    const forOthers = next.forOthers === true && first?.forOthers !== false
    const paths = [...new Set([...(first?.paths ?? []), next.path])]
    const how = { secret, forOthers, program, edit: remembering(both) }
    merged.set(target, { path: next.path, paths, target, ...how })
  }
  return [...merged.values()]
}

/** The edit, done once for the same content: most files stay the same until their lock is ours. */
function remembering(edit: FileChange['edit']): FileChange['edit'] {
  let last: { content: Buffer; existed: boolean; edited: Buffer | undefined } | undefined
  return (content, exists) => {
    if (last?.existed !== exists || !last.content.equals(content)) {
      last = { content, existed: exists, edited: edit(content, exists) }
    }
    return last.edited
  }
}

function restless(target: string): OidcError {
  return new OidcError('file-locked', {
    what: `${target} kept changing while we tried to write it.`,
    why: `Another program writes it without a lock; we read it ${TRIES} times.`,
    next: 'Nothing was written. Run again when the other program is done.',
  })
}

function lostLock({ path }: FileLock): OidcError {
  return new OidcError('file-locked', {
    what: `The lock ${path} was taken over by another process before we could write.`,
    why: 'This process was stopped for half a minute, so the other one assumed it was dead.',
    next: 'Nothing was changed. Run again.',
  })
}
