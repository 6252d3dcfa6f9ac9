import { OidcError } from '../errors.ts'
import { type FileLock, withFileLocks } from './file-lock.ts'
import {
  makeDirectory,
  readTarget,
  refuseSpecialFile,
  refuseUnwritable,
  resolveTarget,
  statTarget,
} from './file-target.ts'
import { removeLeftOvers } from './left-overs.ts'
import { commit, discard, type StagedFile, stageFile, stageRemoval } from './staged-file.ts'

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
}

/** A change after which there is a file, whether there was one or not. */
export interface FileEdit extends FileChange {
  readonly edit: (content: Buffer) => Buffer
}

/** A file of ours that is to go. */
export function fileRemoval(path: string): FileChange {
  return { path, edit: () => undefined, secret: true }
}

interface TargetEdit extends FileChange {
  readonly target: string
}

interface Change {
  /** Undefined for no file. */
  readonly content: Buffer | undefined
}

/**
 * Edits several files in one step: either all change, each of them atomically, or none.
 * Returns the paths of those that changed; a file whose content stays is not written.
 * Throws `file-unreadable`, `file-unwritable`, `file-locked`, and what an edit throws.
 */
export async function replaceFiles(edits: readonly FileChange[]): Promise<string[]> {
  const pending = pendingEdits(edits)
  for (const { target } of pending) makeDirectory(target)
  const targets = pending.map(({ target }) => target)
  const changed = await withFileLocks(targets, (locks) => replaceLocked(pending, locks))
  const paths = new Set(edits.map(({ path }) => path))
  return [...paths].filter((path) => changed.has(resolveTarget(path)))
}

/** Throws what can be known before writing of why `replaceFiles` would fail; changes nothing. */
export function checkReplaceable(edits: readonly FileChange[]): void {
  for (const { target } of pendingEdits(edits)) refuseUnwritable(target)
}

function pendingEdits(edits: readonly FileChange[]): TargetEdit[] {
  const pending = mergeByTarget(edits).filter((edit) => changeOf(edit) !== undefined)
  for (const { target } of pending) refuseSpecialFile(target)
  return pending
}

function replaceLocked(edits: readonly TargetEdit[], locks: readonly FileLock[]): Set<string> {
  const staged: StagedFile[] = []
  try {
    for (const edit of edits) {
      const change = changeOf(edit)
      if (change) staged.push(stage(edit, change))
    }
    const lost = locks.find((lock) => !lock.isOurs())
    if (lost) throw lostLock(lost)
    commit(staged)
  } finally {
    for (const file of staged) discard(file)
    for (const { target } of edits) removeLeftOvers(target)
  }
  return new Set(staged.map(({ target }) => target))
}

function stage({ target, secret }: TargetEdit, { content }: Change): StagedFile {
  return content ? stageFile(target, content, secret) : stageRemoval(target)
}

function changeOf({ target, edit }: TargetEdit): Change | undefined {
  const exists = statTarget(target) !== undefined
  const old = readTarget(target)
  const content = edit(old, exists)
  if (content === undefined) return exists ? { content } : undefined
  return content.equals(old) ? undefined : { content }
}

/** Two paths may lead to one file, which then gets both edits in one write. */
function mergeByTarget(edits: readonly FileChange[]): TargetEdit[] {
  const merged = new Map<string, TargetEdit>()
  for (const next of edits) {
    const target = resolveTarget(next.path)
    const first = merged.get(target)
    const both = (old: Buffer, exists: boolean) => {
      if (!first) return next.edit(old, exists)
      const content = first.edit(old, exists)
      return next.edit(content ?? Buffer.alloc(0), content !== undefined && exists)
    }
    const secret = next.secret || first?.secret === true
    merged.set(target, { path: next.path, target, edit: remembering(both), secret })
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

function lostLock({ path }: FileLock): OidcError {
  return new OidcError('file-locked', {
    what: `The lock ${path} was taken over by another process before we could write.`,
    why: 'This process stood still for half a minute, so the other one took it for dead.',
    next: 'Nothing was changed. Run again.',
  })
}
