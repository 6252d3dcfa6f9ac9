import { type ErrorCode, OidcError } from '../errors.ts'
import { CERTIFICATE_ERROR } from '../network/agents.ts'
import { printable, withoutTokens } from '../text.ts'

/** What went wrong in one exchange with STS. */
export interface Failure {
  readonly code: ErrorCode
  /** Whether the same request may succeed a moment later. */
  readonly transient: boolean
  /** How many attempts it is worth at most, where that is fewer than others get. */
  readonly attempts?: number
  /** In words: AWS's code and message, or what the system said. Never a secret. */
  readonly detail: string
  readonly requestId?: string
  /** What the header `Date` of the answer said. */
  readonly awsTime?: Date
  /** Set where the error has not the form of AWS's: a server with an STS of its own. */
  readonly isForeign?: true
}

/** The failure behind anything an attempt threw; errors of our own pass through. */
export function failureOf(error: unknown): Failure {
  if (error instanceof OidcError) throw error
  if (error instanceof FailedExchange) return error.failure
  if (error instanceof Error) return classify(error)
  throw error
}

/** Tells from what the SDK threw which error it is and whether a retry can help. */
function classify(error: SdkError): Failure {
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode
  const requestId = printable(error.$metadata?.requestId ?? '')
  const failure = status === undefined ? network(error) : answer(error, status)
  // A ValidationError quotes the value it complains of, which may be the token.
  const detail = printable(withoutTokens(failure.detail)).replace(/\.+$/, '')
  const date = new Date(error.$response?.headers?.['date'] ?? '')
  const awsTime = Number.isNaN(date.getTime()) ? {} : { awsTime: date }
  return { ...failure, detail, ...(requestId ? { requestId } : {}), ...awsTime }
}

/** AWS error codes and what they mean. STS API Reference, "Errors" and "Common Errors". */
const CODES: Readonly<Record<string, readonly [ErrorCode, 'transient' | 'brief' | 'permanent']>> = {
  IDPCommunicationError: ['issuer-unreachable', 'transient'],
  IDPRejectedClaim: ['token-rejected', 'permanent'],
  ExpiredToken: ['token-expired', 'permanent'],
  AccessDenied: ['access-denied', 'permanent'],
  PackedPolicyTooLarge: ['session-policy-rejected', 'permanent'],
  MalformedPolicyDocument: ['session-policy-rejected', 'permanent'],
  // Right after an exchange, new credentials may not be known everywhere yet.
  InvalidClientTokenId: ['credentials-rejected', 'brief'],
  SignatureDoesNotMatch: ['credentials-rejected', 'brief'],
  RegionDisabled: ['region-disabled', 'permanent'],
  ValidationError: ['request-rejected', 'permanent'],
  RequestLimitExceeded: ['aws-unavailable', 'transient'],
  RequestTimeout: ['aws-unavailable', 'transient'],
  TooManyRequests: ['aws-unavailable', 'transient'],
  InternalFailure: ['aws-unavailable', 'transient'],
  InternalError: ['aws-unavailable', 'transient'],
  ServiceUnavailable: ['aws-unavailable', 'transient'],
}

/** The attempts that a brief retry takes in total. */
const BRIEF_ATTEMPTS = 3

const NETWORK =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/

interface SdkError extends Error {
  readonly Code?: string
  /** Sender or Receiver in what AWS answers; in an `Error` that stands alone there is none. */
  readonly Type?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: {
    readonly statusCode?: number
    readonly headers?: Readonly<Record<string, string>>
  }
}

function network(error: SdkError): Failure {
  const code = error.code ?? ''
  if (NETWORK.test(code)) {
    // The system's message names host and port, which may be the proxy's.
    const named = error.message.includes(code) ? error.message : code
    const detail = named === 'ETIMEDOUT' ? 'no answer in time' : named
    return { code: 'aws-unreachable', transient: true, detail }
  }
  if (CERTIFICATE_ERROR.test(code)) {
    return { code: 'aws-unreachable', transient: false, detail: `${code}: ${error.message}` }
  }
  // "socket hang up", "aborted", "Parse Error", "Proxy connection ended": it broke in the midst of an answer.
  if (/socket|aborted|HPE_|Parse Error|connection ended/i.test(`${code} ${error.message}`)) {
    return { code: 'aws-unreachable', transient: true, detail: error.message }
  }
  return { code: 'unexpected-answer', transient: false, detail: error.message.slice(0, 200) }
}

