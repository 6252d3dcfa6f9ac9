import type { Deadline } from '../deadline.ts'
import type { Environment } from '../options.ts'
import { readToken } from '../token/source.ts'
import type { TokenOptions } from '../token/token-options.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'

/** The tokens of one run: each audience is read once, whoever asks for it. */
export interface TokenPool {
  /** The command's own token, or one minted for the audience. */
  get(audience?: string): Promise<WebIdentityToken>
}

export function tokenPool(options: TokenOptions, env: Environment, deadline: Deadline): TokenPool {
  const tokens = new Map<string | undefined, Promise<WebIdentityToken>>()
  const read = (audience: string | undefined) => {
    const wanted = audience === undefined ? options : { ...options, audience }
    const reading = readToken(wanted, env, deadline.signal)
    return deadline.race('reading the web identity token', reading)
  }
  return {
    get: (audience) => {
      const token = tokens.get(audience) ?? read(audience)
      tokens.set(audience, token)
      return token
    },
  }
}
