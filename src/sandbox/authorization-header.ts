import { StsError } from './sts-error.ts'

/** The parts of a Signature Version 4 `Authorization` header. */
export interface Authorization {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const SKEW_MS = 15 * 60 * 1000

/** Throws `MissingAuthenticationToken` or `IncompleteSignature`. */
export function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined) {
    throw new StsError('MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]*)\/([^/]*)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    )
  const [, accessKeyId, date, region, service, signedHeaders, signature] = parts ?? []
  if (!accessKeyId || !date || !signedHeaders || !signature) {
    throw new StsError(
      'IncompleteSignature',
      'Authorization header requires the Credential, SignedHeaders and Signature parameters.',
    )
  }
  return {
    ...{ accessKeyId, date, signature, region: region ?? '', service: service ?? '' },
    signedHeaders: signedHeaders.split(';'),
  }
}

/** Any region will do: one sandbox stands for all regional endpoints. */
export function checkScope({ region, service }: Authorization): void {
  const problems = [
    /^[a-z][a-z0-9-]+$/.test(region) ? '' : 'Credential should be scoped to a valid region. ',
    service === 'sts' ? '' : "Credential should be scoped to correct service: 'sts'. ",
  ].join('')
  if (problems !== '') throw new StsError('SignatureDoesNotMatch', problems)
}

/** The signing date, `x-amz-date`, must be signed, agree with the scope, and be at most 15 minutes off. */
export function checkDate(
  header: string | undefined,
  { date, signedHeaders }: Authorization,
): void {
  const [, year, month, day, time] = /^(\d{4})(\d\d)(\d\d)T(\d{6})Z$/.exec(header ?? '') ?? []
  if (!header || !time || !signedHeaders.includes('x-amz-date')) {
    throw new StsError(
      'IncompleteSignature',
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    )
  }
  if (!header.startsWith(date)) {
    throw new StsError(
      'SignatureDoesNotMatch',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${header.slice(0, 8)}', from '${header}'.`,
    )
  }
  const signedAt = Date.parse(`${year}-${month}-${day}T${time.replace(/(\d\d)(?=\d)/g, '$1:')}Z`)
  const now = Date.now()
  if (Math.abs(now - signedAt) <= SKEW_MS) return
  const limit = new Date(now + (signedAt < now ? -SKEW_MS : SKEW_MS))
  throw new StsError(
    'SignatureDoesNotMatch',
    signedAt < now
      ? `Signature expired: ${header} is now earlier than ${basic(limit)} (${basic(new Date(now))} - 15 min.)`
      : `Signature not yet current: ${header} is still later than ${basic(limit)} (${basic(new Date(now))} + 15 min.)`,
  )
}

/** ISO 8601 "basic" form, as in `x-amz-date`. */
function basic(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '')
}
