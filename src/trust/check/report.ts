import { docsLink, explainCommand } from '../../errors.ts'
import type { Style, Terminal } from '../../terminal.ts'
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

const STYLES = {
  allows: 'green',
  rejects: 'red',
  invalid: 'red',
  undecided: 'yellow',
} as const satisfies Record<Verdict, Style>

/** The report for people. In colour are the answer, what it is due to, and the findings. */
export function checkText(
  report: TrustReport,
  paint: Terminal['paint'] = (_stream, _style, text) => text,
): string {
  const { verdict, token, evaluation, findings } = report
  const headLine = headline(verdict, evaluation?.verdict)
  const head = verdict ? paint('stdout', STYLES[verdict], headLine) : headLine
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
  const painted = (line: string, mark: string, style: Style) =>
    line.startsWith(`  ${mark} `) ? `  ${paint('stdout', style, mark)}${line.slice(3)}` : line
  const statements = (evaluation?.statements ?? []).flatMap((one) => {
    const lines = statementLines(one).map(printable)
    // Of a policy that allows the token, or of a Deny, no mismatch is a failure.
    const isCause = verdict === 'rejects' && one.effect === 'Allow'
    return isCause ? lines.map((line) => painted(line, MARKS.unmatched, 'red')) : lines
  })
  const warnings = findings.length > 0 ? ['', 'Findings', ...findings.flatMap(findingLines)] : []
  return [
    head,
    ...claims.map(printable),
    ...statements,
    ...warnings.map((line) => painted(printable(line), '!', 'yellow')),
  ].join('\n')
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
