import type { Exchange } from '../doctor/exchange.ts'
import { errorFinding, type Finding, skipped } from '../doctor/finding.ts'
import { outcomeOf } from '../doctor/outcome.ts'
import { checkPolicy, comparePolicy } from '../doctor/trust-policy.ts'
import { OidcError } from '../errors.ts'
import type { TokenPool } from '../roles/token-pool.ts'
import { admittingStatement } from '../trust/admitting-statement.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

/** Compares the file of `--trust-policy` with the token and with what AWS said. */
export async function examinePolicy(
  path: string,
  plans: readonly AssumeRolePlan[],
  tokens: TokenPool,
  exchanges: readonly Exchange[],
): Promise<Finding[]> {
  const [plan, ...others] = plans.filter(({ source }) => source.kind === 'token')
  if (others.length > 0) return [errorFinding(oneRole())]
  const audience = plan?.source.kind === 'token' ? plan.source.audience : undefined
  const token = await outcomeOf(() => tokens.get(audience))
  const claims = 'value' in token ? token.value.claims : undefined
  const outcome = exchanges.find((one) => one.plan.profile === plan?.profile)?.outcome
  const refused = outcome && 'error' in outcome && outcome.error.code === 'access-denied'
  const admitted = outcome && 'value' in outcome
  const compared = await outcomeOf(async () => {
    const statement = plan && claims ? admittingStatement(claims, plan.role) : undefined
    return checkPolicy(
      await comparePolicy(path, claims),
      admitted ? 'admitted' : refused ? 'refused' : undefined,
      statement && JSON.stringify(statement, null, 2),
    )
  })
  const without = claims ? [] : [skipped('trust-policy', 'there is no token to compare it with')]
  return 'error' in compared ? [errorFinding(compared.error)] : [...compared.value, ...without]
}

function oneRole(): OidcError {
  return new OidcError('invalid-usage', {
    what: '--trust-policy is that of one role, but there are several.',
    next: 'Choose one of them with --profile.',
  })
}
