import { type ErrorCode, EXIT, type OidcError } from '../errors.ts'
import type { FindingKind as TrustFindingKind } from '../trust/findings.ts'
import { FINDINGS, type FindingKind, type FindingText } from './findings.ts'
import type { PolicyFindingKind } from './policy-findings.ts'

/** What is looked at, in the order in which one thing leads to the next. */
export const CHECKS = [
  'runtime',
  'clock',
  'token',
  'role',
  'trust-policy',
  'endpoint',
  'exchange',
  'files',
  'environment',
] as const

export type Check = (typeof CHECKS)[number]

/** Worst first. `skipped`: the check could not be made. */
export const LEVELS = ['error', 'warning', 'skipped', 'ok'] as const

export interface Finding {
  /** What is wrong has a heading in `docs/troubleshooting.md`; what is fine or skipped has the check's name. */
  readonly id: FindingKind | PolicyFindingKind | TrustFindingKind | ErrorCode | Check
  readonly level: (typeof LEVELS)[number]
  /** One line, with the values. Never a secret. */
  readonly what: string
  readonly evidence?: string | undefined
  readonly fix?: string | undefined
  /** Exit code of the command when this is the worst; of errors only. */
  readonly exit: number
}

type More = Pick<Finding, 'evidence' | 'fix'>

/** Something wrong: `detail` follows the title of its kind. */
export function finding(kind: FindingKind, detail: string, more?: More): Finding {
  return findingOf(kind, FINDINGS[kind], detail, more)
}

export function findingOf(
  id: FindingKind | PolicyFindingKind,
  text: FindingText,
  detail: string,
  more?: More,
): Finding {
  const { level, title, fix } = text
  const exit = text.level === 'error' ? text.exit : EXIT.done
  return { id, level, what: `${title}: ${detail}.`, fix, exit, ...more }
}

/** Errors whose message without the reason would not tell what to correct. */
const TOLD_BY_REASON = ['invalid-role-arn', 'token-malformed']

/** What a command would end with. */
export function errorFinding(error: OidcError): Finding {
  const { code: id, message, why, likely, next: fix, exitCode: exit } = error
  const reason = why !== undefined && TOLD_BY_REASON.includes(id)
  const evidence = likely === undefined ? why : `Likely: ${likely}`
  return reason
    ? { id, level: 'error', what: `${message} ${why}`, fix, exit }
    : { id, level: 'error', what: message, evidence, fix, exit }
}

/** A warning that turns out to be the likely reason why AWS refuses the role. */
export function blame(suspect: Finding, { message, exitCode }: OidcError): Finding {
  const what = `AWS refuses the role, likely because of this: ${suspect.what}`
  return { ...suspect, level: 'error', what, evidence: message, exit: exitCode }
}

export const fine = (id: Check, what: string): Finding => ({
  id,
  level: 'ok',
  what,
  exit: EXIT.done,
})

export const skipped = (id: Check, why: string): Finding => ({
  id,
  level: 'skipped',
  what: `${id}: ${why}`,
  exit: EXIT.done,
})
