import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpRequest } from '@smithy/types'
import type { Credentials } from '../role/request.ts'

/** Signs a request to STS. AWS Signature Version 4; the region is the one of the endpoint. */
export function sign(
  request: HttpRequest,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  region: string,
): Promise<HttpRequest> {
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
  const signer = new SignatureV4({ service: 'sts', region, sha256: Sha256, credentials })
  return signer.sign(request)
}
