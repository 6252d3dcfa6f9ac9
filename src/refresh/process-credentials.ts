import type { FileEdit } from '../profiles/file-replacement.ts'
import type { Credentials, SessionCredentials } from '../sts/credentials.ts'
import { isoSeconds } from '../timestamp.ts'
import type { CachedCredentials } from './cached-credentials.ts'

/** AWS SDKs and Tools Reference, "Process credential provider". */
export function processCredentials(credentials: SessionCredentials): string {
  return JSON.stringify({
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: isoSeconds(credentials.expiration),
  })
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
