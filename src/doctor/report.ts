import { EXIT } from '../errors.ts'
import { CHECKS, type Check, type Finding, LEVELS } from './finding.ts'

/** The findings of every check that was made. */
export type Findings = Readonly<Partial<Record<Check, readonly Finding[]>>>

/** The worst first, among equals what leads to the others; none twice. */
export function inOrder(findings: Findings): Finding[] {
  const all = CHECKS.flatMap((check) => findings[check] ?? [])
  // What an error blames is a warning of its own, too.
  const same = (one: Finding, other: Finding) =>
    one.id === other.id &&
    (one.what === other.what || (one.level === 'warning' && other.level === 'error'))
  const levels = LEVELS.flatMap((level) => all.filter((one) => one.level === level))
  return levels.filter((one, index) => levels.findIndex((other) => same(one, other)) === index)
}

/** That of the worst, which comes first. */
export function exitCode([worst]: readonly Finding[]): number {
  return worst?.exit ?? EXIT.done
}
