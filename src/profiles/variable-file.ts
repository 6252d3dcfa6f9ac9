import { accessSync, constants, statSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { OidcError } from '../errors.ts'
import { readingFailure } from '../input-file.ts'
import type { FileEdit } from './file-replacement.ts'
import { type Variables, variableLines, withVariables } from './step-variables.ts'

/**
 * Adds variables to the file that `$GITHUB_ENV` names. It is only added to: its runner owns it and reads it
 * when the step ends. Throws `file-unwritable`, `invalid-usage`.
 */
export async function appendGithubEnv(path: string, variables: Variables): Promise<void> {
  const lines = variableLines(variables)
  try {
    const text = await readFile(path, 'utf8')
    // The whole in one write: other processes of the step may add to it meanwhile.
    await appendFile(path, text === '' || text.endsWith('\n') ? lines : `\n${lines}`)
  } catch (cause) {
    throw unwritableEnv(cause, 'The profile is written, but later steps are not told of it.')
  }
}

/** Throws `file-unwritable` where `appendGithubEnv` would. */
export function checkGithubEnv(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    const stats = statSync(path)
    // /dev/null is a way not to export.
    if (!stats.isFile() && !stats.isCharacterDevice()) throw new Error('it is not a regular file')
  } catch (cause) {
    throw unwritableEnv(cause, 'Later steps learn of the profile by it.')
  }
}

function unwritableEnv(cause: unknown, why: string): OidcError {
  return new OidcError('file-unwritable', {
    what: `Cannot add to the file of GITHUB_ENV: ${readingFailure(cause)}.`,
    why,
    next: 'Make the file that GITHUB_ENV names writable here, as GitHub Actions does, or pass --export none.',
    cause,
  })
}

/** Sets variables in a file of `NAME=value` lines. The edit throws `invalid-usage`. */
export function variableFileEdit(path: string, variables: Variables): FileEdit {
  const edit = (content: Buffer) =>
    Buffer.from(withVariables(content.toString('latin1'), variables), 'latin1')
  return { path: resolve(path), edit, secret: false }
}
