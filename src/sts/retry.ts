import { setTimeout as sleep } from 'node:timers/promises'
import type { Deadline } from '../deadline.ts'
import { type Failure, failureOf } from './failure.ts'

const BASE_DELAY = 500
const MAXIMUM_DELAY = 10_000

/** Where to tell a person what should be known while a command lasts. */
export interface Narration {
  readonly note: (text: string) => void
  readonly debug: (text: string) => void
}

export interface Attempt {
  /** From 1. */
  readonly number: number
  readonly maximum: number
}

export interface RetryOptions {
  readonly maxAttempts: number
  readonly deadline: Deadline
  /** Told of every failed attempt that is followed by another; `delay` in milliseconds. */
  readonly onRetry: (failure: Failure, attempt: Attempt, delay: number) => void
  /** Tries to mend what a permanent failure complains of; true means: try again at once. */
  readonly mend?: (failure: Failure) => Promise<boolean>
}

/** Ends the retries: the last failure and how many attempts it took. */
export class FailedAttempts extends Error {
  readonly failure: Failure
  readonly attempts: number

  constructor(failure: Failure, attempts: number, cause: unknown) {
    super(failure.detail, { cause })
    this.failure = failure
    this.attempts = attempts
  }
}

/** Repeats `attempt` while its failure is transient, with exponential backoff and full jitter. */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  { maxAttempts, deadline, onRetry, mend }: RetryOptions,
): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await deadline.race(`waiting for AWS STS (attempt ${number})`, attempt(number))
    } catch (error) {
      deadline.signal.throwIfAborted()
      const failure = failureOf(error)
      const maximum = Math.min(maxAttempts, failure.attempts ?? maxAttempts)
      if (number >= maximum) throw new FailedAttempts(failure, number, error)
      if (await mend?.(failure)) continue
      if (!failure.transient) throw new FailedAttempts(failure, number, error)
      const delay = Math.random() * Math.min(MAXIMUM_DELAY, BASE_DELAY * 2 ** (number - 1))
      onRetry(failure, { number, maximum }, delay)
      // Not referenced: the deadline's own timer keeps the process alive, and ends it.
      await deadline.race('waiting to try again', sleep(delay, undefined, { ref: false }))
    }
  }
}

/** Tells of every retry on a line. */
export function tellOfRetries({ note, debug }: Narration): RetryOptions['onRetry'] {
  return ({ detail, requestId }, { number, maximum }, delay) => {
    note(
      `Attempt ${number} of ${maximum} failed (${detail}); next in ${(delay / 1000).toFixed(1)} s.`,
    )
    if (requestId) debug(`AWS request id ${requestId}`)
  }
}
