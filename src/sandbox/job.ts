import { runChild } from '../child-process/run.ts'
import { forwardSignals } from '../child-process/signal-forwarding.ts'
import type { CommandPaths, JobDirectory } from './job-directory.ts'
import { createJobDirectory } from './job-directory.ts'
import { jobEnvironment } from './job-environment.ts'
import type { Sandbox } from './server.ts'

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