function answer(error: SdkError, status: number): Failure {
  if (NETWORK.test(error.code ?? '')) {
    // Ours: it took too long.
    const detail =
      error.code === 'ETIMEDOUT' ? error.message : `the answer broke off (${error.code})`
    return { code: 'aws-unreachable', transient: true, detail }
  }
  const wireCode = error.Code ?? error.name
  const code = wireCode.replace(/Exception$/, '')
  const detail = `${wireCode}: ${error.message}`
  if (code === 'InvalidIdentityToken') return { ...identityToken(error.message), detail }
  // Of signed requests only: there the word is of the credentials, not of a web identity token.
  if (/security token included in the request is expired/i.test(error.message)) {
    return { code: 'credentials-rejected', transient: false, detail }
  }
  // Another attempt has the same clock: "Signature not yet current", "Signature expired", RequestExpired.
  if (code === 'RequestExpired' || /not yet current|signature expired/i.test(error.message)) {
    return { code: 'credentials-rejected', transient: false, detail }
  }
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  const isForeign = error.Code !== undefined && error.Type === undefined
  if (known) {
    const [meaning, retry] = known
    const limit = retry === 'brief' ? { attempts: BRIEF_ATTEMPTS } : {}
    const form = isForeign ? ({ isForeign } as const) : {}
    return { code: meaning, transient: retry !== 'permanent', ...limit, ...form, detail }
  }
  if (/^Throttl|^RequestThrottled|^SlowDown|^BandwidthLimit/.test(code) || status === 429) {
    return { code: 'aws-unavailable', transient: true, detail }
  }
  if (status >= 500) {
    return { code: 'aws-unavailable', transient: true, detail: `HTTP ${status}` }
  }
  if (status === 407) {
    const detail = 'the proxy asks for a user name and password (HTTP 407)'
    return { code: 'aws-unreachable', transient: false, detail }
  }
  // What is not AWS's XML has no code of AWS; the SDK then makes up a name or fails to parse.
  // An answer of STS has a request id: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
  if (isForeign || (error.Code !== undefined && /MethodNotAllowed|NoSuch|InvalidURI/.test(code))) {
    return { code: 'unexpected-answer', transient: false, detail: `HTTP ${status}, ${detail}` }
  }
  if (error.Code === undefined) {
    const detail = `HTTP ${status}, but not an answer from AWS STS`
    return { code: 'unexpected-answer', transient: false, detail }
  }
  return { code: 'request-rejected', transient: false, detail }
}

function identityToken(message: string): { code: ErrorCode; transient: boolean } {
  if (/retrieve verification key/i.test(message)) {
    return { code: 'issuer-unreachable', transient: true }
  }
  if (/No OpenIDConnect provider/i.test(message)) {
    return { code: 'provider-not-found', transient: false }
  }
  if (/audience/i.test(message)) return { code: 'audience-not-registered', transient: false }
  return { code: 'token-rejected', transient: false }
}

/** The failure of an answer that came with HTTP 200 and lacks what it must have. */
export function incompleteAnswer(missing: readonly string[]): Failure {
  return unexpectedAnswer(
    `${missing.length > 1 ? 'empty or HTML, ' : ''}without ${missing.join(', ')}`,
  )
}

/** The failure of an answer that came with HTTP 200, and is what no STS answers. */
export function unexpectedAnswer(what: string): Failure {
  return { code: 'unexpected-answer', transient: false, detail: printable(`HTTP 200, but ${what}`) }
}

/** Thrown in place of an SDK error where the SDK sees nothing wrong. */
export class FailedExchange extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.detail)
    this.failure = failure
  }
}
