import type { Deadline } from '../deadline.ts'
import type { Environment } from '../options.ts'
import { checkAccount } from '../sts/allowed-accounts.ts'
import type { AssumedRole } from '../sts/assume-role.ts'
import { assumeChainedRole } from '../sts/chained-role.ts'
import type { Credentials } from '../sts/credentials.ts'
import { exchangeToken } from '../sts/exchange.ts'
import type { Narration } from '../sts/retry.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import type { RolePlan } from './role-plan.ts'

/** What asking for any role needs. */
export interface AssumeContext {
  readonly env: Environment
  readonly maxAttempts: number
  readonly deadline: Deadline
  readonly narration: Narration
  readonly allowedAccountIds: readonly string[]
  /** Told of every secret before it is used. */
  readonly conceal: (secret: string) => void
}

export interface RoleOfPlan extends AssumedRole {
  /** The token that was accepted; none for a chained role. */
  readonly token?: WebIdentityToken
}

/** Exchanges a token for the role of a plan. Throws `OidcError`. */
export async function assumeWithToken(
  plan: RolePlan,
  token: WebIdentityToken,
  { env, maxAttempts, deadline, narration, allowedAccountIds, conceal }: AssumeContext,
): Promise<RoleOfPlan> {
  const role = await exchangeToken(plan, token, {
    endpoint: plan.endpoint,
    env,
    maxAttempts,
    deadline,
    note: narration.note,
    debug: narration.debug,
    onToken: ({ value }) => conceal(value),
  })
  return checked(role, allowedAccountIds, conceal)
}

/** Asks for the role of a plan with the credentials of its source profile. Throws `OidcError`. */
export async function assumeWithCredentials(
  plan: RolePlan,
  source: Credentials,
  { allowedAccountIds, conceal, ...context }: AssumeContext,
): Promise<RoleOfPlan> {
  const sourceProfile = plan.source.kind === 'token' ? '' : plan.source.name
  const { endpoint } = plan
  const role = await assumeChainedRole(plan, source, { ...context, sourceProfile, endpoint })
  return checked(role, allowedAccountIds, conceal)
}

function checked<Role extends RoleOfPlan>(
  role: Role,
  allowed: readonly string[],
  conceal: (secret: string) => void,
): Role {
  conceal(role.credentials.secretAccessKey)
  conceal(role.credentials.sessionToken)
  checkAccount(role.accountId, allowed, role.arn)
  return role
}
