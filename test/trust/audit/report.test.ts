import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Access } from '../../../src/trust/audit/access.ts'
import type { AuditedThing, AuditReport, Judged } from '../../../src/trust/audit/audit.ts'
import { AUDIT_FINDINGS } from '../../../src/trust/audit/findings.ts'
import { auditJson, auditText } from '../../../src/trust/audit/report.ts'

const ACCOUNT = '111111111111'
const ALLOWANCE = {
  ...{ name: 'demo', roles: ['*'], findings: [], reason: 'a demonstration', until: undefined },
}

function finding(kind: Judged['kind'], severity: Judged['severity'], change = {}): Judged {
  return { kind, severity, path: '', detail: `detail of ${kind}`, allowance: undefined, ...change }
}

const reaching = (reach: Access['reach'], ...who: readonly string[]): Access => {
  return { issuer: 'gitlab.com', reach, isConditional: false, who }
}

function thing(name: string, change: Partial<AuditedThing>): AuditedThing {
  const kind = change.kind ?? 'role'
  const arn = `arn:aws:iam::${ACCOUNT}:${kind === 'role' ? 'role' : 'oidc-provider'}/${name}`
  const place = { file: 'aws.json', line: 7 }
  return { kind, arn, accountId: ACCOUNT, name, access: [], findings: [], place, ...change }
}

const OPEN = finding('open-to-everyone', 'critical')
const NO_AUDIENCE = finding('no-audience', 'medium', { path: 'Statement[0].Condition' })
const ALLOWED = finding('open-to-organization', 'high', { allowance: ALLOWANCE })

const REPORT: AuditReport = {
  rolesRead: 9,
  notes: ['a note'],
  things: [
    thing('open', {
      findings: [OPEN, NO_AUDIENCE],
      access: [reaching('everyone', 'a', 'b', 'c', 'd', 'e')],
    }),
    thing('also-open', {
      findings: [OPEN, finding('any-branch', 'low')],
      access: [reaching('everyone', 'a', 'b', 'c'), reaching('nobody')],
    }),
    thing('gitlab.com', {
      kind: 'provider',
      findings: [finding('unused-provider', 'low')],
    }),
    thing('allowed', { findings: [ALLOWED], access: [reaching('organization', 'acme/*')] }),
    thing('fine', { access: [reaching('branch', 'acme/a\u001b[2J')] }),
  ],
}

describe('the report for people', () => {
  const lines = auditText(REPORT).split('\n')

  test('counts roles and findings; those of providers, too', () => {
    assert.equal(
      lines[0],
      '4 of 9 roles trust a CI. Findings: 2 critical, 1 medium, 2 low, 1 allowed.',
    )
  })

  test('has a row for each role, with its gravest open finding', () => {
    assert.deepEqual(
      lines.slice(1, 7).map((line) => line.split(/ {2,}/)),
      [
        [''],
        ['SEVERITY', 'ACCOUNT', 'ROLE', 'WHO CAN ASSUME IT'],
        ['critical', ACCOUNT, 'open', 'a, b, c and 2 more'],
        ['critical', ACCOUNT, 'also-open', 'a, b, c; nobody'],
        ['-', ACCOUNT, 'allowed', 'acme/*'],
        ['-', ACCOUNT, 'fine', 'acme/a\\u001b[2J'],
      ],
    )
  })

  test('tells each kind once, with what to do and where it is', () => {
    const parts = lines.slice(7).join('\n').split('\n\n')
    const words = (kind: string) => AUDIT_FINDINGS[kind]
    const arn = `arn:aws:iam::${ACCOUNT}`
    const part = (severity: string, kind: string, ...places: readonly string[]) =>
      [
        `${severity}: ${words(kind)?.title} (${kind})`,
        `  Fix:  ${words(kind)?.fix}`,
        `  More: npx circleci-aws-oidc explain ${kind}`,
        ...places.map((place) => `  - ${arn}:${place}`),
      ].join('\n')
    assert.deepEqual(parts, [
      `\n${part(
        'critical',
        'open-to-everyone',
        'role/open: detail of open-to-everyone',
        'role/also-open: detail of open-to-everyone',
      )}`,
      part('medium', 'no-audience', 'role/open: Statement[0].Condition: detail of no-audience'),
      part('low', 'any-branch', 'role/also-open: detail of any-branch'),
      part('low', 'unused-provider', 'oidc-provider/gitlab.com: detail of unused-provider'),
    ])
  })

  test('of one role without a finding, and of none', () => {
    const [, , , , fine] = REPORT.things
    assert.ok(fine)
    assert.match(
      auditText({ rolesRead: 1, notes: [], things: [fine] }),
      /^1 of 1 roles trusts a CI\. Findings: none\.\n\nSEVERITY .*\n- .*$/,
    )
    assert.equal(
      auditText({ rolesRead: 3, notes: [], things: [] }),
      '0 of 3 roles trust a CI. Findings: none.',
    )
  })
})

test('the report for programs', () => {
  const [open, , provider, allowed, fine] = REPORT.things
  const report = auditJson(REPORT) as { results: Record<string, unknown>[] }
  const place = { file: 'aws.json', line: 7 }
  const head = ({ kind, arn, accountId, name, access }: AuditedThing) => {
    return { kind, arn, accountId, name, access }
  }
  const told = (
    { kind, severity, path, detail }: Judged,
    page: string,
    reason: object | null = null,
  ) => {
    return {
      kind,
      severity,
      path,
      detail,
      allowed: reason,
      docs: `docs/findings/${page}.md#${kind}`,
    }
  }
  assert.ok(open && provider && allowed && fine)
  const { results, ...rest } = report
  assert.deepEqual(rest, {
    summary: { rolesRead: 9, rolesOfCi: 4, critical: 2, high: 0, medium: 1, low: 2 },
    notes: ['a note'],
  })
  assert.deepEqual(results[0], {
    ...head(open),
    severity: 'critical',
    findings: [told(OPEN, 'audit'), told(NO_AUDIENCE, 'trust-policy')],
    ...place,
  })
  assert.equal(results[2]?.['kind'], 'provider')
  assert.deepEqual(results[3], {
    ...head(allowed),
    severity: null,
    findings: [told(ALLOWED, 'audit', { name: 'demo', reason: 'a demonstration' })],
    ...place,
  })
  assert.deepEqual(results[4], { ...head(fine), severity: null, findings: [], ...place })
})
