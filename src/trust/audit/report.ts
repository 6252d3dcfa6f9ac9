import { docsLink, explainCommand } from '../../errors.ts'
import { printable, tableLines } from '../../text.ts'
import type { AuditedThing, AuditReport, Judged } from './audit.ts'
import { AUDIT_FINDINGS, pageOf, SEVERITIES, type Severity } from './findings.ts'

/** The report for people: a table of roles, then the findings by kind, the most dangerous first. */
export function auditText(report: AuditReport): string {
  const { things, rolesRead } = report
  const roles = things.filter(({ kind }) => kind === 'role')
  const verb = roles.length === 1 ? 'trusts' : 'trust'
  const head = `${roles.length} of ${rolesRead} roles ${verb} a CI. ${summary(report)}`
  const rows = roles.map((role) => [
    worst(role) ?? '-',
    role.accountId,
    role.name,
    role.access.map(({ who, reach }) => (who.length > 0 ? short(who) : reach)).join('; '),
  ])
  const table = rows.length > 0 ? ['', ...tableLines([HEADER, ...rows])] : []
  return [head, ...table, ...findingLines(things)].map(printable).join('\n')
}

const HEADER = ['SEVERITY', 'ACCOUNT', 'ROLE', 'WHO CAN ASSUME IT']

function short(who: readonly string[]): string {
  const shown = who.slice(0, 3).join(', ')
  return who.length > 3 ? `${shown} and ${who.length - 3} more` : shown
}

function summary({ things }: AuditReport): string {
  const open = things.flatMap(({ findings }) => findings).filter(isOpen)
  const counts = SEVERITIES.map((severity) => [severity, count(open, severity)] as const)
  const shown = counts
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${number} ${name}`)
  const allowed = things.flatMap(({ findings }) => findings).length - open.length
  const suffix = allowed > 0 ? `, ${allowed} allowed` : ''
  return `Findings: ${shown.join(', ') || 'none'}${suffix}.`
}

export function isOpen({ allowance }: Judged): boolean {
  return allowance === undefined
}

function count(findings: readonly Judged[], severity: Severity): number {
  return findings.filter((one) => one.severity === severity).length
}

function worst({ findings }: AuditedThing): Severity | undefined {
  return findings.find(isOpen)?.severity
}

function findingLines(things: readonly AuditedThing[]): string[] {
  const open = things.flatMap((thing) =>
    thing.findings.filter(isOpen).map((finding) => ({ thing, finding })),
  )
  return SEVERITIES.flatMap((severity) => {
    const those = open.filter(({ finding }) => finding.severity === severity)
    const kinds = [...new Set(those.map(({ finding }) => finding.kind))]
    return kinds.flatMap((kind) => [
      '',
      `${severity}: ${AUDIT_FINDINGS[kind]?.title} (${kind})`,
      `  Fix:  ${AUDIT_FINDINGS[kind]?.fix}`,
      `  More: ${explainCommand(kind)}`,
      ...those
        .filter(({ finding }) => finding.kind === kind)
        .map(({ thing, finding: { path, detail } }) => {
          const where = path === '' ? '' : `${path}: `
          return `  - ${thing.arn}: ${where}${detail}`
        }),
    ])
  })
}

/** The report for programs. */
export function auditJson(report: AuditReport): object {
  const open = report.things.flatMap(({ findings }) => findings).filter(isOpen)
  return {
    summary: {
      rolesRead: report.rolesRead,
      rolesOfCi: report.things.filter(({ kind }) => kind === 'role').length,
      ...Object.fromEntries(SEVERITIES.map((severity) => [severity, count(open, severity)])),
    },
    results: report.things.map((thing) => ({
      kind: thing.kind,
      arn: thing.arn,
      accountId: thing.accountId,
      name: thing.name,
      severity: worst(thing) ?? null,
      access: thing.access,
      findings: thing.findings.map(({ kind, severity, path, detail, allowance }) => ({
        kind,
        severity,
        path,
        detail,
        allowed: allowance ? { name: allowance.name, reason: allowance.reason } : null,
        docs: docsLink(kind, pageOf(kind)),
      })),
      file: thing.place.file,
      line: thing.place.line,
    })),
    notes: report.notes,
  }
}
