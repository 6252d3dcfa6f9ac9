import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { type Failure, failureOf } from './failure.ts'

const BASE_DELAY = 500
const MAXIMUM_DELAY = 10_000

/** A failure for good: the last of so many attempts. */
export interface FailedAttempts {
  readonly failure: Failure
  readonly attempts: number
  readonly cause: unknown
}

/** What becomes of an attempt that failed. */
export interface WhenFailed {
  /** The error for a failure for good. */
  readonly explain: (failed: FailedAttempts) => Error
  /** Tries to mend what a permanent failure complains of; true means: try again at once. */
  readonly mend?: ((failure: Failure) => Promise<boolean>) | undefined
  /** Who is asked, in messages. */
  readonly host?: string
}

/**
 * Repeats `attempt` while its failure is transient, with exponential backoff and full jitter, and tells of
 * every failed attempt that is followed by another. Attempts count from 1.
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  { deadline, maxAttempts, terminal }: Pick<Context, 'deadline' | 'maxAttempts' | 'terminal'>,
  { explain, mend, host = 'AWS STS' }: WhenFailed,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await deadline.race(`waiting for ${host} (attempt ${number})`, attempt(number))
    } catch (cause) {
      deadline.signal.throwIfAborted()
      const failure = failureOf(cause)
      const maximum = Math.min(maxAttempts, failure.attempts ?? maxAttempts)
      const failed = { failure, attempts: number, cause }
      if (number >= maximum) throw explain(failed)
      if (await mend?.(failure)) continue
      if (!failure.transient) throw explain(failed)
      const delay = Math.random() * Math.min(MAXIMUM_DELAY, BASE_DELAY * 2 ** (number - 1))
      const next = `next in ${(delay / 1000).toFixed(1)} s`
      terminal.note(`Attempt ${number} of ${maximum} failed (${failure.detail}); ${next}.`)
      if (failure.requestId) terminal.debug(`AWS request id ${failure.requestId}`)
      // Not referenced: the deadline's own timer keeps the process alive, and ends it.
      await deadline.race('waiting to try again', sleep(delay, undefined, { ref: false }))
    }
  }
}
