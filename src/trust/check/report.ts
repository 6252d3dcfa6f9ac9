import { docsLink, explainCommand } from '../../errors.ts'
import { printable } from '../../text.ts'
import type { ConditionResult } from '../policy/condition.ts'
import type { StatementResult, Verdict } from '../policy/evaluate.ts'
import { EXCHANGE } from '../policy/session-claims.ts'
import type { TrustReport } from './check.ts'
import { POLICY_FINDINGS, type PolicyFinding } from './findings.ts'

const VERDICTS = {
  allows: 'The policy allows this token.',
  rejects: 'The policy rejects this token.',
  invalid: 'The policy is invalid: IAM does not accept it.',
  undecided: 'Whether the policy allows this token depends on what only AWS knows.',
} as const

const OUTCOMES = {
  applies: 'applies',
  'does-not-apply': 'does not apply',
  undecided: 'undecided',
} as const

const MARKS = { matched: '✓', unmatched: '✗', undecided: '?' } as const

/** The report for people. */
export function checkText(report: TrustReport): string {
  const { verdict, token, evaluation, findings } = report
  const head = headline(verdict, evaluation?.verdict)
  const claims = token
    ? [
        `  issuer    ${token.issuer}`,
        `  audience  ${token.audiences.join(', ')}`,
        `  subject   ${token.subject}`,
      ]
    : []
  // The claims of a token may ask for more than the exchange.
  const action = evaluation?.action ?? EXCHANGE
  if (action !== EXCHANGE) claims.push(`  needs     ${action}`)
  const statements = (evaluation?.statements ?? []).flatMap(statementLines)
  const warnings = findings.length > 0 ? ['', 'Findings', ...findings.flatMap(findingLines)] : []
  return [head, ...claims, ...statements, ...warnings].map(printable).join('\n')
}

function headline(verdict: Verdict | undefined, statements: Verdict | undefined): string {
  if (verdict === undefined) return 'No token to check the policy with.'
  return verdict === 'undecided' && statements === 'allows'
    ? 'The policy would allow this token, but AWS may refuse the policy or the token: see the findings.'
    : VERDICTS[verdict]
}

function statementLines(statement: StatementResult): string[] {
  const name = statement.sid === undefined ? '' : ` (${statement.sid})`
  const { principal, action, conditions } = statement
  return [
    '',
    `Statement ${statement.index + 1}${name}, ${statement.effect}: ${OUTCOMES[statement.outcome]}`,
    `  ${MARKS[principal.outcome]} Principal: ${principal.reason}`,
    `  ${MARKS[action.outcome]} Action: ${action.reason}`,
    ...conditions.flatMap(conditionLines),
  ]
}

function conditionLines(condition: ConditionResult): string[] {
  const { operator, key, expected, outcome, reason } = condition
  return [
    `  ${MARKS[outcome]} ${operator} ${key}`,
    `      expected  ${expected.map((one) => `"${one}"`).join(' or ')}`,
    `      actual    ${actualText(condition)}`,
    ...(outcome === 'undecided' ? [`      undecided ${reason}`] : []),
  ]
}

function actualText({ actual, outcome }: ConditionResult): string {
  if (actual !== undefined) return actual.map((one) => `"${one}"`).join(', ')
  return outcome === 'undecided' ? 'known to AWS only' : 'absent'
}

function findingLines({ kind, path, detail, fix }: PolicyFinding): string[] {
  const { title, fix: general } = POLICY_FINDINGS[kind]
  return [
    `  ! ${title} (${kind})`,
    `      ${path === '' ? '' : `${path}: `}${detail}`,
    `      Fix: ${fix ?? general}`,
    `      More: ${explainCommand(kind)}`,
  ]
}

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
    findings: findings.map((one) => ({
      ...POLICY_FINDINGS[one.kind],
      ...one,
      docs: docsLink(one.kind, 'trust-policy'),
    })),
  }
}
