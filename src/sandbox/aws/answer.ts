import { isoSeconds } from '../../text.ts'

// Codes and statuses: "Errors" of each action and "Common errors" in the AWS STS API Reference.
const STATUS = {
  AccessDenied: 403,
  ExpiredToken: 403,
  ExpiredTokenException: 400,
  IDPCommunicationError: 400,
  IDPRejectedClaim: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidAuthorizationMessageException: 400,
  InvalidClientTokenId: 403,
  InvalidIdentityToken: 400,
  InvalidParameterValue: 400,
  MalformedPolicyDocument: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  PackedPolicyTooLarge: 400,
  RegionDisabledException: 403,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const satisfies Record<string, number>

export type StsErrorCode = keyof typeof STATUS

/** A refusal as AWS words it; `reason` is the true cause, which AWS would not tell and the sandbox logs. */
export class StsError extends Error {
  readonly code: StsErrorCode
  readonly reason: string | undefined

  constructor(code: StsErrorCode, message: string, reason?: string) {
    super(message)
    this.code = code
    this.reason = reason
  }

  get status(): number {
    return STATUS[this.code]
  }
}

/** What an STS answer holds: nested elements; `Date` becomes ISO 8601 in XML and epoch seconds in JSON. */
export type Element = string | number | Date | { readonly [name: string]: Element | undefined }

export type Format = 'xml' | 'json'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** A successful answer, shaped as in the examples of the AWS STS API Reference. */
export function renderResult(
  action: string,
  result: Element,
  requestId: string,
  format: Format,
): Answer {
  const members = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }
  return format === 'json'
    ? json(200, { [`${action}Response`]: toJson(members) })
    : xml(200, `${action}Response`, members)
}

/** An error, as on the page "Common errors" of the AWS STS API Reference. */
export function renderError(error: StsError, requestId: string, format: Format): Answer {
  const members = {
    Error: {
      Type: error.status >= 500 ? 'Receiver' : 'Sender',
      Code: error.code,
      Message: error.message,
    },
    RequestId: requestId,
  }
  return format === 'json'
    ? json(error.status, toJson(members))
    : xml(error.status, 'ErrorResponse', members)
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: JSON.stringify(value) }
}

function xml(status: number, root: string, members: Element): Answer {
  const body = `<${root} xmlns="${NAMESPACE}">\n${toXml(members, '  ')}</${root}>\n`
  return { status, contentType: 'text/xml', body }
}

function toXml(element: Element, indent: string): string {
  if (typeof element !== 'object') return escapeXml(String(element))
  if (element instanceof Date) return isoSeconds(element)
  return Object.entries(element)
    .map(([name, value]) => {
      if (value === undefined) return ''
      const leaf = typeof value !== 'object' || value instanceof Date
      const content = leaf ? toXml(value, '') : `\n${toXml(value, `${indent}  `)}${indent}`
      return `${indent}<${name}>${content}</${name}>\n`
    })
    .join('')
}

function toJson(element: Element): unknown {
  if (element instanceof Date) return Math.floor(element.getTime() / 1000)
  if (typeof element !== 'object') return element
  return Object.fromEntries(
    Object.entries(element).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, toJson(value)]],
    ),
  )
}

function escapeXml(text: string): string {
  return (
    text
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      // XML 1.0 has no way to write these, and a client could not read the answer.
      .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
  )
}
