import type { Finding } from './finding.ts'
import { exitCode } from './report.ts'
import { docs } from './report-text.ts'

/** The report for programs. */
export function reportJson(findings: readonly Finding[]): object {
  const levels = findings.map(({ level }) => level)
  const worst = (['error', 'warning'] as const).find((level) => levels.includes(level))
  return {
    result: worst ?? 'ok',
    exitCode: exitCode(findings),
    findings: findings.map((one) => ({
      id: one.id,
      level: one.level,
      what: one.what,
      evidence: one.evidence ?? null,
      fix: one.fix ?? null,
      docs: docs(one) ?? null,
    })),
  }
}
