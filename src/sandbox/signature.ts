import { createHash, timingSafeEqual } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Authorization } from './authorization-header.ts'
import { checkDate, checkScope, parseAuthorization } from './authorization-header.ts'
import type { StsRequest } from './operation.ts'
import type { Session, Sessions } from './session.ts'
import { Sha256 } from './sha256.ts'
import { StsError } from './sts-error.ts'

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
