import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { OidcError } from '../errors.ts'

/** Reads JSON from a path (`file://` may stand before it) or, for `-`, from stdin; `what` names it in errors. */
export async function readJsonFile(path: string, what: string): Promise<unknown> {
  const place = path === '-' ? 'stdin' : path.replace(/^file:\/\//, '')
  const text = path === '-' ? await readAll(process.stdin) : await readText(place, what)
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new OidcError('file-malformed', {
      what: `${what} in ${place} is not JSON: ${(error as Error).message}.`,
      next: 'Give a file with JSON.',
    })
  }
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new OidcError('file-unreadable', {
      what: `${what} ${path} can't be read: ${(error as NodeJS.ErrnoException).code}.`,
      next: 'Check the path; a relative one counts from the working directory.',
      cause: error,
    })
  }
}
