import type { Environment } from '../../options.ts'
import { nearest } from '../../text.ts'
import { matchesWildcard } from '../policy/wildcard.ts'
import {
  type FileSection,
  type Grammar,
  type NoteProblem,
  readSectionFile,
} from '../section-file.ts'
import { AUDIT_FINDINGS } from './findings.ts'

/** Findings that are meant to be, and why. */
export interface Allowance {
  readonly name: string
  /** Patterns for ARNs of roles or providers, with `*` and `?`. */
  readonly roles: readonly string[]
  /** Kinds of findings; empty for all. */
  readonly findings: readonly string[]
  readonly reason: string
  /** The last day on which it holds, `2027-01-31`. */
  readonly until: string | undefined
}

/** What is known of an organization's own set-up. */
export interface Allowed {
  readonly allowances: readonly Allowance[]
  /** Organizations that are ours: CircleCI's ids, owners and groups; empty where that is not said. */
  readonly organizations: readonly string[]
}

/** The file for `--allow`. Throws `invalid-allow-file` with every problem. */
export function parseAllowFile(text: string, source: string, env: Environment): Promise<Allowed> {
  return readSectionFile(text, source, GRAMMAR, env, (sections, note) => ({
    allowances: sections.filter(({ kind }) => kind === 'allow').map(readAllowance(note)),
    organizations: sections
      .filter(({ kind }) => kind === 'trusted')
      .flatMap(({ settings }) => items(settings.get('organizations')?.value)),
  }))
}

/** The allowance that covers a finding of this role today, if any. */
export function allowanceFor(
  { allowances }: Allowed,
  arn: string,
  kind: string,
  now: Date,
): Allowance | undefined {
  const today = now.toISOString().slice(0, 10)
  return allowances.find(
    ({ roles, findings, until }) =>
      roles.some((pattern) => matchesWildcard(arn, pattern)) &&
      (findings.length === 0 || findings.includes(kind)) &&
      (until === undefined || until >= today),
  )
}

const GRAMMAR: Grammar = {
  code: 'invalid-allow-file',
  kinds: {
    trusted: { named: false, keys: ['organizations'] },
    allow: { named: true, keys: ['roles', 'findings', 'reason', 'until'] },
  },
}

function readAllowance(note: NoteProblem) {
  return ({ name, line, settings }: FileSection): Allowance => {
    const lineOf = (key: string) => settings.get(key)?.line ?? line
    const roles = items(settings.get('roles')?.value)
    const findings = items(settings.get('findings')?.value)
    const reason = settings.get('reason')?.value
    const until = settings.get('until')?.value
    if (roles.length === 0)
      note(line, `[allow ${name}] has no roles. Give ARNs; * and ? are wildcards.`)
    if (reason === undefined) note(line, `[allow ${name}] has no reason.`)
    for (const kind of findings.filter((one) => !Object.hasOwn(AUDIT_FINDINGS, one))) {
      const meant = nearest(kind, Object.keys(AUDIT_FINDINGS))
      const hint = meant ? ` Did you mean "${meant}"?` : ''
      note(lineOf('findings'), `"${kind}" is not a finding of trust audit.${hint}`)
    }
    if (until !== undefined && !isDay(until)) {
      note(lineOf('until'), `until is "${until}"; it must be a day such as 2027-01-31.`)
    }
    return { name, roles, findings, reason: reason ?? '', until }
  }
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime())
}

function items(text = ''): string[] {
  return text.split(/[\s,]+/).filter((one) => one !== '')
}
