import { unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../deadline.ts'
import { OidcError } from '../errors.ts'
import { onInterruption } from '../processes.ts'
import { errorCode, unwritable } from './failure.ts'
import {
  createLockFile,
  type LockHolder,
  LockWatch,
  readLockHolder,
  showLife,
  uniqueId,
} from './holder.ts'
import { refuseForeign } from './owner.ts'
import { LockQueue } from './queue.ts'
import { makeDirectoryOf, removeFile } from './target.ts'

// Our own: the stale takeover of the package proper-lockfile can remove a lock just taken by
// another, so that after a kill -9 two writers may both hold it.

/** The first in the queue looks often; the others have as many turns to wait for as there are before them. */
const POLL_MS = { each: 5, most: 250 }
/** Well below what a lock may age. */
const LIFE_MS = 5_000
/** Whoever's turn it is may be stopped: then the next one goes on. */
const PATIENCE_MS = 500
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
 * Waits until nobody has the target's lock file and creates it. Who has waited longest gets it first. Locks of dead
 * processes are taken over. Throws `file-locked` after `timeoutMs`, `file-unwritable` when the lock file cannot be created,
 * `file-unsafe` when another user made it.
 */
export async function lockFile(target: string, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<FileLock> {
  const path = lockPath(target)
  const id = uniqueId()
  // Before there is one: a signal may come at any moment.
  const lock = lockOf(path, id)
  const queue = new LockQueue(path)
  try {
    await take(target, path, id, queue, timeoutMs)
    return lock
  } catch (error) {
    lock.release()
    throw error
  } finally {
    queue.leave()
  }
}

async function take(
  target: string,
  path: string,
  id: string,
  queue: LockQueue,
  timeoutMs: number,
): Promise<void> {
  const watch = new LockWatch()
  const start = now()
  let free = start
  for (;;) {
    const ahead = queue.ahead()
    const holder = readLockHolder(path)
    if (holder) {
      free = now()
      refuseForeign(path)
    }
    const isOurTurn = ahead === 0 || now() - free > PATIENCE_MS
    if (!holder && isOurTurn && tryCreate(path, id, target)) {
      // Lost already if this process stood still before it could write its name into the file.
      if (readLockHolder(path)?.id === id) return
    }
    if (holder && watch.isStale(path, holder)) breakLock(path, holder, target, watch)
    if (now() - start > timeoutMs) throw locked(target, path, holder, timeoutMs)
    queue.join()
    await sleep(Math.min(POLL_MS.each * (ahead + 1), POLL_MS.most))
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

function lockOf(path: string, id: string): FileLock {
  const isOurs = () => readLockHolder(path)?.id === id
  const remove = () => {
    if (isOurs()) tryToRemove(path)
  }
  const forget = onInterruption(remove)
  const living = setInterval(() => showLife(path, id), LIFE_MS).unref()
  const release = () => {
    clearInterval(living)
    forget()
    remove()
  }
  return { path, isOurs, release }
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
function breakLock(path: string, stale: LockHolder, target: string, watch: LockWatch): void {
  const right = `${path}.break-${stale.id}`
  if (!tryCreate(right, uniqueId(), target)) {
    const holder = readLockHolder(right)
    if (holder && watch.isStale(right, holder)) breakLock(right, holder, target, watch)
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

function locked(
  target: string,
  path: string,
  holder: LockHolder | undefined,
  timeoutMs: number,
): OidcError {
  const { pid, host, ageMs = 0 } = holder ?? {}
  const who = pid === undefined ? 'another process' : `process ${pid} on ${host}`
  const since = holder
    ? `has been locked by ${who} for ${seconds(Math.max(ageMs, timeoutMs))} s`
    : 'was locked by one process after another'
  return new OidcError('file-locked', {
    what: `${target} ${since}.`,
    why: `We waited ${seconds(timeoutMs)} s for the lock file ${path}.`,
    next: `Run again. If no such process is running, remove the lock file.`,
  })
}

/** Two digits are enough. */
function seconds(milliseconds: number): number {
  return Number((milliseconds / 1000).toPrecision(2))
}
