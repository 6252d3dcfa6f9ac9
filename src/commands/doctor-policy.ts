import type { Exchange } from '../doctor/exchange.ts'
import { errorFinding, type Finding, skipped } from '../doctor/finding.ts'
import { outcomeOf } from '../doctor/outcome.ts'
import { OidcError } from '../errors.ts'
import type { TokenPool } from '../roles/token-pool.ts'
import { admittingStatement } from '../trust/admitting-statement.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'
import type { DoctorOptions } from './doctor.ts'

/** Compares the file of `--trust-policy` with the token and with what AWS said. */
export async function examinePolicy(
  { 'trust-policy': path }: DoctorOptions,
  plans: readonly AssumeRolePlan[],
  tokens: TokenPool,
  exchanges: readonly Exchange[],
): Promise<Finding[]> {
  if (path === undefined) return []
  const [plan, ...others] = plans.filter(({ source }) => source.kind === 'token')
  if (others.length > 0) return [errorFinding(oneRole())]
  const audience = plan?.source.kind === 'token' ? plan.source.audience : undefined
  const token = await outcomeOf(() => tokens.get(audience))
  const claims = 'value' in token ? token.value.claims : undefined
  const outcome = exchanges.find((one) => one.plan.profile === plan?.profile)?.outcome
  const refused = outcome && 'error' in outcome && outcome.error.code === 'access-denied'
  const admitted = outcome && 'value' in outcome
  const compared = await outcomeOf(async () => {
    const { checkPolicy, comparePolicy } = await import('../doctor/trust-policy.ts')
    const statement = plan && claims ? admittingStatement(claims, plan.role) : undefined
    return checkPolicy(
      await comparePolicy(path, claims),
      admitted ? 'admitted' : refused ? 'refused' : undefined,
      statement && JSON.stringify(statement, null, 2),
    )
  })
  const without = claims ? [] : [skipped('trust-policy', 'there is no token to compare it with')]
  if ('value' in compared) return [...compared.value, ...without]
  // The orb's copy goes without the evaluator.
  if ((compared.error.cause as NodeJS.ErrnoException | undefined)?.code === 'MODULE_NOT_FOUND') {
    return [skipped('trust-policy', 'not in this copy; "npx circleci-aws-oidc doctor" has it')]
  }
  return [errorFinding(compared.error)]
}

function oneRole(): OidcError {
  return new OidcError('invalid-usage', {
    what: '--trust-policy is that of one role, but there are several.',
    next: 'Choose one of them with --profile.',
  })
}
