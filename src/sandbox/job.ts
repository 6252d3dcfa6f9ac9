import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { CommandPaths, JobDirectory } from './job-directory.ts'
import { createJobDirectory } from './job-directory.ts'
import { jobEnvironment } from './job-environment.ts'
import type { Sandbox } from './server.ts'
import type { SignalForwarding } from './signal-forwarding.ts'
import { forwardSignals } from './signal-forwarding.ts'

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
  // From before the directory exists, so that no signal can leave it behind.
  const signals = forwardSignals()
  let directory: JobDirectory | undefined
  try {
    directory = await createJobDirectory(paths)
    const tokens = {
      v1: await sandbox.mint({ version: 'v1' }),
      v2: await sandbox.mint({ version: 'v2' }),
    }
    const env = jobEnvironment(process.env, sandbox.world, sandbox.url, directory, tokens)
    return await runChild(command, env, signals, log)
  } finally {
    await directory?.remove()
    signals.stop()
  }
}

async function runChild(
  [file = '', ...args]: readonly string[],
  env: Record<string, string | undefined>,
  signals: SignalForwarding,
  log: (line: string) => void,
): Promise<number> {
  const refuse = (problem: string, code: number) => {
    log(`${file}: ${problem}`)
    return code
  }
  const child = spawn(file, args, { env, stdio: 'inherit' })
  signals.to(child)
  try {
    const [code, signal] = await once(child, 'exit')
    return code ?? 128 + constants.signals[signal as NodeJS.Signals]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return refuse('command not found', 127)
    if (code === 'EACCES') return refuse('permission denied', 126)
    throw error
  }
}
