import type { Environment } from '../options.ts'
import type { TokenOptions } from './token-options.ts'
import type { WebIdentityToken, WhenExpired } from './web-identity-token.ts'

/** What a source reads the token by. */
export interface Reading {
  readonly options: TokenOptions
  readonly env: Environment
  /** Aborts what is under way. */
  readonly signal: AbortSignal
  readonly whenExpired: WhenExpired
}

export type ReadSource = (reading: Reading) => Promise<WebIdentityToken>
