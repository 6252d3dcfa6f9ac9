import { OidcError } from '../errors.ts'
import { readInput, readInputFile, readingFailure } from '../input-file.ts'
import { parseJson } from './json-text.ts'

/**
 * Reads JSON from a path (`file://` may stand before it) or, for `-`, from stdin; `what` names it in errors.
 * `signal` ends the wait for a pipe.
 */
export async function readJsonFile(
  path: string,
  what: string,
  signal = AbortSignal.timeout(60_000),
): Promise<unknown> {
  const place = path === '-' ? 'stdin' : path.replace(/^file:\/\//, '')
  const parsed = parseJson(await readText(path === '-' ? path : place, what, signal))
  if ('value' in parsed) return parsed.value
  throw new OidcError('file-malformed', {
    what: `${what} can't be read: ${place} ${parsed.problem}.`,
    next: 'Correct it there, or name another file.',
  })
}

async function readText(path: string, what: string, signal: AbortSignal): Promise<string> {
  try {
    return await (path === '-' ? readInput(process.stdin, signal) : readInputFile(path, signal))
  } catch (error) {
    if (error instanceof OidcError) throw error
    throw new OidcError('file-unreadable', {
      what: `${what} ${path === '-' ? 'from stdin' : path} can't be read: ${readingFailure(error)}.`,
      next: 'Check the path; a relative one counts from the working directory.',
      cause: error,
    })
  }
}
