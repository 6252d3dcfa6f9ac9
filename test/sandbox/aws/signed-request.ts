import { createHash, createHmac } from 'node:crypto'
import type { AwsCredentialIdentity } from '@smithy/types'
import type { Sandbox } from '../../../src/sandbox/index.ts'

/** What of a signed request is other than usual. */
export interface Signing {
  readonly body?: string
  readonly date?: Date
  readonly scopeDate?: string
  readonly region?: string
  readonly service?: string
  readonly terminator?: string
  readonly algorithm?: string
  /** The header that tells the time; `Date` has it in the form of HTTP. */
  readonly dateHeader?: 'x-amz-date' | 'date'
  /** Sent instead of the body that was signed. */
  readonly sentBody?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that are sent, and not signed. */
  readonly unsigned?: readonly string[]
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** Signs by the documented steps, apart from any SDK: reference_sigv-create-signed-request.html */
export async function sendSigned(
  sandbox: Sandbox,
  { accessKeyId, secretAccessKey, sessionToken = '' }: AwsCredentialIdentity,
  { date = new Date(), region = 'eu-central-1', service = 'sts', ...rest }: Signing = {},
): Promise<string> {
  const {
    body = 'Action=GetCallerIdentity&Version=2011-06-15',
    terminator = 'aws4_request',
    algorithm = 'AWS4-HMAC-SHA256',
    dateHeader = 'x-amz-date',
    unsigned = [],
  } = rest
  const longDate = date.toISOString().replace(/[-:]|\.\d+/g, '')
  const scopeDate = rest.scopeDate ?? longDate.slice(0, 8)
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    host: new URL(sandbox.url).host,
    ...rest.headers,
    [dateHeader]: dateHeader === 'date' ? date.toUTCString() : longDate,
    'x-amz-security-token': sessionToken,
  }
  const names = Object.keys(headers)
    .filter((name) => !unsigned.includes(name))
    .sort()
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n')
  const scope = [scopeDate, region, service, terminator]
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  const toSign = [algorithm, longDate, scope.join('/'), sha256(canonical)].join('\n')
  const signature = hmac(key, toSign).toString('hex')
  const { host: _, ...sent } = headers
  const credential = [accessKeyId, ...scope].join('/')
  const answer = await fetch(sandbox.url, {
    method: 'POST',
    headers: {
      ...sent,
      authorization: `${algorithm} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    },
    body: rest.sentBody ?? body,
  })
  return outcome(await answer.text())
}

/** `CODE: MESSAGE` of an error, else the answer itself. */
export function outcome(answer: string): string {
  const error = /<Code>(.*)<\/Code>\s*<Message>(.*)<\/Message>/s.exec(answer)
  return error?.slice(1).join(': ') ?? answer
}
