import { close, constants, fstat, open, readFile } from 'node:fs'
import { promisify } from 'node:util'

/**
 * The text of a file that the user names. It may be a FIFO, as in `--token-file <(command)`: one that
 * nobody writes to would block a thread of Node, and Node does not end before its threads do.
 */
export async function readInputFile(path: string): Promise<string> {
  const file = await promisify(open)(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  if ((await promisify(fstat)(file)).isFIFO()) return readFifo(file)
  try {
    return await promisify(readFile)(file, 'utf8')
  } finally {
    await promisify(close)(file)
  }
}

async function readFifo(fd: number): Promise<string> {
  const { Socket } = await import('node:net')
  const chunks: Buffer[] = []
  for await (const chunk of new Socket({ fd, readable: true, writable: false })) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
