import { setMaxListeners } from 'node:events'
import { OidcError } from './errors.ts'

/** The time limit of the whole command (`--timeout-seconds`). */
export interface Deadline {
  /** Aborts when the time is up; its reason is the `timed-out` error. */
  readonly signal: AbortSignal
  /** Milliseconds left, never negative. */
  remaining(): number
  /** Settles with `work`, or fails with `timed-out` as soon as the time is up. `doing` names the work. */
  race<T>(doing: string, work: Promise<T>): Promise<T>
  /** Stops the clock. */
  clear(): void
}

/** After which somebody who watches is told what takes so long. */
const PATIENCE_SECONDS = 2

/** `tell` is called once, with the first work that tries the patience of who waits for it. */
export function startDeadline(seconds: number, tell?: (text: string) => void): Deadline {
  const end = now() + seconds * 1000
  const controller = new AbortController()
  // Every request under way listens, and there may be dozens.
  setMaxListeners(0, controller.signal)
  const underWay = new Map<object, string>()
  const giveUp = (doing: string) => {
    if (!controller.signal.aborted) controller.abort(timedOut(seconds, doing))
  }
  const timer = setTimeout(() => giveUp([...underWay.values()].at(-1) ?? 'running'), seconds * 1000)
  let isTold = tell === undefined
  const tellOnce = (doing: string) => {
    if (!isTold) tell?.(`Still ${doing}; the time limit is ${Math.round(seconds)} s.`)
    isTold = true
  }
  return {
    signal: controller.signal,
    remaining: () => Math.max(0, end - now()),
    clear: () => clearTimeout(timer),
    race: async (doing, work) => {
      const key = {}
      underWay.set(key, doing)
      // Work that fails when nobody waits for it any more must not end the process.
      work.catch(() => {})
      const patience = setTimeout(tellOnce, PATIENCE_SECONDS * 1000, doing)
      let stop: (() => void) | undefined
      try {
        controller.signal.throwIfAborted()
        const timeUp = new Promise<never>((_, reject) => {
          stop = () => reject(controller.signal.reason)
          controller.signal.addEventListener('abort', stop)
        })
        return await Promise.race([work, timeUp])
      } finally {
        underWay.delete(key)
        clearTimeout(patience)
        if (stop) controller.signal.removeEventListener('abort', stop)
        // It kept the thread so long that the timer could not run: this took the time, whatever waits now.
        if (now() >= end) giveUp(doing)
      }
    },
  }
}

function timedOut(seconds: number, doing: string): OidcError {
  return new OidcError('timed-out', {
    what: `The command was not done after ${seconds} s; it was ${doing}.`,
    next: 'If it needs more time, raise --timeout-seconds; otherwise check the network, the proxy and the endpoint.',
  })
}

/**
 * Lets timers and signals have their turn where they have waited for a while: without it, no time limit holds while a large
 * file is read. For work that may be long, to be called often.
 */
export async function pause(): Promise<void> {
  // Of many that wait, those go on for whom there is time before the next turn.
  while (now() >= lastTurn + 20) {
    turn ??= new Promise((resolve) => {
      setImmediate(() => {
        lastTurn = now()
        turn = undefined
        resolve()
      })
    })
    await turn
  }
}

let lastTurn = 0
let turn: Promise<void> | undefined

/** Milliseconds on a clock that is never set; unlike `performance.now()`, nothing has to load for it. */
export function now(): number {
  return process.uptime() * 1000
}
