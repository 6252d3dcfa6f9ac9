import type { TokenOptions } from '../../src/token/token-options.ts'

/** Token options where nothing is given. */
export const AUTO: TokenOptions = {
  'token-source': 'auto',
  'token-env': undefined,
  'token-file': undefined,
  'token-version': undefined,
  audience: undefined,
}

export const STDIN: TokenOptions = { ...AUTO, 'token-source': 'stdin' }
