import { EXIT } from '../errors.ts'
import { CHECKS, type Check, type Finding, LEVELS } from './finding.ts'

/** The findings of every check that was made. */
export type Findings = Readonly<Partial<Record<Check, readonly Finding[]>>>

/** The worst first, among equals what leads to the others; none twice. */
export function inOrder(findings: Findings): Finding[] {
  const all = CHECKS.flatMap((check) => findings[check] ?? [])
  const isBlamed = ({ id, level }: Finding) =>
    level === 'warning' && all.some((other) => other.id === id && other.level === 'error')
  const distinct = all.filter(
    (one, index) => all.findIndex(({ id, what }) => id === one.id && what === one.what) === index,
  )
  const left = distinct.filter((one) => !isBlamed(one))
  return LEVELS.flatMap((level) => left.filter((one) => one.level === level))
}

/** That of the worst, which comes first. */
export function exitCode([worst]: readonly Finding[]): number {
  return worst?.exit ?? EXIT.done
}
