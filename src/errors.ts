import type { Terminal } from './terminal.ts'
import { printableLine } from './text.ts'

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

/** Every error code with its exit code. `docs/errors/` has one heading per code. */
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
  'invalid-roles-file': EXIT.usage,
  'invalid-allow-file': EXIT.usage,
  'credentials-not-found': EXIT.usage,
  'account-not-allowed': EXIT.usage,
  'invalid-world': EXIT.usage,

  'token-not-found': EXIT.noToken,
  'token-malformed': EXIT.noToken,
  'token-expired': EXIT.noToken,
  'token-mint-failed': EXIT.noToken,

  'access-denied': EXIT.refused,
  'token-version-refused': EXIT.refused,
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
  'profile-has-keys': EXIT.files,
  'file-unwritable': EXIT.files,
  'file-unsafe': EXIT.files,
  'file-locked': EXIT.files,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof ERROR_EXIT_CODES

/** A text, or its lines: a line break within one, as whoever chose a value may have put there, is shown as `\u000a`. */
type Lines = string | readonly string[]

export interface ErrorText {
  /** What happened, with the values involved. Never a secret. */
  readonly what: Lines
  /** Why it happened, when we know. */
  readonly why?: Lines
  /** The likely cause, when AWS or the system did not say and we infer it. */
  readonly likely?: Lines
  /** What to do next. */
  readonly next?: Lines
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
    super(shown(text.what), { cause: text.cause })
    this.code = code
    this.why = shown(text.why)
    this.likely = shown(text.likely)
    this.next = shown(text.next)
  }

  get exitCode(): number {
    return ERROR_EXIT_CODES[this.code]
  }
}

function shown<Text extends Lines | undefined>(text: Text): string | Exclude<Text, Lines> {
  return (text === undefined ? text : [text].flat().map(printableLine).join('\n')) as string
}

/** Any error as an `OidcError`: what we did not foresee is a defect of ours. */
export function asOidcError(error: unknown): OidcError {
  // The sandbox is a bundle of its own and has its own copy of the class.
  if (error instanceof Error && error.name === 'OidcError') return error as OidcError
  if (isMissingPart(error)) return notInThisCopy('What these options need', error)
  if (isWithoutHome(error)) {
    return new OidcError('invalid-usage', {
      what: 'There is no home directory: HOME is not set, and the user has none.',
      next: 'Set HOME to a directory that this user may write to.',
      cause: error,
    })
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new OidcError('internal-error', {
    what: `This is a bug in circleci-aws-oidc: ${message}`,
    next: 'Run it again with --debug and report what it prints.',
    cause: error,
  })
}

/** Whether a module is not there: the orb's copy goes without some. */
export function isMissingPart(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'
}

/** What Node throws, for us and for the SDK, where HOME is not set and the user is in no list of accounts. */
function isWithoutHome(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_os_homedir'
}

export function notInThisCopy(what: string, cause: unknown): OidcError {
  return new OidcError('invalid-usage', {
    what: `${what} is not part of this copy of circleci-aws-oidc.`,
    why: 'It comes with the npm package; the orb leaves it out.',
    next: 'Run it as npx circleci-aws-oidc instead.',
    cause,
  })
}

/** The lines that tell of an error: what, why or the likely cause, what next, and where to read on. */
export function errorText(error: OidcError, paint: Terminal['paint']): string {
  const lines: [string, string | undefined][] = [
    ['Why', error.why],
    ['Likely', error.likely],
    ['Next', error.next],
    ['More', explainCommand(error.code)],
  ]
  const head = `${paint('stderr', 'red', `Error ${error.code}:`)} ${error.message}`
  const rest = lines
    .filter(([, text]) => text !== undefined)
    .map(
      ([label, text]) =>
        `${paint('stderr', 'bold', `  ${label}:`.padEnd(10))}${indent(text ?? '')}`,
    )
  return [head, ...rest].join('\n')
}

/** The same for programs, which find it where the result would be. */
export function errorJson({ code, exitCode, message, why, likely, next }: OidcError): object {
  const [reason, guess, advice] = [why, likely, next].map((text) => text ?? null)
  return { error: { code, exitCode, what: message, why: reason, likely: guess, next: advice } }
}

/** Prints the page of an error or a finding, or all codes; `npx` finds it where the log of a job is read, too. */
export function explainCommand(code?: string): string {
  return ['npx circleci-aws-oidc explain', ...(code ? [code] : [])].join(' ')
}

/** The pages of errors, by exit code. */
const PAGES = ['usage', 'usage', 'usage', 'token', 'aws', 'network', 'files'] as const

/** The heading of a code: an error's page follows from its exit code, that of a finding is given. */
export function docsLink(code: string, page: 'audit' | 'doctor' | 'trust-policy'): string {
  const exit = ERROR_EXIT_CODES[code as ErrorCode]
  return `docs/${exit === undefined ? `findings/${page}` : `errors/${PAGES[exit]}`}.md#${code}`
}

function indent(text: string): string {
  return text.replaceAll('\n', `\n${' '.repeat(10)}`)
}
