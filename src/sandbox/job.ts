import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { CommandPaths } from './job-directory.ts'
import { createJobDirectory } from './job-directory.ts'
import { jobEnvironment } from './job-environment.ts'
import type { Sandbox } from './server.ts'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a command as a CircleCI job would run in this sandbox, stdio inherited, and returns its exit code as a shell
 * would: 128+n for a signal, 127 when not found, 126 when not executable. The job's directory is removed afterwards.
 */
export async function runJob(
  sandbox: Sandbox,
  command: readonly string[],
  paths: CommandPaths,
  log: (line: string) => void,
): Promise<number> {
  const directory = await createJobDirectory(paths)
  try {
    const tokens = {
      v1: await sandbox.mint({ version: 'v1' }),
      v2: await sandbox.mint({ version: 'v2' }),
    }
    const env = jobEnvironment(process.env, sandbox.world, sandbox.url, directory, tokens)
    return await runChild(command, env, log)
  } finally {
    await directory.remove()
  }
}

async function runChild(
  [file = '', ...args]: readonly string[],
  env: Record<string, string | undefined>,
  log: (line: string) => void,
): Promise<number> {
  const child = spawn(file, args, { env, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals) => {
    // A terminal's ^C reaches the child by itself, and a second one makes many tools quit at once.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  const refuse = (problem: string, code: number) => {
    log(`${file}: ${problem}`)
    return code
  }
  try {
    const [code, signal] = await once(child, 'exit')
    return code ?? 128 + constants.signals[signal as NodeJS.Signals]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return refuse('command not found', 127)
    if (code === 'EACCES') return refuse('permission denied', 126)
    throw error
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}
