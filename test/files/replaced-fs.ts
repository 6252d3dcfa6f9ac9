import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { TestContext } from 'node:test'

const real = new Map<string, unknown>()

/** Replaces functions of `fs` until the test ends, also for those who import them by name. */
export function replaceFs(t: TestContext, functions: Partial<typeof fs>): void {
  for (const name of Object.keys(functions)) {
    if (!real.has(name)) real.set(name, fs[name as keyof typeof fs])
  }
  Object.assign(fs, functions)
  syncBuiltinESMExports()
  t.after(restoreFs)
}

/** For a test that goes on with the real functions. */
export function restoreFs(): void {
  Object.assign(fs, Object.fromEntries(real))
  real.clear()
  syncBuiltinESMExports()
}

/** Throws what the system says to a call: `EACCES`. */
export function refusing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: the system says so`), { code })
  }
}

interface Facts {
  readonly uid?: number
  readonly gid?: number
  /** Rights alone: the kind of file stays. */
  readonly mode?: number
  /** Mounted: on a device of its own. */
  readonly dev?: number
}

const RIGHTS = 0o7777

/** Lets files have another owner, group or rights than this user could give them. */
export function pretend(t: TestContext, facts: Readonly<Record<string, Facts>>): void {
  const byInode = new Map(
    Object.entries(facts).map(([path, one]) => [fs.lstatSync(path).ino, one] as const),
  )
  const changed = (real: (...given: unknown[]) => unknown) => {
    return (...given: unknown[]) => {
      const stats = real(...given) as fs.Stats | undefined
      const { mode, ...others } = (stats && byInode.get(stats.ino)) ?? {}
      if (stats && mode !== undefined) stats.mode = (stats.mode & ~RIGHTS) | mode
      return stats && Object.assign(stats, others)
    }
  }
  const { lstatSync, statSync, fstatSync } = fs
  const functions = { lstatSync, statSync, fstatSync } as object
  replaceFs(
    t,
    Object.fromEntries(
      Object.entries(functions).map(([name, real]) => [name, changed(real as never)]),
    ),
  )
}

/** This user, or one who is not root where root runs the tests: root's files are trusted, so what is made here is. */
export const ME = process.getuid?.() || 1000
export const NEIGHBOUR = 54_321

const REAL_IDS = { geteuid: process.geteuid, getegid: process.getegid, getuid: process.getuid }

/** Lets the code believe that it runs as this user, of a group of the same number. */
export function runAs(t: TestContext, user: number | 'none' = ME): void {
  // Windows has no such ids.
  const id = () => (user === 'none' ? undefined : user)
  Object.assign(process, { geteuid: id, getegid: id, getuid: id })
  t.after(() => Object.assign(process, REAL_IDS))
}
