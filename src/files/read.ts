import { closeSync, constants, createReadStream, fstat, open } from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { ErrorCode } from '../errors.ts'
import { unreadable } from './failure.ts'

/**
 * The text of a file that the user names, of 10 MB at most. It may be a FIFO, as in `--token-file <(command)`: one that
 * nobody writes to would block a thread of Node, and Node does not end before its threads do.
 * Throws `file-unreadable`, or what `reading` says.
 */
export async function readTextFile(path: string, reading: Reading): Promise<string> {
  const { what, next = NEXT, code, signal = AbortSignal.timeout(LONGEST_WAIT) } = reading
  try {
    return (await readNamed(path, signal, reading.maximumBytes)).toString('utf8')
  } catch (error) {
    throw unreadable(`${what} ${path}`, error, next, code)
  }
}

const NEXT = 'Check the path; a relative one starts at the working directory.'

/** What to say where reading fails, and when to give up. */
interface Reading {
  /** What the user calls it: `The session policy file`. */
  readonly what: string
  readonly next?: string
  readonly code?: ErrorCode
  /** 10 MB by default. */
  readonly maximumBytes?: number | undefined
  /** Ends the wait for who writes to a pipe; its reason is thrown as it is. A minute by default. */
  readonly signal?: AbortSignal | undefined
}

/** The text that is piped in, of 10 MB at most. Throws `file-unreadable`, or what `reading` says. */
export async function readStdin(reading: Reading): Promise<string> {
  const { what, next = 'Check the command whose output is piped in.', code } = reading
  try {
    const signal = reading.signal ?? AbortSignal.timeout(LONGEST_WAIT)
    return (await readBytes(process.stdin, signal, reading.maximumBytes)).toString('utf8')
  } catch (error) {
    throw unreadable(`${what} from stdin`, error, next, code)
  }
}

/** The bytes of a file that AWS tools read, too, each on its own: no FIFO, of which only one could read. */
export async function readLastingFile(path: string): Promise<Buffer> {
  const { fd, isFifo } = await openInput(path)
  if (!isFifo) return readBytes(createReadStream('', { fd }))
  closeSync(fd)
  throw new Error('it is a FIFO')
}

async function readNamed(path: string, signal: AbortSignal, maximum?: number): Promise<Buffer> {
  const { fd, isFifo } = await openInput(path)
  if (!isFifo) return readBytes(createReadStream('', { fd }), signal, maximum)
  const { Socket } = await import('node:net')
  try {
    return await readBytes(new Socket({ fd, readable: true, writable: false }), signal, maximum)
  } catch (error) {
    throw signal.aborted ? new Error('nobody wrote to this FIFO in time') : error
  }
}

async function openInput(path: string): Promise<{ fd: number; isFifo: boolean }> {
  const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { fd, isFifo: (await promisify(fstat)(fd)).isFIFO() }
}

async function readBytes(
  stream: Readable,
  signal?: AbortSignal,
  maximum = MAXIMUM_BYTES,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const stop = () => stream.destroy(signal?.reason)
  signal?.addEventListener('abort', stop)
  try {
    if (signal?.aborted) stop()
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maximum) throw new Error(`it has more than ${maximum / 1e6} MB`)
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  return Buffer.concat(chunks)
}

const MAXIMUM_BYTES = 10_000_000

const LONGEST_WAIT = 60_000
