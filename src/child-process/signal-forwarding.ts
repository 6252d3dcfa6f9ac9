import type { ChildProcess } from 'node:child_process'
import { isatty } from 'node:tty'

// Listening for SIGUSR1 also keeps Node from opening its debugger beside the child's credentials.
const FORWARDED = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

export interface SignalForwarding {
  /** Passes signals on to this child, first the one that came before it. */
  readonly to: (child: ChildProcess) => void
  readonly stop: () => void
}

/** Keeps signals from ending this process and passes them on to a child. */
export function forwardSignals(): SignalForwarding {
  let child: ChildProcess | undefined
  let early: NodeJS.Signals | undefined
  const forward = (signal: NodeJS.Signals) => {
    if (!child) early = signal
    // A terminal's ^C reaches the child by itself, and a second one makes many tools quit at once.
    else if (!FROM_TERMINAL.includes(signal) || !isatty(0)) child.kill(signal)
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
