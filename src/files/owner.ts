import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { OidcError } from '../errors.ts'

/**
 * Throws `file-unsafe` where another user owns the file at a resolved path or could replace it. Root is trusted, and
 * so is whose directory root mounted there, as into a container.
 */
export function refuseUnsafe(target: string): void {
  refuseUnsafeDirectory(dirname(target))
  refuseForeign(target)
}

/** Throws `file-unsafe` for a file of another user. */
export function refuseForeign(target: string, file = lstatSync(target, IF_THERE)): void {
  if (file && file.uid !== ownerOfMount(dirname(target))) refuseOwner(target, file)
}

/** Throws `file-unsafe` where another user could replace what is in a directory; one that is not there will be ours. */
function refuseUnsafeDirectory(directory: string): void {
  const stats = lstatSync(directory, IF_THERE)
  if (!stats) return
  if (ownerOfMount(directory) === undefined) refuseOwner(directory, stats)
  if (isWritableByOthers(stats) && !(stats.mode & STICKY)) throw writable(directory, stats)
}

/**
 * Throws `file-unsafe` also where another user could put a directory of his in the place of one above. Whose they are is no
 * matter: in a container, a home may belong to nobody who runs.
 */
export function refuseReplaceable(directory: string): void {
  refuseUnsafeDirectory(directory)
  for (let at = directory; at !== dirname(at); at = dirname(at)) {
    const above = lstatSync(dirname(at), IF_THERE)
    if (!above || !isWritableByOthers(above)) continue
    if (above.mode & STICKY) refuseForeign(at)
    else if (ownerOfMount(dirname(at)) === undefined) throw writable(dirname(at), above)
  }
}

/** The content of a file that only we write, 1 MB at most. Throws `file-unsafe`, and what the file system throws. */
export function readOwnFile(path: string): { content: Buffer; writtenAt: number } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    const stats = fstatSync(fd)
    for (const [name, one] of [
      [path, stats],
      [dirname(path), statSync(dirname(path))],
    ] as const) {
      refuseOwner(name, one)
      if (!isOursAlone(one)) throw writable(name, one)
    }
    if (stats.size > MAXIMUM_BYTES) throw new Error('it is too large to be ours')
    return { content: readFileSync(fd), writtenAt: stats.mtimeMs }
  } finally {
    closeSync(fd)
  }
}

function refuseOwner(path: string, { uid }: Pick<Stats, 'uid'>): void {
  if (isTrusted(uid)) return
  throw unsafe(`${path} belongs to another user, with the id ${uid}.`, `chown ${user()} '${path}'`)
}

/**
 * Throws `file-unsafe` where a symbolic link on the way to a path was put by another user into a directory that is not his
 * alone. Linux refuses to follow those, but tells their targets (proc_sys_fs(5), protected_symlinks).
 */
export function refusePlantedLinks(path: string, links = 0): void {
  const parent = dirname(path)
  if (parent === path || links > MAXIMUM_LINKS) return
  refusePlantedLinks(parent, links)
  const stats = lstatSync(path, IF_THERE)
  if (!stats?.isSymbolicLink()) return
  if (isWritableByOthers(statSync(parent))) refuseOwner(path, stats)
  refusePlantedLinks(resolve(realpathSync(parent), readlinkSync(path)), links + 1)
}

/** Whether nobody but this user and root can have written what is there. We give our own files no other rights. */
export function isOursAlone({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  return user() === undefined || (isTrusted(uid) && (mode & 0o022) === 0)
}

/** Whether it is root, this user, or who became root by sudo. */
function isTrusted(uid: number): boolean {
  const own = user()
  if (own === undefined || uid === 0 || uid === own) return true
  return own === 0 && `${uid}` === process.env['SUDO_UID']
}

/** A group of one's own is usual, and so is the group of root in containers. */
function isWritableByOthers({ mode, gid }: Stats): boolean {
  if (user() === undefined) return false
  return (mode & 0o002) > 0 || ((mode & 0o020) > 0 && gid !== 0 && gid !== process.getegid?.())
}

/** Only root mounts: who does that means the directory for us, whoever its owner is outside. */
function ownerOfMount(directory: string): number | undefined {
  const stats = lstatSync(directory, IF_THERE)
  return stats && stats.dev !== lstatSync(dirname(directory)).dev ? stats.uid : undefined
}

function writable(path: string, { mode }: Stats): OidcError {
  const octal = (mode & 0o7777).toString(8)
  return unsafe(`Other users can write to ${path}: its mode is ${octal}.`, `chmod go-w '${path}'`)
}

function unsafe(what: string, command: string): OidcError {
  return new OidcError('file-unsafe', {
    what,
    why: 'Another user could read or replace the credentials and programs of this user. Nothing was changed.',
    next: `Check its contents and run ${command}; or point HOME, XDG_DATA_HOME, BASH_ENV or the AWS_ variables to another place.`,
  })
}

/** Windows has no such ids. */
const user = () => process.geteuid?.()

const STICKY = 0o1000
const MAXIMUM_BYTES = 1_000_000
/** More than Linux follows: a circle, of which others tell. */
const MAXIMUM_LINKS = 40

const IF_THERE = { throwIfNoEntry: false } as const
