import { type ErrorText, OidcError } from '../errors.ts'
import { readStdin, readTextFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import {
  refuseExpired,
  unexpired,
  type WebIdentityToken,
  webIdentityToken,
} from './web-identity-token.ts'

/** The token in a file, renewed by reading the file again. */
export async function readTokenFile(
  path: string,
  whenExpired = refuseExpired,
  signal?: AbortSignal,
): Promise<WebIdentityToken> {
  const text = await readTextFile(path, {
    what: 'The token file',
    next: 'Check the path and permissions of the token file, and that the step that writes it ran before.',
    code: 'token-not-found',
    signal,
  })
  if (text.trim() === '') {
    throw new OidcError('token-not-found', {
      what: `The token file ${path} is empty.`,
      next: 'Check the step that writes the token there.',
    })
  }
  // Whatever keeps the file fresh may have written a new token since.
  return unexpired(
    webIdentityToken(text, path, () => readTokenFile(path)),
    whenExpired,
  )
}

/** The token that is piped in; `signal` ends the wait. */
export async function readTokenFromStdin(signal: AbortSignal): Promise<WebIdentityToken> {
  if (process.stdin.isTTY) {
    throw new OidcError('token-not-found', {
      what: 'The token should come from stdin, but stdin is a terminal.',
      next: 'Pipe the token in.',
    })
  }
  const text = await readStdin({ what: 'The token', code: 'token-not-found', signal })
  if (text.trim() !== '') return webIdentityToken(text, 'stdin')
  throw new OidcError('token-not-found', {
    what: 'The token should come from stdin, but stdin is empty.',
    next: 'Check the command that pipes the token in.',
  })
}

/** The token in a variable, `next` being what to do where there is none. Nothing renews it. */
export function readVariable(
  name: string,
  env: Environment,
  next: ErrorText['what'] = `Set ${name} to the job's web identity token, or name another source.`,
): WebIdentityToken {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new OidcError('invalid-usage', {
      what: '--token-env is not the name of an environment variable.',
      next: 'Give the name of the variable, without "$"; never the token itself.',
    })
  }
  const text = env[name]?.trim()
  if (text) return webIdentityToken(text, name)
  throw new OidcError('token-not-found', {
    what: `The environment variable ${name} is ${text === undefined ? 'not set' : 'empty'}.`,
    next,
  })
}
