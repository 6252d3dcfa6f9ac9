import { chownSync } from 'node:fs'
import type { Host } from './job-runner.ts'
import { pathOf } from './tools.ts'

export const isRoot = process.getuid?.() === 0

/** `nobody`, whose home is missing. */
export const NOBODY = 65534

/** Runs a command as a user who is not root: CircleCI's images have one of their own. */
export const plainUser = isRoot
  ? [pathOf('setpriv'), `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  : []

/** Makes the host that user's. */
export function giveAway(host: Host): void {
  if (!isRoot) return
  for (const path of [host.root, host.home, host.bashEnv]) chownSync(path, NOBODY, NOBODY)
}
