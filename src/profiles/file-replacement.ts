import { OidcError } from '../errors.ts'
import { type FileLock, withFileLocks } from './file-lock.ts'
import { makeDirectory, readTarget, refuseSpecialFile, resolveTarget } from './file-target.ts'
import { removeLeftOvers } from './left-overs.ts'
import { commit, discard, type StagedFile, stageFile } from './staged-file.ts'

export interface FileEdit {
  /** Symbolic links are followed. */
  readonly path: string
  /** The new content from the old, which is empty for a missing file. Pure: it may run twice. */
  readonly edit: (content: Buffer) => Buffer
  /** Whether group and others must not read the file. */
  readonly secret: boolean
}

interface TargetEdit extends FileEdit {
  readonly target: string
}

/**
 * Edits several files in one step: either all change, each of them atomically, or none.
 * Returns the paths of those that changed; a file whose content stays is not written.
 * Throws `file-unreadable`, `file-unwritable`, `file-locked`, and what an edit throws.
 */
export async function replaceFiles(edits: readonly FileEdit[]): Promise<string[]> {
  const pending = mergeByTarget(edits).filter((edit) => changedContent(edit) !== undefined)
  for (const { target } of pending) {
    refuseSpecialFile(target)
    makeDirectory(target)
  }
  const targets = pending.map(({ target }) => target)
  const changed = await withFileLocks(targets, (locks) => replaceLocked(pending, locks))
  const paths = new Set(edits.map(({ path }) => path))
  return [...paths].filter((path) => changed.has(resolveTarget(path)))
}

function replaceLocked(edits: readonly TargetEdit[], locks: readonly FileLock[]): Set<string> {
  const staged: StagedFile[] = []
  try {
    for (const edit of edits) {
      const content = changedContent(edit)
      if (content) staged.push(stageFile(edit.target, content, edit.secret))
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

function changedContent({ target, edit }: TargetEdit): Buffer | undefined {
  const old = readTarget(target)
  const content = edit(old)
  return content.equals(old) ? undefined : content
}

/** Two paths may lead to one file, which then gets both edits in one write. */
function mergeByTarget(edits: readonly FileEdit[]): TargetEdit[] {
  const merged = new Map<string, TargetEdit>()
  for (const next of edits) {
    const target = resolveTarget(next.path)
    const first = merged.get(target)
    const both = (content: Buffer) => next.edit(first ? first.edit(content) : content)
    const secret = next.secret || first?.secret === true
    merged.set(target, { path: next.path, target, edit: remembering(both), secret })
  }
  return [...merged.values()]
}

/** The edit, done once for the same content: most files stay the same until their lock is ours. */
function remembering(edit: FileEdit['edit']): FileEdit['edit'] {
  let last: { content: Buffer; edited: Buffer } | undefined
  return (content) => {
    if (!last?.content.equals(content)) last = { content, edited: edit(content) }
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
