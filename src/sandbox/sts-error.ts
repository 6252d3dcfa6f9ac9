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
