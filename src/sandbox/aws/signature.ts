import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { StsError } from './answer.ts'
import type { StsRequest } from './request.ts'
import type { Session, Sessions } from './session.ts'

/** Who signed a request, and for which region. */
interface Signed {
  readonly session: Session
  readonly region: string
}

/**
 * Verifies the request's Signature Version 4, in the Authorization header or in a presigned URL. Throws `StsError`.
 * Rules: reference_sigv-create-signed-request.html; messages: reference_sigv-troubleshooting.html in the IAM User Guide.
 * Their order, and the wording of those that page leaves out, as recorded in https://github.com/architect/dynalite
 */
export function authenticate(request: StsRequest, sessions: Sessions): Signed {
  const signature = readSignature(request)
  const date = checkDate(signature.date)
  checkSignedHeaders(request, signature)
  checkScope(signature, date)
  const session = findSession(signature, sessions)
  checkSignature(request, signature, session, date)
  return { session, region: signature.region }
}

interface Signature {
  readonly accessKeyId: string
  /** Date, region, service and terminator of the scope. */
  readonly scope: readonly [date: string, region: string, service: string, terminator: string]
  readonly region: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `X-Amz-Date`, or the header `Date` in its place. */
  readonly date: string | undefined
  readonly sessionToken: string | undefined
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

function readSignature({ headers, query }: StsRequest): Signature {
  const authorization = headers['authorization']
  if (authorization !== undefined) {
    const date = headers['x-amz-date'] ?? headers['date']
    const [algorithm = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(authorization)?.slice(1) ?? []
    const parts = new Map(
      rest
        .split(',')
        .map((part) => /^\s*([^=]*)=?(.*?)\s*$/s.exec(part)?.slice(1) as [string, string]),
    )
    if (algorithm !== ALGORITHM && algorithm.startsWith('AWS4-')) {
      throw new StsError('IncompleteSignature', `Unsupported AWS 'algorithm': '${algorithm}'.`)
    }
    const missing = ['Credential', 'Signature', 'SignedHeaders'].filter(
      (name) => algorithm !== ALGORITHM || !parts.get(name),
    )
    if (missing.length > 0) {
      const problems = missing.map((name) => `Authorization header requires '${name}' parameter. `)
      throw new StsError('IncompleteSignature', `${problems.join('')}Authorization=${algorithm}`)
    }
    const sessionToken = headers['x-amz-security-token']
    return parseSignature((name) => parts.get(name) ?? '', { date, sessionToken })
  }
  if (!query.has('X-Amz-Algorithm')) {
    throw new StsError('MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  const names = ['Credential', 'Signature', 'SignedHeaders', 'Date'].map((name) => `X-Amz-${name}`)
  const missing = names.filter((name) => !query.get(name))
  if (query.get('X-Amz-Algorithm') !== ALGORITHM || missing.length > 0) {
    const problem = missing.map((name) => `AWS query-string parameters must include '${name}'.`)
    throw new StsError('IncompleteSignature', problem.join(' ') || "Unsupported AWS 'algorithm'.")
  }
  return parseSignature((name) => query.get(`X-Amz-${name}`) ?? '', {
    date: query.get('X-Amz-Date'),
    sessionToken: query.get('X-Amz-Security-Token'),
  })
}

function parseSignature(
  part: (name: string) => string,
  rest: Pick<Signature, 'date' | 'sessionToken'>,
): Signature {
  const credential = part('Credential')
  const parts = credential.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts
  if (parts.length !== 5) {
    throw new StsError(
      'IncompleteSignature',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    )
  }
  return {
    ...rest,
    accessKeyId,
    region,
    scope: [date, region, service, terminator],
    signedHeaders: part('SignedHeaders').toLowerCase().split(';'),
    signature: part('Signature'),
  }
}

/** For a presigned URL too, whatever its X-Amz-Expires: kubernetes-sigs/aws-iam-authenticator, pkg/token/token.go */
const SKEW_MS = 15 * 60 * 1000

/** The signing date in ISO 8601 "basic" form; it must be at most 15 minutes off. */
function checkDate(given: string | undefined): string {
  const basicForm = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
  // The header Date is of the form of HTTP: Sat, 21 Nov 2026 16:00:00 GMT
  const time = Date.parse((given ?? '').replace(basicForm, '$1-$2-$3T$4:$5:$6Z'))
  if (given === undefined || Number.isNaN(time)) {
    throw new StsError(
      'IncompleteSignature',
      given === undefined
        ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        : `Date must be in ISO-8601 'basic format'. Got '${given}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    )
  }
  const date = basic(new Date(time))
  const now = Date.now()
  if (Math.abs(now - time) <= SKEW_MS) return date
  const limit = basic(new Date(now + (time < now ? -SKEW_MS : SKEW_MS)))
  throw new StsError(
    'SignatureDoesNotMatch',
    time < now
      ? `Signature expired: ${date} is now earlier than ${limit} (${basic(new Date(now))} - 15 min.)`
      : `Signature not yet current: ${date} is still later than ${limit} (${basic(new Date(now))} + 15 min.)`,
  )
}

function basic(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, '')
}

/** "host … and any x-amz-* headers" must be signed: reference_sigv-create-signed-request.html, step 1. */
function checkSignedHeaders({ headers }: StsRequest, { signedHeaders }: Signature): void {
  const unsigned = (name: string) => !signedHeaders.includes(name)
  const stray = Object.keys(headers).find((name) => name.startsWith('x-amz-') && unsigned(name))
  const wrong = unsigned('host') ? "'Host' or ':authority'" : stray && `'${stray}'`
  if (!wrong) return
  throw new StsError(
    'SignatureDoesNotMatch',
    `${wrong} must be a 'SignedHeader' in the AWS Authorization.`,
  )
}

function checkScope({ scope }: Signature, signingDate: string): void {
  const [date, region, service, terminator] = scope
  const problems = [
    partitionOf(region) ? '' : `Credential should be scoped to a valid region, not '${region}'. `,
    service === 'sts' ? '' : "Credential should be scoped to correct service: 'sts'. ",
    terminator === 'aws4_request'
      ? ''
      : `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `,
    signingDate.slice(0, 8) === date
      ? ''
      : `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${signingDate.slice(0, 8)}', from '${signingDate}'. `,
  ].join('')
  if (problems !== '') throw new StsError('SignatureDoesNotMatch', problems)
}

/** The shapes of each partition's region names, as in the file of partitions that AWS's SDKs share. */
const REGIONS: Readonly<Record<string, RegExp>> = {
  aws: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
  'aws-cn': /^cn-\w+-\d+$/,
  'aws-eusc': /^eusc-de-\w+-\d+$/,
  'aws-iso': /^us-iso-\w+-\d+$/,
  'aws-iso-b': /^us-isob-\w+-\d+$/,
  'aws-iso-e': /^eu-isoe-\w+-\d+$/,
  'aws-iso-f': /^us-isof-\w+-\d+$/,
  'aws-us-gov': /^us-gov-\w+-\d+$/,
}

/** The partition a region is in; one sandbox stands for the endpoints of all regions. */
export function partitionOf(region: string): string | undefined {
  return Object.keys(REGIONS).find((partition) => REGIONS[partition]?.test(region))
}

function findSession(
  { accessKeyId, sessionToken, region }: Signature,
  sessions: Sessions,
): Session {
  const session = sessions.find(accessKeyId)
  const invalid = (reason: string) =>
    new StsError(
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      reason,
    )
  if (!session) throw invalid('the access key was not issued by this sandbox')
  if (sessionToken === undefined) throw invalid('the session token is missing')
  if (sessionToken !== session.sessionToken) {
    throw invalid('the session token belongs to another access key')
  }
  if (partitionOf(region) !== session.partition) {
    throw invalid(`credentials of ${session.partition} are unknown in ${region}`)
  }
  if (session.expiration.getTime() <= Date.now()) {
    throw new StsError(
      'ExpiredToken',
      'The security token included in the request is expired',
      `it expired at ${session.expiration.toISOString()}`,
    )
  }
  return session
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

function checkSignature(
  request: StsRequest,
  { scope, signedHeaders, signature }: Signature,
  { secretAccessKey }: Session,
  date: string,
): void {
  const canonical = [
    request.method,
    '/',
    canonicalQuery(request.target),
    ...signedHeaders.map((name) => `${name}:${canonicalValue(request.headers[name])}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
  const toSign = [ALGORITHM, date, scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const expected = hmac(key, toSign).toString('hex')
  if (signature.length === expected.length) {
    if (timingSafeEqual(Buffer.from(signature, 'latin1'), Buffer.from(expected))) return
  }
  throw new StsError('SignatureDoesNotMatch', MISMATCH)
}

/** The signature of a presigned URL stands in the query that it signs. */
function canonicalQuery(target: string): string {
  const parameters = [...new URL(target, 'http://sandbox').searchParams]
  return parameters
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map((pair) => pair.map(percentEncode).join('\0'))
    .sort()
    .map((pair) => pair.replace('\0', '='))
    .join('&')
}

/** RFC 3986: all but letters, digits, "-", ".", "_" and "~". */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function canonicalValue(value = ''): string {
  return value.trim().replace(/ +/g, ' ')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
