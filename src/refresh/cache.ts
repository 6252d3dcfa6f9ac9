import { readOwnFile } from '../files/owner.ts'
import type { FileEdit } from '../files/replace.ts'
import type { Credentials, SessionCredentials } from '../role/request.ts'
import { isoSeconds } from '../text.ts'

/** Credentials kept for the next call, in the form that `credential_process` prints. */
export interface CachedCredentials {
  /** AWS SDKs and Tools Reference, "Process credential provider": JSON with Version 1. */
  readonly text: string
  /** When they end, in milliseconds since the epoch. */
  readonly end: number
  /** When they were written, in milliseconds since the epoch. */
  readonly start: number
}

/** The credentials in a cache file; undefined for none, or for what is not ours alone. */
export function readCachedCredentials(path: string): CachedCredentials | undefined {
  try {
    const { content, writtenAt } = readOwnFile(path)
    const text = content.toString()
    const values = JSON.parse(text)
    if (values.Version !== 1 || !KEYS.every((key) => isText(values[key]))) return undefined
    const end = Date.parse(values.Expiration)
    return Number.isNaN(end) ? undefined : { text, end, start: writtenAt }
  } catch {
    return undefined
  }
}

/** Sixteen minutes before their end they are renewed; those of a short life after two thirds of it. */
export function isFresh(life: Life, now?: number): boolean {
  return isLeft(life, MARGIN_MS, 3, now)
}

/** Whether they serve well while another one renews them, or nobody can: until a minute before their end. */
export function isUsable(life: Life, now?: number): boolean {
  return isLeft(life, 60_000, 6, now)
}

type Life = Pick<CachedCredentials, 'start' | 'end'>

/** Whether more is left of their life than so many milliseconds, or this part of it. */
function isLeft({ start, end }: Life, most: number, part: number, now = Date.now()): boolean {
  // Where the clock was set, they may end before they were written: what has ended is never fresh.
  return end - now > Math.max(0, Math.min(most, (end - start) / part))
}

export function credentialsOf({ text }: CachedCredentials): Credentials {
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(text)
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
}

export function cacheEdit(path: string, credentials: SessionCredentials): FileEdit {
  const text = `${processCredentials(credentials)}\n`
  return { path, edit: () => Buffer.from(text), secret: true }
}

/** AWS SDKs and Tools Reference, "Process credential provider". */
function processCredentials(credentials: SessionCredentials): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: isoSeconds(credentials.expiration),
  })
}

// botocore asks again from 15 minutes before the end on (RefreshableCredentials); answered with the same
// credentials, it would start us again for every request.
const MARGIN_MS = 16 * 60_000

const KEYS = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration']

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
