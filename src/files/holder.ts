import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { now } from '../deadline.ts'
import { errorCode } from './failure.ts'

/** Who holds a lock file. */
export interface LockHolder {
  /** Different for every lock ever taken, also when the content is missing. */
  readonly id: string
  readonly pid: number | undefined
  readonly host: string | undefined
  /** For how long it has shown no sign of life; undefined where its machine's clock is not ours. */
  readonly ageMs: number | undefined
  /** Whether it is a process that we could see, and there is none. */
  readonly isGone: boolean
  /** Killed between creating the file and writing to it. */
  readonly empty: boolean
  /** Changes with every sign of life. */
  readonly stamp: string
}

/** The holder of a lock file; undefined when there is no such file. */
export function readLockHolder(path: string): LockHolder | undefined {
  const file = readInstance(path)
  if (!file) return undefined
  const { stats, content } = file
  const written = parseHolder(content)
  if (written) {
    const { id, pid, host, boot, processes, at } = written
    const ours = machine()
    const ageMs = machineTime() - at
    return {
      ...{ id, pid, host },
      // Ahead of our clock it is of another one, whatever it says.
      ageMs: boot === ours.boot && ageMs >= 0 ? ageMs : undefined,
      isGone: boot === ours.boot && processes === ours.processes && !isAlive(pid),
      empty: false,
      stamp: content ?? '',
    }
  }
  const id = `${stats.ino.toString(16)}${stats.mtimeNs.toString(16)}`.slice(-24).padStart(24, '0')
  const stamp = `${stats.ino} ${stats.size} ${stats.mtimeNs}`
  const unknown = { pid: undefined, host: undefined, ageMs: undefined, isGone: false }
  return { ...unknown, id, stamp, empty: stats.size === 0n }
}

/** Creates a lock file; false when there is one already. Throws what the file system throws. */
export function createLockFile(path: string, id: string): boolean {
  let fd: number
  try {
    fd = openSync(path, 'wx', 0o600)
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
  try {
    const holder = { at: time(), pid: process.pid, host: hostname(), id, ...machine() }
    writeSync(fd, JSON.stringify(holder))
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
  return true
}

/** Shows that the holder of this id is at work, however long that takes. */
export function showLife(path: string, id: string): void {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    // Of the very file that is written to: another may take its place at any moment.
    if (parseHolder(contentOf(fd))?.id === id) writeSync(fd, time(), TIME_AT)
  } catch {
    // Taken over a moment ago, which whoever holds it sees by its id.
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Milliseconds on a clock that all processes of a machine share and nobody can set: since its start. */
export function machineTime(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}

const TIME_AT = '{"at":"'.length
const time = () => String(machineTime()).padStart(16, '0')

interface Machine {
  /** The machine since its last start. */
  readonly boot: string
  /** The processes that see one another; a container has its own. */
  readonly processes: string
}

let known: Machine | undefined

export function machine(): Machine {
  known ??= {
    boot: readOr(hostname(), () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    processes: readOr('', () => readlinkSync('/proc/self/ns/pid')),
  }
  return known
}

/** Only Linux has `/proc`. */
function readOr(other: string, read: () => string): string {
  try {
    return read()
  } catch {
    return other
  }
}

const MAXIMUM_BYTES = 1_000

function parseHolder(content: string | undefined) {
  try {
    const { pid, host, id, boot, processes, at }: Record<string, unknown> = JSON.parse(
      content ?? '',
    )
    const valid =
      typeof pid === 'number' &&
      [host, boot, processes].every((one) => typeof one === 'string') &&
      /^\d{16}$/.test(`${at}`) &&
      // An id becomes part of a file name.
      /^[0-9a-f]{24}$/.test(`${id}`)
    if (!valid) return undefined
    return {
      ...{ pid, host: `${host}`, id: `${id}` },
      ...{ boot: `${boot}`, processes: `${processes}`, at: Number(at) },
    }
  } catch {
    return undefined
  }
}

/** State and content of one and the same file, even if another takes its place meanwhile. */
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
    return { stats, content: stats.isFile() ? contentOf(fd) : undefined }
  } finally {
    closeSync(fd)
  }
}

function contentOf(fd: number): string | undefined {
  const bytes = Buffer.alloc(MAXIMUM_BYTES + 1)
  const length = readSync(fd, bytes, 0, bytes.length, 0)
  return length > MAXIMUM_BYTES ? undefined : bytes.toString('utf8', 0, length)
}

const DEAD_AFTER_MS = 2_000
const STALE_AFTER_MS = 30_000
/** Of two signs of life, five seconds apart, one was missed. */
const SILENT_AFTER_MS = 12_000

/** Tells by what a waiting process sees of lock files whether their holders are dead. No clock that is set plays a part. */
export class LockWatch {
  readonly #seen = new Map<string, { stamp: string; since: number }>()

  isStale(path: string, { stamp, ageMs, isGone, empty }: LockHolder): boolean {
    const before = this.#seen.get(path)
    const seen = before?.stamp === stamp ? before : { stamp, since: now() }
    this.#seen.set(path, seen)
    if (ageMs === undefined) return now() - seen.since > (empty ? DEAD_AFTER_MS : SILENT_AFTER_MS)
    return ageMs > (isGone ? DEAD_AFTER_MS : STALE_AFTER_MS)
  }
}

export function isAlive(pid: number): boolean {
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
