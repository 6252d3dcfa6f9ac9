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
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { errorCode } from './file-error.ts'

const DEAD_AFTER_MS = 2_000
const STALE_AFTER_MS = 30_000

/** Who holds a lock file. */
export interface LockHolder {
  /** Different for every lock ever taken, also when the content is missing. */
  readonly id: string
  readonly pid: number | undefined
  readonly host: string | undefined
  readonly ageMs: number
  /** Killed between creating the file and writing to it. */
  readonly empty: boolean
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
