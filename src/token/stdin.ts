import { addAbortSignal } from 'node:stream'
import { OidcError } from '../errors.ts'
import { type WebIdentityToken, webIdentityToken } from './web-identity-token.ts'

/** The token that is piped in; `signal` ends the wait. */
export async function readStdin(signal: AbortSignal): Promise<WebIdentityToken> {
  if (process.stdin.isTTY) {
    throw new OidcError('token-not-found', {
      what: 'The token should come from stdin, but stdin is a terminal.',
      next: 'Pipe the token in.',
    })
  }
  const chunks: Buffer[] = []
  // A pipe that never ends would keep the process alive after the time is up.
  for await (const chunk of addAbortSignal(signal, process.stdin)) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() !== '') return webIdentityToken(text, 'stdin')
  throw new OidcError('token-not-found', {
    what: 'The token should come from stdin, but nothing came.',
    next: 'Check the command whose output is piped in.',
  })
}
