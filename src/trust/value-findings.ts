import type { Finding, FindingKind } from './findings.ts'
import { conditionPath } from './key-findings.ts'
import { parseOidcKey } from './oidc-key.ts'
import { parseOperator } from './operators.ts'
import type { Condition, Statement } from './policy.ts'
import {
  claimOf,
  hasWildcard,
  namesProject,
  pinsProject,
  requires,
  unescaped,
} from './project-scope.ts'
import { subjectFindings } from './subject-findings.ts'

/** Slips in operators and values. */
export function valueFindings(statement: Statement, path: string): Finding[] {
  // Another condition that names the project limits what a wide one opens.
  const pinned = pinsProject(statement)
  return statement.conditions.flatMap((condition) => {
    const at = conditionPath(path, condition)
    const found = operatorFindings(condition, statement.effect, at)
    if (statement.effect === 'Allow' && requires(condition)) {
      found.push(
        ...projectFindings(condition, at).filter(({ kind }) => !(pinned && kind === 'any-project')),
      )
    }
    return found
  })
}

function projectFindings(condition: Condition, path: string): Finding[] {
  if (claimOf(condition) === 'sub') return subjectFindings(condition, path)
  return namesProject(condition) && hasWildcard(condition)
    ? [{ kind: 'any-project', path, detail: quoted(condition.values) }]
    : []
}

function operatorFindings(condition: Condition, effect: string, path: string): Finding[] {
  const { operator, values, key } = condition
  const found: Finding[] = []
  const report = (kind: FindingKind, detail: string) => found.push({ kind, path, detail })
  const wild = values.filter((value) => /[*?]/.test(unescaped(value)))
  if (/String(Not)?Like/.test(operator) && wild.length === 0) {
    report('like-without-wildcard', quoted(values))
  }
  if (/String(Not)?Equals/.test(operator) && wild.length > 0) {
    report('equals-with-wildcard', quoted(wild))
  }
  const variables = values.filter((value) => unescaped(value).includes('${'))
  if (variables.length > 0) report('policy-variable', quoted(variables))
  const oidc = parseOidcKey(key)
  const parsed = parseOperator(operator)
  // Every token has aud and sub, so a negated operator on them is no gap.
  const present = parsed?.negated && /^(aud|sub)$/i.test(oidc?.claim ?? '')
  if (effect === 'Allow' && oidc && parsed && !requires(condition) && !present) {
    report('passes-when-absent', `${operator} on ${key}`)
  }
  return found
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(', ')
}
