import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const IF_THERE = { throwIfNoEntry: false } as const

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
      throw code === 'ENOENT' ? new Error(`no directory can be made in ${parent}`) : error
    makeDirectories(directory, mode)
  }
}
