import { readFile } from 'node:fs/promises'
import { OidcError } from '../errors.ts'
import { describeExports } from './exports.ts'
import { parseFault } from './fault.ts'
import { runJob } from './job.ts'
import type { CommandPaths } from './job-directory.ts'
import { createJobDirectory } from './job-directory.ts'
import type { Sandbox } from './server.ts'
import { startSandbox } from './server.ts'
import type { World } from './world.ts'
import { parseWorld, readWorld } from './world.ts'

export interface RunOptions {
  /** 0 or `undefined`: any free port. */
  readonly port: number | undefined
  readonly worldFile: string | undefined
  /** Each `NAME[:COUNT]`, applied in this order. */
  readonly faults: readonly string[]
  /** The job's command with its arguments; without one the sandbox prints exports and waits. */
  readonly command: readonly string[] | undefined
  readonly paths: CommandPaths
  /** Narration, a line at a time, for stderr. Never a secret. */
  readonly log: (line: string) => void
  /** The result, for stdout. */
  readonly print: (text: string) => void
}

/**
 * The `sandbox` command: returns the job's exit code, or 0 after SIGINT, SIGTERM or SIGHUP when there is no command.
 * Throws `invalid-usage` (fault, port), `file-unreadable` and `invalid-world` (world file).
 */
export async function runSandbox(options: RunOptions): Promise<number> {
  const { command, paths, log, print } = options
  const faults = options.faults.map(parseFault)
  const world = await readWorldFile(options.worldFile)
  const sandbox = await startSandbox({ world, faults, log, port: options.port ?? 0 })
  try {
    if (command && command.length > 0) return await runJob(sandbox, command, paths, log)
    return await waitForSignal(sandbox, paths, print, log)
  } finally {
    await sandbox.close()
  }
}

async function readWorldFile(path: string | undefined): Promise<World> {
  if (path === undefined) return readWorld({})
  try {
    return parseWorld(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof OidcError) throw error
    throw new OidcError('file-unreadable', {
      what: `The world file ${path} cannot be read: ${error instanceof Error ? error.message : error}.`,
      next: 'Check the path; a relative one counts from the working directory.',
      cause: error,
    })
  }
}

async function waitForSignal(
  sandbox: Sandbox,
  paths: CommandPaths,
  print: (text: string) => void,
  log: (line: string) => void,
): Promise<number> {
  const stopped = stopSignal()
  const directory = await createJobDirectory(paths)
  try {
    print(describeExports(sandbox.world, sandbox.url, directory, process.env))
    log(`the sandbox listens on ${sandbox.url}; stop it with Ctrl-C`)
    await stopped
    return 0
  } finally {
    await directory.remove()
  }
}

function stopSignal(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of signals) process.off(signal, stop)
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })
}
