import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pathOf } from '../tools/programs.ts'

/** What the steps may use of an image: what `cimg/base` and Alpine both have. */
export const BASE_TOOLS =
  'base64 cat chmod cut env grep gzip id ls mkdir mktemp mv printf rm sed sha256sum sh sleep tar touch tr uname'.split(
    ' ',
  )

/** A directory for PATH that holds only these tools of this machine. */
export function linkTools(directory: string, tools: readonly string[]): string {
  mkdirSync(directory, { recursive: true })
  for (const tool of tools) symlinkSync(pathOf(tool), join(directory, tool))
  return directory
}

/** The base tools as Alpine has them. */
export function linkBusybox(directory: string): string {
  mkdirSync(directory, { recursive: true })
  for (const tool of BASE_TOOLS) symlinkSync(pathOf('busybox'), join(directory, tool))
  return directory
}

/** A tool that uses AWS: see `aws-stand-in.mjs`. `first` is what it does before, as a shell script. */
export function addAwsProgram(directory: string, name: string, first = ':'): void {
  const script = fileURLToPath(new URL('aws-stand-in.mjs', import.meta.url))
  const use = `exec '${process.execPath}' --no-warnings '${script}' ${name} "$@"`
  addTool(directory, name, `${first}\n${use}`)
}

/** A tool of our own making. */
export function addTool(directory: string, name: string, script: string): void {
  const path = join(directory, name)
  // Never through a link: it leads to this machine's own tool.
  rmSync(path, { force: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755, flag: 'wx' })
}
