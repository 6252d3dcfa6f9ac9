import { createHash } from 'node:crypto'
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OidcError } from '../errors.ts'
import { onInterruption } from '../processes.ts'
import { errorCode, unwritable } from './failure.ts'
import { makeDirectoryOf, removeFile } from './target.ts'

// Our own: the stale takeover of the package proper-lockfile can remove a lock just taken by
// another, so that after a kill -9 two writers may both hold it.

const POLL_MS = { from: 5, to: 45 }
/** Well below what a lock may age. */
const TOUCH_MS = 5_000
const DEFAULT_TIMEOUT_MS = 20_000

export interface FileLock {
  /** Path of the lock file. */
  readonly path: string
  /** False once another process took the lock over, because this one stood still too long. */
  isOurs(): boolean
  release(): void
}

/** A name of our own: a user may well have a `<target>.lock`. */
export function lockPath(target: string): string {
  return join(dirname(target), `.${basename(target)}.circleci-aws-oidc.lock`)
}

/**
 * Waits until nobody has the target's lock file and creates it. Locks of dead processes are taken over.
 * Throws `file-locked` after `timeoutMs`, `file-unwritable` when the lock file cannot be created.
 */
export async function lockFile(target: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<FileLock> {
  const path = lockPath(target)
  const id = uniqueId()
  const deadline = Date.now() + timeoutMs
  for (;;) {
    if (tryCreate(path, id, target)) {
      const lock = heldLock(path, id)
      // Lost already if this process stood still before it could write its name into the file.
      if (lock.isOurs()) return lock
      lock.release()
    }
    const holder = readLockHolder(path)
    if (holder && isStale(holder)) breakLock(path, holder, target)
    if (holder && Date.now() > deadline) throw locked(target, path, holder, timeoutMs)
    await sleep(POLL_MS.from + Math.random() * (POLL_MS.to - POLL_MS.from))
  }
}

/** Runs `work` while holding the locks of all targets, taken in one fixed order. */
export async function withFileLocks<T>(
  targets: readonly string[],
  work: (locks: readonly FileLock[]) => T | Promise<T>,
  timeoutMs?: number,
): Promise<T> {
  const locks: FileLock[] = []
  try {
    for (const target of [...new Set(targets)].sort()) locks.push(await lockFile(target, timeoutMs))
    return await work(locks)
  } finally {
    for (const lock of locks) lock.release()
  }
}

function heldLock(path: string, id: string): FileLock {
  const isOurs = () => readLockHolder(path)?.id === id
  const remove = () => {
    if (isOurs()) tryToRemove(path)
  }
  const forget = onInterruption(remove)
  const touching = setInterval(() => touch(path, isOurs), TOUCH_MS).unref()
  const release = () => {
    clearInterval(touching)
    forget()
    remove()
  }
  return { path, isOurs, release }
}

/** Shows that this process is at work, however long that takes. */
function touch(path: string, isOurs: () => boolean): void {
  try {
    if (isOurs()) utimesSync(path, new Date(), new Date())
  } catch {
    // Taken over a moment ago, which whoever holds it sees by `isOurs`.
  }
}

/** A lock file that stays is taken for a dead process's. */
function tryToRemove(path: string): void {
  try {
    removeFile(path)
  } catch {
    // What the lock was for is done.
  }
}

/** A cleanup may remove the directory, which is empty, again and again; some directories take no files at all. */
const TRIES = 5

function tryCreate(path: string, id: string, target: string): boolean {
  for (let tries = 1; ; tries += 1) {
    try {
      return createLockFile(path, id)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || tries === TRIES) throw unwritable(target, error)
      makeDirectoryOf(target)
    }
  }
}

/**
 * Removes a stale lock file. The right to do so is a file named after that very lock, so it is given
 * out once; it is taken back in the same way should its holder die.
 */
