import { chownSync } from 'node:fs'
import { lacking, pathOf, type Skip, without } from '../tools/programs.ts'
import type { Host } from './job-runner.ts'

export const isRoot = process.getuid?.() === 0

/** `nobody`, whose home is missing. */
export const NOBODY = 65534

/** Why tests that run as a user who is not root are skipped. */
export const withoutPlainUser: Skip = isRoot && without('setpriv')

/** Why tests that root prepares for another user are skipped. */
export const withoutRoot: Skip = isRoot
  ? withoutPlainUser
  : lacking('root', 'only root can become another user: run the tests as root')

/** Runs a command as a user who is not root: CircleCI's images have one of their own. */
export const plainUser =
  isRoot && !withoutPlainUser
    ? [pathOf('setpriv'), `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    : []

/** Makes the host that user's. */
export function giveAway(host: Host): void {
  if (!isRoot) return
  for (const path of [host.root, host.home, host.bashEnv]) chownSync(path, NOBODY, NOBODY)
}
