import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pause } from '../deadline.ts'
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
  readonly edit: (content: Buffer, exists: boolean) => Edited<Buffer | undefined>
  /** Whether group and others must not read the file. */
  readonly secret: boolean
  /** Whether other users may own or replace it: nothing in it is secret or run. */
  readonly forOthers?: boolean
  /** Whether it is written anew, even with the same content, where others could write to it: it is run. */
  readonly program?: boolean
}

/** What takes long lets timers have their turn meanwhile. */
type Edited<Content> = Content | Promise<Content>

/** A change after which there is a file, whether there was one or not. */
export interface FileEdit extends FileChange {
  readonly edit: (content: Buffer) => Edited<Buffer>
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
  readonly edit: TargetEdit
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
  const once = typeof edits === 'function' ? undefined : await mergeByTarget(edits)
  const plan = async () => once ?? mergeByTarget(typeof edits === 'function' ? edits() : edits)
  let planned = await plan()
  for (;;) {
    const pending = await changesOf(planned)
    if (pending.length === 0) return []
    const targets = targetsToLock(planned, pending)
    const locked = new Set(targets)
    const isLocked = ({ target }: TargetEdit) => locked.has(target)
    const changed = await withFileLocks(targets, async (locks) => {
      for (let tries = 1; ; tries += 1) {
        // Others may have written until the locks were ours: what was in order then may not be now.
        planned = await plan()
        const changes = await changesOf(planned)
        if (!changes.every(({ edit }) => isLocked(edit))) return undefined
        const outdated = replaceLocked(changes, planned.filter(isLocked), locks)
        if (!outdated) return changes
        if (tries === TRIES) throw restless(outdated.edit.target)
        await sleep(PAUSE_MS)
      }
    })
    if (changed) return changed.flatMap(({ edit }) => edit.paths)
  }
}

/** Throws what can be known before writing of why `replaceFiles` would fail; changes nothing. */
export async function checkReplaceable(edits: readonly FileChange[]): Promise<void> {
  for (const { edit } of await changesOf(await mergeByTarget(edits))) refuseUnwritable(edit.target)
}

/** What the edits would change. Throws where that must not be. */
async function changesOf(edits: readonly TargetEdit[]): Promise<Change[]> {
  const changes: Change[] = []
  for (const edit of edits) {
    await pause()
    const change = await changeOf(edit)
    if (change) changes.push(change)
  }
  if (changes.length === 0) return []
  const changed = new Set(changes.map(({ edit }) => edit))
  // A device that gets nothing, as /dev/null, is meant; a directory never is.
  const isMeant = (edit: TargetEdit) =>
    !changed.has(edit) && !statTarget(edit.target)?.isDirectory()
  for (const edit of edits) if (!isMeant(edit)) refuseSpecialFile(edit.target, edit.path)
  for (const { target, forOthers } of changed) if (!forOthers) refuseUnsafe(target)
  return changes
}

/**
 * All the files that this user can write, also those that need no change now: another process may change
 * them before the locks are ours.
 */
function targetsToLock(edits: readonly TargetEdit[], changes: readonly Change[]): string[] {
  const pending = new Set(changes.map(({ edit }) => edit.target))
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

/** Makes the changes; or none, and returns one whose file is no longer what it was when it was read. */
function replaceLocked(
  changes: readonly Change[],
  edits: readonly TargetEdit[],
  locks: readonly FileLock[],
): Change | undefined {
  const staged: StagedFile[] = []
  try {
    for (const { edit, content, old } of changes)
      staged.push(stageFile(edit.target, content, old.content, edit.secret))
    const lost = locks.find((lock) => !lock.isOurs())
    if (lost) throw lostLock(lost)
    const outdated = changes.find(({ old }) => !old.isCurrent())
    if (outdated) return outdated
    commit(staged)
  } finally {
    for (const file of staged) discard(file)
    for (const { target } of edits) removeStaleFiles(target)
  }
  return undefined
}

async function changeOf(edit: TargetEdit): Promise<Change | undefined> {
  const old = readTarget(edit.target)
  const content = await edit.edit(old.content, old.exists)
  if (content === undefined) return old.exists ? { edit, content, old } : undefined
  const isLeft = content.equals(old.content) && !(edit.program && old.isLoose)
  return isLeft ? undefined : { edit, content, old }
}

/** Two paths may lead to one file, which then gets both edits in one write. */
async function mergeByTarget(edits: readonly FileChange[]): Promise<TargetEdit[]> {
  const merged = new Map<string, TargetEdit>()
  const directories = new Map<string, string>()
  for (const next of edits) {
    await pause()
    const target = resolveTarget(next.path, directories)
    const first = merged.get(target)
    const both = async (old: Buffer, exists: boolean) => {
      if (!first) return next.edit(old, exists)
      const content = await first.edit(old, exists)
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
  return async (content, exists) => {
    if (last?.existed !== exists || !last.content.equals(content)) {
      last = { content, existed: exists, edited: await edit(content, exists) }
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
