import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { OidcError } from '../errors.ts'
import { errorCode, shownPath, unreadable, unwritable } from './failure.ts'
import { isOursAlone, refusePlantedLinks } from './owner.ts'

/**
 * The path a file really has, symbolic links followed, also where they point to nothing. `directories`
 * keeps the real paths of directories for further files. Throws `file-unsafe` for a link that another user planted.
 */
export function resolveTarget(path: string, directories = new Map<string, string>()): string {
  try {
    let target = resolve(path)
    for (let links = 0; links <= MAX_LINKS; links += 1) {
      target = join(realDirectory(dirname(target), directories), basename(target))
      if (!lstatSync(target, IF_THERE)?.isSymbolicLink()) return target
      refusePlantedLinks(target)
      target = resolve(dirname(target), readlinkSync(target))
    }
  } catch (error) {
    throw unwritable(path, error)
  }
  throw unwritable(path, Object.assign(new Error('too many links'), { code: 'ELOOP' }))
}

/** As many as Linux follows: path_resolution(7). */
const MAX_LINKS = 40

function realDirectory(path: string, known: Map<string, string>): string {
  const real = known.get(path) ?? findRealDirectory(path, known)
  known.set(path, real)
  return real
}

function findRealDirectory(path: string, known: Map<string, string>): string {
  if (!lstatSync(path, IF_THERE)) {
    // What is above it is there, at the latest the root.
    return join(realDirectory(dirname(path), known), basename(path))
  }
  try {
    const real = realpathSync.native(path)
    if (real !== path) refusePlantedLinks(path)
    return real
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    // A link to a missing directory: its own target is what will be made.
    return resolveTarget(path, known)
  }
}

/** What is at a resolved path; undefined for nothing. */
export function statTarget(target: string): Stats | undefined {
  try {
    return lstatSync(target, IF_THERE)
  } catch (error) {
    throw unreadable(target, error)
  }
}

/** A file as it was when it was read. */
export interface ReadFile {
  readonly content: Buffer
  readonly exists: boolean
  /** Whether others could have written it. */
  readonly isLoose: boolean
  /** Whether it is still the same. */
  isCurrent(): boolean
}

/** The bytes of a file, 10 MB at most; none for what is missing or, like /dev/null, no regular file. Throws `file-unreadable`. */
export function readTarget(target: string): ReadFile {
  const stats = statTarget(target)
  const stamp = stampOf(stats)
  const isCurrent = () => stampOf(statTarget(target)) === stamp
  const isLoose = stats !== undefined && !isOursAlone(stats)
  const none = { content: Buffer.alloc(0), exists: stamp !== undefined, isLoose, isCurrent }
  if (!stamp?.startsWith('file')) return none
  try {
    return { ...none, content: readBytesOf(target) }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return none
    throw unreadable(target, error)
  }
}

function stampOf(stats: Stats | undefined): string | undefined {
  if (!stats) return undefined
  const { dev, ino, size, mtimeMs, ctimeMs } = stats
  return [stats.isFile() ? 'file' : 'special', dev, ino, size, mtimeMs, ctimeMs].join(' ')
}

const MAXIMUM_BYTES = 10_000_000

function readBytesOf(path: string): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { size } = fstatSync(fd)
    if (size > MAXIMUM_BYTES) throw new Error(`it has more than ${MAXIMUM_BYTES / 1e6} MB`)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Throws `file-unwritable` for devices, directories and the like, which must never be replaced; `path` leads there. */
export function refuseSpecialFile(target: string, path = target): void {
  const stats = statTarget(target)
  if (!stats || stats.isFile()) return
  const kind = stats.isDirectory() ? 'a directory, not a regular file' : 'not a regular file'
  const link = resolve(path) === target ? 'it is' : `it leads to ${target}, which is`
  throw new OidcError('file-unwritable', {
    what: `Cannot write ${shownPath(path)}: ${link} ${kind}.`,
    next: 'Give a regular file, or one that does not exist yet.',
  })
}

/** Throws `file-unwritable` unless the file, and the directory it is in or will be, can be written. */
export function refuseUnwritable(target: string): void {
  try {
    if (statTarget(target)) accessSync(target, constants.W_OK)
    let directory = dirname(target)
    while (!statTarget(directory)) directory = dirname(directory)
    accessSync(directory, constants.W_OK | constants.X_OK)
    // To root even these seem writable.
    if (/^\/(proc|sys)(\/|$)/.test(directory)) throw new Error('no files can be created there')
  } catch (error) {
    throw unwritable(target, error)
  }
}

/** Makes the directory that the file is to be in. */
export function makeDirectoryOf(target: string): void {
  try {
    makeDirectories(dirname(target), 0o700)
  } catch (error) {
    throw unwritable(target, error)
  }
}

/**
 * Makes a directory and those above it. Node's own recursion never ends where a directory that is there takes
 * no new ones, as `/proc` does: mkdir(2) answers ENOENT then.
 */
export function makeDirectories(directory: string, mode: number): void {
  const parent = dirname(directory)
  if (!existsSync(parent)) makeDirectories(parent, mode)
  try {
    mkdirSync(directory, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(directory, IF_THERE)?.isDirectory()) return
    const isGone = code === 'EEXIST' && !lstatSync(directory, IF_THERE)
    if (!isGone)
      throw code === 'ENOENT' ? new Error(`no directory can be created in ${parent}`) : error
    makeDirectories(directory, mode)
  }
}

/** Removes a file if it is there. Node would have to load its removal of whole trees for `rmSync`. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

const IF_THERE = { throwIfNoEntry: false } as const
