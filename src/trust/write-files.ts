import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OidcError } from '../errors.ts'
import type { GeneratedFile } from './generated-file.ts'

/** Writes the files into a directory and gives their paths. None is written when one is there already, unless `overwrite`. */
export async function writeFiles(
  directory: string,
  files: readonly GeneratedFile[],
  overwrite: boolean,
): Promise<string[]> {
  const paths = files.map(({ name }) => join(directory, name))
  if (!overwrite) await refuseExisting(paths)
  try {
    await mkdir(directory, { recursive: true })
    for (const [index, { text, executable }] of files.entries()) {
      const path = paths[index] ?? ''
      await writeFile(path, text, { flag: overwrite ? 'w' : 'wx' })
      if (executable) await chmod(path, 0o755)
    }
  } catch (error) {
    throw unwritable(`${directory} can't be written to: ${(error as Error).message}.`, error)
  }
  return paths
}

async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined)
    if (found) throw unwritable(`${path} is there already.`)
  }
}

function unwritable(what: string, cause?: unknown): OidcError {
  return new OidcError('file-unwritable', {
    what,
    next: 'Choose another --out-dir, or pass --force to overwrite what is there.',
    cause,
  })
}
