import { writeFileSync } from 'node:fs'
import type { ErrorText, OidcError } from '../errors.ts'
import { readOwnFile } from '../files/owner.ts'

/** A renewal that failed, kept so that not everyone who needs the credentials finds out for himself. */
interface LastFailure extends Omit<ErrorText, 'cause'> {
  readonly code: OidcError['code']
  /** When it failed, and until when nobody tries again: milliseconds since the epoch. */
  readonly at: number
  readonly until: number
}

/** The failure that stops others from trying now, if there is one. */
export function lastFailure(path: string): LastFailure | undefined {
  try {
    const failure: LastFailure = JSON.parse(readOwnFile(path).content.toString())
    // Where the clock was set back, it would hold for too long.
    return holds(failure) && failure.until - failure.at <= LONGEST_MS ? failure : undefined
  } catch {
    return undefined
  }
}

export function holds({ at, until }: Pick<LastFailure, 'at' | 'until'>): boolean {
  const now = Date.now()
  return at <= now && now < until
}

/** How long a failure holds for credentials that end then: a while, but several attempts are left. */
export function failedUntil(end: number, at = Date.now()): number {
  return at + Math.min(LONGEST_MS, Math.max(LEAST_MS, (end - at) / 4))
}

/** Keeps a failure for others; where it can't, they try for themselves. */
export function keepFailure(path: string, failure: LastFailure): void {
  try {
    writeFileSync(path, JSON.stringify(failure), { mode: 0o600 })
  } catch {
    // The directory is gone with a cleanup, or the disk is full.
  }
}

const LEAST_MS = 10_000
const LONGEST_MS = 60_000
