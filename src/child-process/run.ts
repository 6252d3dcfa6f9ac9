import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { SignalForwarding } from './signal-forwarding.ts'

/** Exit codes of a shell that cannot run a command. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'command not found',
  EACCES: 'permission denied',
  ENOEXEC: 'not a program of this system, nor a script with #! in its first line',
  E2BIG: 'its arguments and environment are too long',
}

/**
 * Runs a command with the stdio of this process and returns its exit code as a shell would: 128+n for a
 * signal, 127 when not found, 126 when not executable; `log` is then told why.
 */
export async function runChild(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signals: SignalForwarding,
  log: (line: string) => void,
): Promise<number> {
  try {
    // Some failures of the system are thrown here, others told by an event.
    const child = spawn(file, args, { env, stdio: 'inherit' })
    signals.to(child)
    const [code, signal] = await once(child, 'exit')
    return code ?? 128 + constants.signals[signal as NodeJS.Signals]
  } catch (error) {
    const { code = '', syscall } = error as NodeJS.ErrnoException
    if (!syscall?.startsWith('spawn')) throw error
    log(`${file}: ${REASONS[code] ?? code}`)
    return code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE
  }
}