function breakLock(path: string, stale: LockHolder, target: string): void {
  const right = `${path}.break-${stale.id}`
  if (!tryCreate(right, uniqueId(), target)) {
    const holder = readLockHolder(right)
    if (holder && isStale(holder)) breakLock(right, holder, target)
    return
  }
  try {
    if (readLockHolder(path)?.id === stale.id) unlinkSync(path)
  } catch {
    // Not ours to remove, or gone: the waiting goes on until the deadline.
  } finally {
    tryToRemove(right)
  }
}

function locked(target: string, path: string, holder: LockHolder, timeoutMs: number): OidcError {
  const who =
    holder.pid === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  return new OidcError('file-locked', {
    what: `${target} has been locked by ${who} for ${seconds(holder.ageMs)} s.`,
    why: `${path} was there for the ${seconds(timeoutMs)} s we waited.`,
    next: `Run again; if no such process is running, remove ${path}.`,
  })
}

/** Two digits are enough; a time in the future counts as now. */
function seconds(milliseconds: number): number {
  return Number((Math.max(0, milliseconds) / 1000).toPrecision(2))
}

const DEAD_AFTER_MS = 2_000
const STALE_AFTER_MS = 30_000

/** Who holds a lock file. */
interface LockHolder {
  /** Different for every lock ever taken, also when the content is missing. */
  readonly id: string
  readonly pid: number | undefined
  readonly host: string | undefined
  readonly ageMs: number
  /** Killed between creating the file and writing to it. */
  readonly empty: boolean
}

/** Creates a lock file; false when there is one already. Throws what the file system throws. */
function createLockFile(path: string, id: string): boolean {
  let fd: number
  try {
    fd = openSync(path, 'wx', 0o600)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
  try {
    writeSync(fd, JSON.stringify({ pid: process.pid, host: hostname(), id }))
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
  return true
}

/** The holder of a lock file; undefined when there is no such file. */
export function readLockHolder(path: string): LockHolder | undefined {
  const file = readInstance(path)
  if (!file) return undefined
  const ageMs = Date.now() - Number(file.stats.mtimeMs)
  const written = parseHolder(file.content)
  if (written) return { ...written, ageMs, empty: false }
  const id = createHash('sha256').update(`${file.stats.ino} ${file.stats.mtimeNs} ${file.content}`)
  const empty = file.content === ''
  return { pid: undefined, host: undefined, id: id.digest('hex').slice(0, 24), ageMs, empty }
}

function parseHolder(content: string | undefined) {
  try {
    const { pid, host, id }: Record<string, unknown> = JSON.parse(content ?? '')
    // An id becomes part of a file name.
    const valid =
      typeof pid === 'number' && typeof host === 'string' && /^[0-9a-f]{24}$/.test(`${id}`)
    return valid ? { pid, host, id: `${id}` } : undefined
  } catch {
    return undefined
  }
}

/** Age and content of one and the same file, even if another takes its place meanwhile. */
function readInstance(
  path: string,
): { stats: BigIntStats; content: string | undefined } | undefined {
  let fd: number
  try {
    // A pipe would keep us waiting for its other end.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return stats && { stats, content: undefined }
  }
  try {
    const stats = fstatSync(fd, { bigint: true })
    return { stats, content: stats.isFile() ? readFileSync(fd, 'utf8') : undefined }
  } finally {
    closeSync(fd)
  }
}

export function isStale(holder: LockHolder): boolean {
  // A time in the future is of a clock put back since, and tells as little of a process at work.
  const age = Math.abs(holder.ageMs)
  if (age > STALE_AFTER_MS) return true
  const gone = holder.empty || (holder.host === hostname() && !isAlive(holder.pid))
  // Containers may share a host's name and not its processes: a live one's lock is younger than this.
  return gone && age > DEAD_AFTER_MS
}

export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}

/**
 * 24 hexadecimal digits that no other process has. Not a secret: what is named by it is created only if
 * nothing of that name exists. `node:crypto` would cost every run several milliseconds.
 */
export function uniqueId(): string {
  const part = () =>
    Math.floor(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return part() + part() + part()
}
