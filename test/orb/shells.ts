import { findTool } from './tools.ts'

/** A way CircleCI or its users run a step's command. */
export interface Shell {
  readonly command: string
  /** The tools of the image: GNU's, or busybox as on Alpine. */
  readonly busybox: boolean
  /** Why its tests are skipped here; in CI they always run. */
  readonly skip: string | false
}

export const SHELLS: readonly Shell[] = [
  'bash -eo pipefail',
  'bash -eux -o pipefail',
  // As /bin/sh on macOS and Red Hat.
  'bash --posix -eo pipefail',
  'dash -e',
  'dash -eux',
  'busybox sh -eo pipefail',
  'busybox sh -eux',
].map((command) => {
  const [program = ''] = command.split(' ')
  const missing = process.env['CI'] !== 'true' && !findTool(program)
  return {
    command,
    busybox: program === 'busybox',
    skip: missing && `${program} is not on this machine (apt-get install ${program})`,
  }
})
