import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'

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
    // Node throws some failures of the system here, and tells others by an event.
    const child = spawn(file, args, { env, stdio: 'inherit' })
    const exit = exitOf(child, () =>
      log(`${file} runs as another user, so a signal did not reach it`),
    )
    signals.to(child)
    return await exit
  } catch (error) {
    const { code = '', syscall } = error as NodeJS.ErrnoException
    if (!syscall?.startsWith('spawn')) throw error
    log(`${file}: ${REASONS[code] ?? code}`)
    return code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE
  }
}

/** `outOfReach` is told that a signal could not be passed on: the child, such as sudo, is another user's. */
function exitOf(child: ChildProcess, outOfReach: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]),
    )
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.syscall === 'kill') outOfReach()
      else reject(error)
    })
  })
}

/** Exit codes of a shell that cannot run a command. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'command not found',
  EACCES: 'permission denied',
  ENOEXEC: 'neither a program for this system nor a script that begins with #!',
  E2BIG: 'its arguments and environment are too long',
}

/** Keeps signals from ending this process and passes them on to a child. */
export function forwardSignals(): SignalForwarding {
  let child: ChildProcess | undefined
  let early: NodeJS.Signals | undefined
  const forward = (signal: NodeJS.Signals) => {
    if (!child) early = signal
    // A terminal's ^C reaches the child by itself, and a second one makes many tools quit at once.
    else if (!FROM_TERMINAL.includes(signal) || !isInForeground()) child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  return {
    to: (started) => {
      child = started
      if (early) child.kill(early)
    },
    stop: () => {
      for (const signal of FORWARDED) process.off(signal, forward)
    },
  }
}

/** Whether ^C in a terminal reaches this process and its child: proc(5), pgrp and tpgid of /proc/PID/stat. */
function isInForeground(): boolean {
  if (!isatty(0)) return false
  try {
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return group === foreground
  } catch {
    // Other systems don't tell.
    return true
  }
}

interface SignalForwarding {
  /** Begins to pass signals on to this child; one that came before the child is passed first. */
  readonly to: (child: ChildProcess) => void
  readonly stop: () => void
}

// Listening for SIGUSR1 also keeps Node from opening its debugger beside the child's credentials.
const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

/**
 * Runs `cleanup` (synchronous) if the process ends before the returned function is called.
 * A signal still ends the process as it would have without us.
 */
export function onInterruption(cleanup: () => void): () => void {
  startListening()
  cleanups.add(cleanup)
  return () => {
    cleanups.delete(cleanup)
    // A signal caught during synchronous work arrives one turn of the event loop later.
    setImmediate(() => setImmediate(stopWhenIdle))
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const cleanups = new Set<() => void>()
let listening = false

function cleanUp(): void {
  for (const cleanup of cleanups) {
    try {
      cleanup()
    } catch {
      // The process is ending; the other cleanups still have to run.
    }
  }
  cleanups.clear()
}

function onSignal(signal: NodeJS.Signals): void {
  // Others who listen decide whether the process ends; if it does, the exit event cleans up.
  if (process.listenerCount(signal) > 1) return
  cleanUp()
  stopListening()
  process.kill(process.pid, signal)
}

function startListening(): void {
  if (listening) return
  listening = true
  process.on('exit', cleanUp)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

function stopListening(): void {
  listening = false
  process.off('exit', cleanUp)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

function stopWhenIdle(): void {
  if (cleanups.size === 0 && listening) stopListening()
}
