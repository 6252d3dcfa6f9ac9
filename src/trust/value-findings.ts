import type { Finding, FindingKind } from './findings.ts'
import { conditionPath } from './key-findings.ts'
import { parseOidcKey } from './oidc-key.ts'
import { parseOperator } from './operators.ts'
import type { Condition, Statement } from './policy.ts'
import { limits, namesProject } from './statement-findings.ts'
import { subjectFindings } from './subject-findings.ts'

/** Slips in operators and values. */
export function valueFindings(statement: Statement, path: string): Finding[] {
  // A project id or repository beside the subject limits what a wide subject opens.
  const limited = statement.conditions.some(
    (one) => limits(one) && projectClaim(one) !== undefined && projectClaim(one) !== 'sub',
  )
  return statement.conditions.flatMap((condition) => {
    const at = conditionPath(path, condition)
    const isSubject = parseOidcKey(condition.key)?.claim.toLowerCase() === 'sub'
    const about = isSubject && statement.effect === 'Allow' && limits(condition)
    return [
      ...operatorFindings(condition, statement.effect, at),
      ...(about
        ? subjectFindings(condition, at).filter(({ kind }) => !(limited && kind === 'any-project'))
        : []),
    ]
  })
}

function projectClaim({ key }: Condition): string | undefined {
  const claim = parseOidcKey(key)?.claim
  return claim !== undefined && namesProject(claim) ? claim.toLowerCase() : undefined
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
  if (effect === 'Allow' && oidc && parsed && !limits(condition) && !present) {
    report('passes-when-absent', `${operator} on ${key}`)
  }
  return found
}

/** Without the escapes `${*}`, `${?}`, `${$}`. */
function unescaped(value: string): string {
  return value.replace(/\$\{[*?$]\}/g, '')
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(', ')
}
