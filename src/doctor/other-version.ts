import { type AssumeContext, assumeWithToken } from '../roles/assume-role-of-plan.ts'
import { readToken } from '../token/source.ts'
import type { TokenOptions } from '../token/token-options.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import type { Exchange } from './exchange.ts'
import { outcomeOf } from './outcome.ts'
import type { OtherVersion } from './refusal.ts'

const OTHERS = {
  CIRCLE_OIDC_TOKEN_V2: ['v1', 'CIRCLE_OIDC_TOKEN'],
  CIRCLE_OIDC_TOKEN: ['v2', 'CIRCLE_OIDC_TOKEN_V2'],
} as const

/** Where AWS refuses the job's token: does it take the one of the other version? */
export async function tryOtherVersion(
  exchanges: readonly Exchange[],
  { source }: WebIdentityToken,
  options: TokenOptions,
  context: AssumeContext,
): Promise<OtherVersion | undefined> {
  const refused = exchanges.find(
    ({ plan, outcome }) =>
      plan.source.kind === 'token' &&
      plan.source.audience === undefined &&
      outcome &&
      'error' in outcome &&
      outcome.error.code === 'access-denied',
  )
  const [version, variable] = OTHERS[source as keyof typeof OTHERS] ?? []
  if (!refused || !variable || !context.env[variable]) return undefined
  const wanted = { ...options, 'token-version': version }
  const accepted = await outcomeOf(async () => {
    const token = await readToken(wanted, context.env, context.deadline.signal)
    context.conceal(token.value)
    // With a token minted in its place nothing would be learnt of this version.
    if (token.source === variable) await assumeWithToken(refused.plan, token, context)
    return token.source === variable
  })
  return 'value' in accepted && accepted.value ? { refused: source, accepted: variable } : undefined
}
