import { readFileSync, statSync } from 'node:fs'

/** Credentials kept for the next call, in the form that `credential_process` prints. */
export interface CachedCredentials {
  /** AWS SDKs and Tools Reference, "Process credential provider": JSON with Version 1. */
  readonly text: string
  /** When they end, in milliseconds since the epoch. */
  readonly end: number
  /** When they were written, in milliseconds since the epoch. */
  readonly start: number
}

const MARGIN_MS = 5 * 60_000

/** The credentials in a cache file; undefined for none, or for what is not ours. */
export function readCachedCredentials(path: string): CachedCredentials | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const end = Date.parse(JSON.parse(text).Expiration)
    return Number.isNaN(end) ? undefined : { text, end, start: statSync(path).mtimeMs }
  } catch {
    return undefined
  }
}

/** Five minutes before their end they are renewed; those of a short life after two thirds of it. */
export function isFresh({ start, end }: CachedCredentials, now = Date.now()): boolean {
  return end - now > Math.min(MARGIN_MS, (end - start) / 3)
}
