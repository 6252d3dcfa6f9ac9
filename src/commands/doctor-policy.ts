import type { Exchange } from '../doctor/exchange.ts'
import { errorFinding, type Finding, skipped } from '../doctor/finding.ts'
import { outcomeOf } from '../doctor/outcome.ts'
import { checkPolicy, comparePolicy } from '../doctor/trust-policy.ts'
import { OidcError } from '../errors.ts'
import type { TokenPool } from '../roles/token-pool.ts'
import { admittingStatement } from '../trust/admitting-statement.ts'
import { type PolicyFile, readPolicyFile } from '../trust/policy-file.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

/** Compares a trust policy with the token and with what AWS said. */
export type ComparePolicy = (
  plans: readonly AssumeRolePlan[],
  tokens: TokenPool,
  exchanges: readonly Exchange[],
) => Promise<Finding[]>

/** Reads the file of `--trust-policy`. */
export async function readPolicy(path: string, signal: AbortSignal): Promise<ComparePolicy> {
  const file = await outcomeOf(() => readPolicyFile(path, signal))
  if ('error' in file) return async () => [errorFinding(file.error)]
  return (...facts) => examinePolicy(path, file.value, ...facts)
}

async function examinePolicy(
  path: string,
  file: PolicyFile,
  ...[plans, tokens, exchanges]: Parameters<ComparePolicy>
): Promise<Finding[]> {
  const [plan, ...others] = plans.filter(({ source }) => source.kind === 'token')
  if (others.length > 0) return [errorFinding(oneRole())]
  const audience = plan?.source.kind === 'token' ? plan.source.audience : undefined
  const token = await outcomeOf(() => tokens.get(audience))
  const claims = 'value' in token ? token.value.claims : undefined
  const outcome = exchanges.find((one) => one.plan.profile === plan?.profile)?.outcome
  const refused = outcome && 'error' in outcome && outcome.error.code === 'access-denied'
  const admitted = outcome && 'value' in outcome
  const statement = plan && claims ? admittingStatement(claims, plan.role) : undefined
  const compared = checkPolicy(
    comparePolicy(path, file, claims),
    admitted ? 'admitted' : refused ? 'refused' : undefined,
    statement && JSON.stringify(statement, null, 2),
  )
  return claims
    ? compared
    : [...compared, skipped('trust-policy', 'there is no token to compare it with')]
}

function oneRole(): OidcError {
  return new OidcError('invalid-usage', {
    what: '--trust-policy is that of one role, but there are several.',
    next: 'Choose one of them with --profile.',
  })
}
