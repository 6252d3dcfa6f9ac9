import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SessionCredentials } from '../role/request.ts'
import type { Terminal } from '../terminal.ts'
import { isoSeconds } from '../text.ts'
import { isFresh, isUsable } from './cache.ts'
import { failedUntil, holds } from './last-failure.ts'

/** A credentials endpoint on 127.0.0.1, as containers of AWS have one. Whoever has its token is answered. */
interface CredentialsEndpoint {
  /** AWS SDKs and Tools Reference, "Container credential provider". */
  readonly variables: Readonly<
    Record<'AWS_CONTAINER_CREDENTIALS_FULL_URI' | 'AWS_CONTAINER_AUTHORIZATION_TOKEN', string>
  >
  readonly close: () => void
}

/** Starts an endpoint that gives these credentials and, before they end, new ones; nothing of it is on a disk. */
export async function startEndpoint(
  first: SessionCredentials,
  renew: () => Promise<SessionCredentials>,
  terminal: Pick<Terminal, 'conceal' | 'note'>,
): Promise<CredentialsEndpoint> {
  const token = randomBytes(32).toString('base64url')
  terminal.conceal(token)
  const current = renewing(first, renew, terminal)
  const server = createServer((request, response) => {
    if (!isAllowed(request, token)) {
      answer(response, 403, { code: 'AccessDenied', message: 'Wrong authorization token.' })
      return
    }
    current().then(
      (credentials) => answer(response, 200, containerCredentials(credentials)),
      (error: Error) => {
        answer(response, 500, { code: 'CredentialsNotRenewed', message: firstLine(error) })
      },
    )
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening)
  })
  const { port } = server.address() as AddressInfo
  return {
    variables: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/**
 * The credentials in use, renewed before they end, once however many ask. Nobody waits for that while they serve,
 * which is to their end where it fails; then nobody tries again for a while.
 */
function renewing(
  first: SessionCredentials,
  renew: () => Promise<SessionCredentials>,
  terminal: Pick<Terminal, 'note'>,
): () => Promise<SessionCredentials> {
  let current = { credentials: first, start: Date.now() }
  let pending: Promise<SessionCredentials> | undefined
  let failed: { readonly error: unknown; readonly at: number; readonly until: number } | undefined
  const renewNow = async () => {
    try {
      const credentials = await renew()
      current = { credentials, start: Date.now() }
    } catch (error) {
      const end = current.credentials.expiration
      failed = { error, at: Date.now(), until: failedUntil(end.getTime()) }
      const until = `valid until ${isoSeconds(end)}`
      terminal.note(
        `Warning: the credentials, ${until}, can't be renewed: ${firstLine(error as Error)}`,
      )
      if (end.getTime() <= Date.now()) throw error
    } finally {
      pending = undefined
    }
    return current.credentials
  }
  return async () => {
    const { credentials, start } = current
    const life = { start, end: credentials.expiration.getTime() }
    if (isFresh(life)) return credentials
    if (failed && holds(failed)) {
      if (life.end > Date.now()) return credentials
      throw failed.error
    }
    pending ??= renewNow()
    pending.catch(() => {})
    return isUsable(life) ? credentials : pending
  }
}

/** Compares digests: how long that takes tells nothing of the token. */
function isAllowed({ headers }: IncomingMessage, token: string): boolean {
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function containerCredentials(credentials: SessionCredentials): object {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: isoSeconds(credentials.expiration),
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function firstLine({ message }: Error): string {
  return message.split('\n')[0] ?? ''
}
