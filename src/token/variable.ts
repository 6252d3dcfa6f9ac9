import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { type WebIdentityToken, webIdentityToken } from './web-identity-token.ts'

/** The token in a variable, `next` being what to do where there is none. Nothing renews it. */
export function readVariable(
  name: string,
  env: Environment,
  next = `Set ${name} to the job's web identity token, or name another source.`,
): WebIdentityToken {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new OidcError('invalid-usage', {
      what: '--token-env does not hold the name of an environment variable.',
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
