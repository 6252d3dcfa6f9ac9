import { type Deadline, now } from '../deadline.ts'
import type { Environment } from '../options.ts'
import { hasExpired, type WebIdentityToken } from '../token/web-identity-token.ts'
import {
  type AssumedRole,
  type AssumeRoleRequest,
  assumeRoleWithWebIdentity,
} from './assume-role.ts'
import { connectSts } from './connection.ts'
import type { StsEndpoint } from './endpoint.ts'
import type { Failure } from './failure.ts'
import { refusal } from './refusal.ts'
import { FailedAttempts, tellOfRetries, withRetries } from './retry.ts'

export interface ExchangeOptions {
  readonly endpoint: StsEndpoint
  readonly env: Environment
  readonly maxAttempts: number
  readonly deadline: Deadline
  /** Told what a person should know while it lasts: retries, a new token. */
  readonly note: (text: string) => void
  readonly debug: (text: string) => void
  /** Told of every token used, before it is. */
  readonly onToken: (token: WebIdentityToken) => void
}

export interface Exchanged extends AssumedRole {
  /** The token that was accepted; a newer one than given if that had expired. */
  readonly token: WebIdentityToken
  readonly url: URL
}

/** Exchanges a web identity token for credentials of a role, with retries. Throws `OidcError`. */
export async function exchangeToken(
  request: AssumeRoleRequest,
  given: WebIdentityToken,
  options: ExchangeOptions,
): Promise<Exchanged> {
  const { deadline, note, debug } = options
  const sts = await connectSts(options.endpoint, options.env)
  const { url } = sts
  let token = given
  const renew = async (): Promise<boolean> => {
    if (!token.renew) return false
    note(`The token from ${token.source} has expired; getting a new one.`)
    const fresh = await deadline.race('getting a new token', token.renew())
    const changed = fresh.value !== token.value
    token = fresh
    options.onToken(token)
    return changed
  }
  const attempt = async (number: number): Promise<AssumedRole> => {
    if (hasExpired(token)) await renew()
    const start = now()
    const took = () => `attempt ${number} at ${url.host} took ${Math.round(now() - start)} ms`
    try {
      const { signal } = deadline
      const role = await assumeRoleWithWebIdentity(sts, request, token.value, signal)
      debug(`${took()}; AWS request id ${role.requestId ?? 'missing'}`)
      return role
    } catch (error) {
      debug(`${took()} and failed`)
      throw error
    }
  }
  // AWS calling a fresh token expired as well means that another one won't help.
  let renewed = false
  const mend = async (failure: Failure): Promise<boolean> => {
    if (failure.code !== 'token-expired' || renewed) return false
    renewed = true
    return renew()
  }
  try {
    options.onToken(token)
    const role = await withRetries(attempt, {
      maxAttempts: options.maxAttempts,
      deadline,
      mend,
      onRetry: tellOfRetries({ note, debug }),
    })
    return { ...role, token, url }
  } catch (error) {
    if (error instanceof FailedAttempts) throw refusal(error, { request, token, url })
    throw error
  } finally {
    sts.destroy()
  }
}
