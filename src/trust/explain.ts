import type { Evaluation, StatementResult } from './evaluate.ts'

/** Why the evaluation came out as it did: one line per statement that decided it, for people. */
export function explainEvaluation(evaluation: Evaluation): string[] {
  const { verdict, statements } = evaluation
  if (verdict === 'admits') {
    return statements.filter((one) => one.outcome === 'applies').map(explainStatement)
  }
  const denied = statements.filter((one) => one.effect === 'Deny' && one.outcome === 'applies')
  if (denied.length > 0) return denied.map(explainStatement)
  const relevant =
    verdict === 'undecided'
      ? statements.filter((one) => one.outcome === 'undecided')
      : statements.filter((one) => one.effect === 'Allow')
  return relevant.length > 0
    ? relevant.map(explainStatement)
    : ['the policy has no Allow statement']
}

function explainStatement(statement: StatementResult): string {
  const name = `statement ${statement.index + 1}${statement.sid ? ` (${statement.sid})` : ''}`
  if (statement.outcome === 'applies') {
    return `${name} ${statement.effect === 'Allow' ? 'allows' : 'denies'} it`
  }
  const wanted = statement.outcome === 'undecided' ? 'undecided' : 'unmatched'
  const reasons = [
    { label: 'Principal', ...statement.principal },
    { label: 'Action', ...statement.action },
    ...statement.conditions.map((one) => ({ label: one.operator, ...one })),
  ].filter((one) => one.outcome === wanted)
  return `${name}: ${reasons.map(({ label, reason }) => `${label}: ${reason}`).join('; ')}`
}
