import { closeSync, constants, createReadStream, fstat, open } from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

const MAXIMUM_BYTES = 10_000_000

/**
 * The text of a file that the user names; `signal` ends the wait. It may be a FIFO, as in `--token-file <(command)`:
 * one that nobody writes to would block a thread of Node, and Node does not end before its threads do.
 */
export async function readInputFile(path: string, signal?: AbortSignal): Promise<string> {
  const { fd, isFifo } = await openInput(path)
  if (!isFifo) return readInput(createReadStream('', { fd }), signal)
  const { Socket } = await import('node:net')
  try {
    return await readInput(new Socket({ fd, readable: true, writable: false }), signal)
  } catch (error) {
    throw signal?.aborted ? new Error('nobody wrote to this FIFO in time') : error
  }
}

/** The bytes of a file that AWS tools read, too, each on its own: no FIFO, of which only one could read. */
export async function readLastingFile(path: string): Promise<Buffer> {
  const { fd, isFifo } = await openInput(path)
  if (!isFifo) return readBytes(createReadStream('', { fd }))
  closeSync(fd)
  throw new Error('it is a FIFO')
}

async function openInput(path: string): Promise<{ fd: number; isFifo: boolean }> {
  const fd = await promisify(open)(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  return { fd, isFifo: (await promisify(fstat)(fd)).isFIFO() }
}

/** The text of a stream, such as stdin; `signal` ends the wait. */
export async function readInput(stream: Readable, signal?: AbortSignal): Promise<string> {
  return (await readBytes(stream, signal)).toString('utf8')
}

async function readBytes(stream: Readable, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  const stop = () => stream.destroy(signal?.reason)
  signal?.addEventListener('abort', stop)
  try {
    signal?.throwIfAborted()
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAXIMUM_BYTES) throw new Error(`it has more than ${MAXIMUM_BYTES / 1e6} MB`)
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  return Buffer.concat(chunks)
}

/** Why reading failed: the system's code such as `ENOENT`, or else in words. */
export function readingFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : message
}
