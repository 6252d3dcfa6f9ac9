import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Checksum, SourceData } from '@smithy/types'
import { StsError } from './answer.ts'
import type { StsRequest } from './request.ts'
import type { Session, Sessions } from './session.ts'

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

/** Node's SHA-256, or HMAC-SHA-256 with a secret, in the form `SignatureV4` asks for. */
export class Sha256 implements Checksum {
  readonly #secret: Uint8Array | undefined
  #parts: Uint8Array[] = []

  constructor(secret?: SourceData) {
    this.#secret = secret === undefined ? undefined : bytes(secret)
  }

  update(chunk: SourceData): void {
    this.#parts.push(bytes(chunk))
  }

  digest(): Promise<Uint8Array> {
    const hash = this.#secret ? createHmac('sha256', this.#secret) : createHash('sha256')
    return Promise.resolve(hash.update(Buffer.concat(this.#parts)).digest())
  }

  reset(): void {
    this.#parts = []
  }
}

function bytes(data: SourceData): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/**
 * The session whose credentials signed this request (Signature Version 4 in the Authorization header), checked in AWS's
 * order: scope, token, expiry, date, signature. Throws `StsError`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function authenticate(request: StsRequest, sessions: Sessions): Promise<Session> {
  const authorization = parseAuthorization(request.headers['authorization'])
  checkScope(authorization)
  const session = findSession(request, authorization, sessions)
  checkDate(request.headers['x-amz-date'], authorization)
  await checkSignature(request, authorization, session)
  return session
}

function findSession(
  { headers }: StsRequest,
  { accessKeyId }: Authorization,
  sessions: Sessions,
): Session {
  const session = sessions.find(accessKeyId)
  const token = headers['x-amz-security-token']
  if (!session || token !== session.sessionToken) {
    const reason = !session
      ? 'the access key was not issued by this sandbox'
      : token === undefined
        ? 'the session token is missing'
        : 'the session token belongs to another access key'
    throw new StsError(
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      reason,
    )
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

async function checkSignature(
  request: StsRequest,
  authorization: Authorization,
  session: Session,
): Promise<void> {
  const declared = request.headers['x-amz-content-sha256']
  const actual = createHash('sha256').update(request.body).digest('hex')
  const expected = await sign(request, authorization, session)
  const bodyMatches = declared === undefined || declared === actual
  if (bodyMatches && sameText(expected, authorization.signature)) return
  throw new StsError('SignatureDoesNotMatch', MISMATCH)
}

/** Signs the same request with the secret we issued. */
async function sign(
  request: StsRequest,
  { date, region, service, signedHeaders }: Authorization,
  { accessKeyId, secretAccessKey, sessionToken }: Session,
): Promise<string> {
  const tokenSigned = signedHeaders.includes('x-amz-security-token')
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    applyChecksum: false,
    credentials: { accessKeyId, secretAccessKey, ...(tokenSigned ? { sessionToken } : {}) },
  })
  const address = new URL(request.target, 'http://sandbox')
  const longDate = request.headers['x-amz-date'] ?? date
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: address.hostname,
      path: address.pathname,
      query: Object.fromEntries(
        [...new Set(address.searchParams.keys())].map((name) => [
          name,
          address.searchParams.getAll(name),
        ]),
      ),
      headers: Object.fromEntries(signedHeaders.map((name) => [name, request.headers[name] ?? ''])),
      body: request.body,
    },
    {
      signingDate: longDate.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'),
      signableHeaders: new Set(signedHeaders),
    },
  )
  return /Signature=([0-9a-f]+)$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? ''
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
