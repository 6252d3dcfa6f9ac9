import { Hash } from '@smithy/core/serde'
import { SignatureV4 } from '@smithy/signature-v4'
import type { HttpRequest, SourceData } from '@smithy/types'
import type { Credentials } from '../role/request.ts'

// `Sha256` of @smithy/core/checksum brings a hash in JavaScript along, 1.8 kB of the orb's step.
class Sha256 extends Hash {
  constructor(secret?: SourceData) {
    super('sha256', secret)
  }
}

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
