import { OidcError } from '../errors.ts'
import { readInputFile } from '../input-file.ts'
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
  let text: string
  try {
    text = await readInputFile(path, signal)
  } catch (error) {
    if (error instanceof OidcError) throw error
    throw new OidcError('token-not-found', {
      what: `The token file ${path} can't be read: ${(error as Error).message.split(',')[0]}.`,
      next: 'Check the path and who may read it, and that the step which writes it ran before.',
      cause: error,
    })
  }
  if (text.trim() === '') {
    throw new OidcError('token-not-found', {
      what: `The token file ${path} is empty.`,
      next: 'Check the step that writes it.',
    })
  }
  // Whatever keeps the file fresh may have written a new token since.
  return unexpired(
    webIdentityToken(text, path, () => readTokenFile(path)),
    whenExpired,
  )
}
