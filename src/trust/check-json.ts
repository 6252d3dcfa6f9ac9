import type { TrustReport } from './check.ts'
import { FINDINGS } from './findings.ts'

/** The report for programs. */
export function checkJson({ verdict, token, evaluation, findings }: TrustReport): object {
  return {
    verdict: verdict ?? null,
    token: token ?? null,
    statements: (evaluation?.statements ?? []).map(
      ({ index, sid, effect, outcome, principal, action, conditions }) => ({
        index,
        sid: sid ?? null,
        effect,
        outcome,
        principal,
        action,
        conditions: conditions.map((one) => ({ ...one, actual: one.actual ?? null })),
      }),
    ),
    findings: findings.map(({ kind, path, detail }) => ({
      kind,
      ...FINDINGS[kind],
      path,
      detail,
      docs: `docs/troubleshooting.md#${kind}`,
    })),
  }
}
