import { OidcError } from '../errors.ts'
import { OPTIONS } from '../options.ts'

const MINIMUM_DURATION = 900
const MAXIMUM_DURATION = 43_200
/** IAM User Guide, "Role chaining": whatever the maximum of the role is. */
export const MAXIMUM_CHAINED_DURATION = 3600

export function readDuration(text: string, isChained: boolean): number {
  const maximum = isChained ? MAXIMUM_CHAINED_DURATION : MAXIMUM_DURATION
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= MINIMUM_DURATION && value <= maximum) return value
  const limits = `It must be a whole number of seconds from ${MINIMUM_DURATION} to ${maximum}.`
  const why =
    isChained && value > maximum
      ? 'AWS gives a role that is assumed with the credentials of another one an hour at most.'
      : undefined
  throw invalid('duration_seconds is not valid.', limits, why)
}

// STS API Reference, AssumeRole: ExternalId, SourceIdentity. The values stay out of the messages.
export function readExternalId(text: string): string {
  if (/^[\w+=,.@:/-]{2,1224}$/.test(text)) return text
  throw invalid(
    'external_id is not valid.',
    'AWS takes 2 to 1224 letters, digits and _+=,.@:/- there.',
  )
}

export function readSourceIdentity(text: string): string {
  if (/^[\w+=,.@-]{2,64}$/.test(text)) return text
  throw invalid(
    'source_identity is not valid.',
    'AWS takes 2 to 64 letters, digits and _+=,.@- there.',
  )
}

export const readOutput = (text: string) => readChoice('output', text, OPTIONS.output.choices)

export const readCredentialsKind = (text: string) =>
  readChoice('credentials', text, OPTIONS.credentials.choices)

function readChoice<const Choice extends string>(
  key: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((one) => one === text)
  if (choice !== undefined) return choice
  throw invalid(`${key} is not valid.`, `It must be one of: ${choices.join(', ')}.`)
}

function invalid(what: string, next: string, why?: string): OidcError {
  return new OidcError('invalid-profiles-file', {
    what,
    next,
    ...(why === undefined ? {} : { why }),
  })
}
