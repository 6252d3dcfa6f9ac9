import type { Stats } from 'node:fs'
import { chmod, lstat, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { OidcError } from '../../errors.ts'
import { makeDirectories } from '../../files/target.ts'

/** A file of a generated setup. */
export interface GeneratedFile {
  readonly name: string
  readonly text: string
  readonly executable?: boolean
}

/** What `trust generate` makes in one of its forms. */
export interface Generated {
  /** For a directory. */
  readonly files: readonly GeneratedFile[]
  /** For stdout: everything in one text. */
  readonly text: string
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Writes the files into a directory and gives their paths. None is written when one is there already, unless `overwrite`. */
export async function writeFiles(
  directory: string,
  files: readonly GeneratedFile[],
  overwrite: boolean,
): Promise<string[]> {
  const paths = files.map(({ name }) => join(directory, name))
  for (const path of paths) refuseExisting(path, await statusOf(path), overwrite)
  try {
    for (const path of paths) makeDirectories(dirname(path), 0o777)
    for (const path of await staleFiles(directory, files)) await rm(path, { force: true })
    for (const [index, { text, executable }] of files.entries()) {
      const path = paths[index] ?? ''
      // A symbolic link is replaced, not what it points to.
      await rm(path, { force: true })
      await writeFile(path, text, { flag: 'wx' })
      if (executable) await chmod(path, 0o755)
    }
  } catch (error) {
    throw unwritable(`${directory} can't be written to: ${(error as Error).message}.`, error)
  }
  return paths
}

/** What is there, links not followed: one that points to nothing is there, too. */
function statusOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined)
}

function refuseExisting(path: string, found: Stats | undefined, overwrite: boolean): void {
  if (found && !overwrite) throw unwritable(`${path} exists already.`)
  if (found && !found.isFile() && !found.isSymbolicLink()) {
    throw unwritable(`${path} is not a file, so it is not overwritten.`)
  }
}

/** What not every script has beside it. */
const OPTIONAL_INPUTS = [
  'provider.json',
  'provider-tags.json',
  'permission-policy.json',
  'tags.json',
]

/** The JSON files of ours beside the scripts to be replaced, which the new ones do not use. */
async function staleFiles(directory: string, files: readonly GeneratedFile[]): Promise<string[]> {
  const scripts = files.filter(({ executable }) => executable)
  const found = await Promise.all(
    scripts.map(async ({ name: script }) => {
      const old = await readFile(join(directory, script), 'utf8').catch(() => '')
      return OPTIONAL_INPUTS.filter((name) => old.includes(`$here/${name}`))
        .map((name) => join(dirname(script), name))
        .filter((name) => !files.some((file) => file.name === name))
    }),
  )
  return found.flat().map((name) => join(directory, name))
}

function unwritable(what: string, cause?: unknown): OidcError {
  return new OidcError('file-unwritable', {
    what,
    next: 'Choose another --out-dir, or pass --force to overwrite the files there.',
    cause,
  })
}
