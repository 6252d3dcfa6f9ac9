/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  defect: 1,
  usage: 2,
  noToken: 3,
  refused: 4,
  unreachable: 5,
  files: 6,
} as const

/** Every error code with its exit code. `docs/troubleshooting.md` has one heading per code. */
export const ERROR_EXIT_CODES = {
  'internal-error': EXIT.defect,

  'invalid-usage': EXIT.usage,
  'unset-variable': EXIT.usage,
  'invalid-role-arn': EXIT.usage,
  'invalid-role-session-name': EXIT.usage,
  'invalid-duration': EXIT.usage,
  'invalid-session-policy': EXIT.usage,
  'invalid-profile-name': EXIT.usage,
  'invalid-region': EXIT.usage,
  'invalid-profiles-file': EXIT.usage,
  'credentials-not-found': EXIT.usage,
  'account-not-allowed': EXIT.usage,
  'invalid-world': EXIT.usage,

  'token-not-found': EXIT.noToken,
  'token-malformed': EXIT.noToken,
  'token-expired': EXIT.noToken,
  'token-mint-failed': EXIT.noToken,

  'access-denied': EXIT.refused,
  'provider-not-found': EXIT.refused,
  'audience-not-registered': EXIT.refused,
  'token-rejected': EXIT.refused,
  'credentials-rejected': EXIT.refused,
  'session-policy-rejected': EXIT.refused,
  'region-disabled': EXIT.refused,
  'request-rejected': EXIT.refused,

  'aws-unreachable': EXIT.unreachable,
  'aws-unavailable': EXIT.unreachable,
  'issuer-unreachable': EXIT.unreachable,
  'unexpected-answer': EXIT.unreachable,
  'timed-out': EXIT.unreachable,

  'file-unreadable': EXIT.files,
  'file-malformed': EXIT.files,
  'file-unwritable': EXIT.files,
  'file-locked': EXIT.files,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof ERROR_EXIT_CODES

export interface ErrorText {
  /** What happened, with the values involved. Never a secret. */
  readonly what: string
  /** Why it happened, when we know. */
  readonly why?: string
  /** The likely cause, when AWS or the system did not say and we infer it. */
  readonly likely?: string
  /** What to do next. */
  readonly next?: string
  readonly cause?: unknown
}

/** The only error a command ends with on purpose; anything else is a defect of ours. */
export class OidcError extends Error {
  override readonly name = 'OidcError'
  readonly code: ErrorCode
  readonly why: string | undefined
  readonly likely: string | undefined
  readonly next: string | undefined

  constructor(code: ErrorCode, text: ErrorText) {
    super(text.what, { cause: text.cause })
    this.code = code
    this.why = text.why
    this.likely = text.likely
    this.next = text.next
  }

  get exitCode(): number {
    return ERROR_EXIT_CODES[this.code]
  }
}
