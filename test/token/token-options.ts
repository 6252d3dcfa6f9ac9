import type { TokenOptions } from '../../src/token/web-identity-token.ts'

/** Token options where nothing is given. */
export const AUTO: TokenOptions = {
  'token-source': 'auto',
  'token-env': undefined,
  'token-file': undefined,
  'token-version': undefined,
  audience: undefined,
}

export const STDIN: TokenOptions = { ...AUTO, 'token-source': 'stdin' }
