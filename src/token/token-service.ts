import { setTimeout as sleep } from 'node:timers/promises'
import { OidcError } from '../errors.ts'
import { CERTIFICATE_ERROR } from '../network/agents.ts'
import { get } from '../network/request.ts'
import type { Environment } from '../options.ts'
import { withoutTokens } from '../text.ts'
import { decodeClaims } from './claims.ts'

/** The audience that AWS documents for tokens made for it. */
export const AWS_AUDIENCE = 'sts.amazonaws.com'

const ATTEMPTS = 3
const BASE_DELAY = 500

interface TokenRequest {
  readonly url: URL
  readonly bearer: string
  readonly audience: string
}

type ServiceAnswer =
  | { readonly token: string }
  /** In words, without anything that could be a secret; `status` where the service answered. */
  | { readonly reason: string; readonly status?: number; readonly transient: boolean }

/**
 * Asks a service as GitHub's: `audience` in the query, a bearer token in the header, and the token in
 * `value` of a JSON object, or as the whole answer. What passes by itself is tried again.
 */
export async function askTokenService(
  request: TokenRequest,
  env: Environment,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await askOnce(request, env, signal)
    signal.throwIfAborted()
    if ('token' in answer || !answer.transient || attempt === ATTEMPTS) return answer
    const delay = (0.5 + Math.random() / 2) * BASE_DELAY * 2 ** attempt
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

async function askOnce(
  { url, bearer, audience }: TokenRequest,
  env: Environment,
  signal: AbortSignal,
): Promise<ServiceAnswer> {
  const address = new URL(url)
  address.searchParams.set('audience', audience)
  const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' }
  try {
    const { status, body } = await get(address, headers, env, signal)
    if (status === 200) return tokenIn(body)
    const said = saidIn(body).replaceAll(bearer, '[concealed]')
    const transient = status === 429 || status >= 500
    return { reason: `HTTP ${status}${said && `: ${said}`}`, status, transient }
  } catch (error) {
    signal.throwIfAborted()
    // What is wrong with the proxy or the certificates stays wrong.
    if (error instanceof OidcError) throw error
    const { code = '', message } = error as NodeJS.ErrnoException
    return { reason: message || code, transient: !CERTIFICATE_ERROR.test(code) }
  }
}

function tokenIn(body: string): ServiceAnswer {
  const { value = body.trim() } = readObject(body)
  try {
    decodeClaims(String(value), 'the answer')
    return { token: String(value) }
  } catch {
    return { reason: 'HTTP 200, but no token in the answer', status: 200, transient: false }
  }
}

/** What the service says of its refusal, one line of it. */
function saidIn(body: string): string {
  const { message, error_description, error } = readObject(body)
  const said = [message, error_description, error].find((one) => typeof one === 'string')
  return withoutTokens(String(said ?? ''))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 200)
}

function readObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const object: unknown = JSON.parse(body)
    return typeof object === 'object' && object !== null ? { ...object } : {}
  } catch {
    return {}
  }
}

/** Where a service is asked, from two variables that hold its URL and the bearer token. Throws `invalid-usage`. */
export function serviceOf(
  variables: { readonly url: string; readonly bearer: string },
  env: Environment,
): Pick<TokenRequest, 'url' | 'bearer'> {
  const address = env[variables.url]?.trim() ?? ''
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new OidcError('invalid-usage', {
      what: `${variables.url} is not an https:// or http:// URL.`,
      next: `Set ${variables.url} to the URL at which the service gives tokens.`,
    })
  }
  const bearer = env[variables.bearer]?.trim() ?? ''
  if (/^[\x21-\x7e]+$/.test(bearer)) return { url, bearer }
  throw new OidcError('invalid-usage', {
    what: `${variables.bearer} contains characters that no bearer token has.`,
    next: `Set ${variables.bearer} to the bearer token alone.`,
  })
}
