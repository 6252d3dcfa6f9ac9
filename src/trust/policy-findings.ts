import type { Finding } from './findings.ts'
import { keyFindings } from './key-findings.ts'
import type { TrustPolicy } from './policy.ts'
import { statementFindings } from './statement-findings.ts'
import { valueFindings } from './value-findings.ts'

/** Everything that can be said of a policy without a token. */
export function policyFindings(policy: TrustPolicy): Finding[] {
  return policy.statements.flatMap((statement, index) => {
    const path = `Statement[${index}]`
    return [
      ...statementFindings(statement, path),
      ...keyFindings(statement, path),
      ...valueFindings(statement, path),
    ]
  })
}
