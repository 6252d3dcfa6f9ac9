import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bundles the job's commands run: our own CLI, and `src/sandbox/circleci.ts`. Absolute paths. */
export interface CommandPaths {
  readonly cli: string
  readonly circleci: string
}

/** The temporary directory of one job (mode 0700). */
export interface JobDirectory {
  readonly home: string
  /** First on the job's PATH; holds `circleci`, `circleci-agent` and `circleci-aws-oidc`. */
  readonly bin: string
  readonly bashEnv: string
  readonly remove: () => Promise<void>
}

export async function createJobDirectory(paths: CommandPaths): Promise<JobDirectory> {
  const root = await mkdtemp(join(tmpdir(), 'circleci-aws-oidc-sandbox-'))
  // The asynchronous removal never runs when the process ends on an error.
  const removeAtExit = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', removeAtExit)
  const directory: JobDirectory = {
    home: join(root, 'home'),
    bin: join(root, 'bin'),
    bashEnv: join(root, 'bash_env'),
    remove: async () => {
      await rm(root, { recursive: true, force: true })
      process.off('exit', removeAtExit)
    },
  }
  await mkdir(directory.home, { mode: 0o700 })
  await mkdir(directory.bin, { mode: 0o700 })
  await writeFile(directory.bashEnv, '', { mode: 0o600 })
  await writeShim(directory.bin, 'circleci', paths.circleci)
  await writeShim(directory.bin, 'circleci-agent', paths.circleci)
  await writeShim(directory.bin, 'circleci-aws-oidc', paths.cli)
  return directory
}

async function writeShim(bin: string, name: string, script: string): Promise<void> {
  const text = `#!/bin/sh\nexec ${shellQuote(process.execPath)} ${shellQuote(script)} "$@"\n`
  await writeFile(join(bin, name), text, { mode: 0o755 })
}

/** One word of a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
