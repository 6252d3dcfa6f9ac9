import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { pause } from '../deadline.ts'
import { type Failure, failureOf } from './failure.ts'

const BASE_DELAY = 500
const MAXIMUM_DELAY = 5_000
/** Where no `--max-attempts` is given. */
const ATTEMPTS = 5

/** A failure for good: the last of so many attempts. */
export interface FailedAttempts {
  readonly failure: Failure
  readonly attempts: number
  readonly cause: unknown
}

/** What becomes of an attempt that failed. */
export interface WhenFailed {
  /** The error for a failure for good. */
  readonly explain: (failed: FailedAttempts) => Error | Promise<Error>
  /** Tries to mend what a permanent failure complains of; true means: try again at once. */
  readonly mend?: ((failure: Failure) => Promise<boolean>) | undefined
  /** Who is asked, in messages. */
  readonly host?: string
}

/**
 * Repeats `attempt` while its failure is transient, with exponential backoff and full jitter. Attempts count from 1.
 * Where AWS is there but can't answer now, it goes on until the time limit, unless the user gave a number. Notes tell
 * of the failed attempts that are followed by another: of the first four, then each time their number has doubled.
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  { deadline, maxAttempts, terminal }: Pick<Context, 'deadline' | 'maxAttempts' | 'terminal'>,
  { explain, mend, host = 'AWS STS' }: WhenFailed,
): Promise<T> {
  let before = ''
  let busy = 0
  for (let number = 1; ; number++) {
    const doing = `waiting for ${host} (attempt ${number}${before})`
    try {
      return await deadline.race(doing, attempt(number))
    } catch (cause) {
      // When the time is up, all roles of a step come here.
      await pause()
      deadline.signal.throwIfAborted()
      const failure = failureOf(cause)
      const isBusy = failure.code === 'aws-unavailable'
      if (isBusy) busy += 1
      // Those that AWS had no time for use up none of the others.
      const usual = isBusy ? Number.POSITIVE_INFINITY : (failure.attempts ?? ATTEMPTS) + busy
      const maximum =
        maxAttempts === undefined ? usual : Math.min(maxAttempts, failure.attempts ?? maxAttempts)
      const failed = { failure, attempts: number, cause }
      if (number >= maximum) throw await explain(failed)
      if (await mend?.(failure)) continue
      const delay = Math.random() * Math.min(MAXIMUM_DELAY, BASE_DELAY * 2 ** (number - 1))
      // What failed says more than that the time is over.
      if (!failure.transient || delay >= deadline.remaining()) throw await explain(failed)
      const times = Number.isFinite(maximum) ? ` of ${maximum}` : ''
      const next = `next in ${(delay / 1000).toFixed(1)} s`
      // An outage may take dozens.
      const tell = number <= 4 || Number.isInteger(Math.log2(number)) ? 'note' : 'debug'
      terminal[tell](`Attempt ${number}${times} failed (${failure.detail}); ${next}.`)
      if (failure.requestId) terminal.debug(`AWS request id ${failure.requestId}`)
      before = `; the one before: ${failure.detail}`
      // Not referenced: the deadline's own timer keeps the process alive, and ends it.
      await deadline.race(
        `waiting to try again after ${failure.detail}`,
        sleep(delay, undefined, { ref: false }),
      )
    }
  }
}
