import { type Skip, without } from '../tools/programs.ts'

/** A way CircleCI or its users run a step's command. */
export interface Shell {
  readonly command: string
  /** The tools of the image: GNU's, or busybox as on Alpine. */
  readonly busybox: boolean
  readonly skip: Skip
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
  return {
    command,
    busybox: program === 'busybox',
    skip: without(program),
  }
})
