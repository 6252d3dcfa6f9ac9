import { createHash } from 'node:crypto'
import { version } from '../../../package.json'
import { explainCommand } from '../../errors.ts'
import { printable } from '../../text.ts'
import type { AuditedThing, AuditReport, Judged } from './audit.ts'
import { AUDIT_FINDINGS, type Severity } from './findings.ts'

/** SARIF's levels, and GitHub's scale from 0 to 10, on which "critical" begins above 9. */
const LEVELS = {
  critical: { level: 'error', score: '9.5' },
  high: { level: 'error', score: '8.0' },
  medium: { level: 'warning', score: '5.5' },
  low: { level: 'note', score: '2.0' },
} as const satisfies Record<Severity, { level: string; score: string }>

const KINDS = Object.keys(AUDIT_FINDINGS)

/** The findings as a SARIF 2.1.0 log: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function auditSarif({ things }: AuditReport): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'circleci-aws-oidc', semanticVersion: version, rules: KINDS.map(rule) },
        },
        columnKind: 'utf16CodeUnits',
        results: things.flatMap((thing) => thing.findings.map((finding) => result(thing, finding))),
      },
    ],
  }
}

function rule(kind: string): object {
  const { title = kind, fix = '', severity = 'low' } = AUDIT_FINDINGS[kind] ?? {}
  return {
    id: kind,
    shortDescription: { text: title },
    help: { text: `${fix} More: ${explainCommand(kind)}` },
    defaultConfiguration: { level: LEVELS[severity].level },
    properties: { 'security-severity': LEVELS[severity].score, tags: ['security'] },
  }
}

function result(thing: AuditedThing, { kind, severity, path, detail, allowance }: Judged): object {
  const { file, line } = thing.place
  const where = path === '' ? '' : ` (${path})`
  return {
    ruleId: kind,
    ruleIndex: KINDS.indexOf(kind),
    level: LEVELS[severity].level,
    message: {
      text: printable(`${AUDIT_FINDINGS[kind]?.title}: ${thing.arn}${where}: ${detail}`),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: fileUri(file) },
          region: { startLine: line },
        },
        logicalLocations: [{ name: thing.name, fullyQualifiedName: thing.arn, kind: 'resource' }],
      },
    ],
    partialFingerprints: { 'finding/v1': fingerprint(thing.arn, kind, path, detail) },
    ...(allowance === undefined
      ? {}
      : {
          suppressions: [{ kind: 'external', status: 'accepted', justification: allowance.reason }],
        }),
  }
}

/** A relative reference, as code scanning takes it: percent-encoded, with forward slashes. */
function fileUri(file: string): string {
  if (file === '-') return 'stdin.json'
  return file
    .replace(/^file:\/\//, '')
    .split(/[\\/]/)
    .map(encodeURIComponent)
    .join('/')
}

function fingerprint(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}
