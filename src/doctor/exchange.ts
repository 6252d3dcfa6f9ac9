import type { Context } from '../context.ts'
import { asOidcError } from '../errors.ts'
import type { AssumedRole, RolePlan } from '../sts/assume-role.ts'
import { assumeRoles, SourceFailed, settledRoles } from '../sts/assume-roles.ts'
import { readToken, type TokenPool } from '../token/source.ts'
import type { TokenOptions, WebIdentityToken } from '../token/web-identity-token.ts'
import {
  errorFinding,
  type Finding,
  finding,
  fine,
  raise,
  type Settled,
  settle,
  skipped,
} from './findings.ts'

export interface TriedRole {
  readonly plan: RolePlan
  /** Undefined where it could not be tried: the profile it builds on failed. */
  readonly outcome: Settled<AssumedRole> | undefined
}

/** Tries the role of every plan, sources first, and throws the credentials away. */
export async function tryRoles(
  plans: readonly RolePlan[],
  tokens: TokenPool,
  context: Context,
): Promise<TriedRole[]> {
  const roles = await settledRoles(plans, tokens, context)
  return roles.map(({ plan, settled }) => ({ plan, outcome: outcomeOf(settled) }))
}

function outcomeOf(settled: PromiseSettledResult<AssumedRole>): TriedRole['outcome'] {
  if (settled.status === 'fulfilled') return { value: settled.value }
  return settled.reason instanceof SourceFailed ? undefined : { error: asOidcError(settled.reason) }
}

/** The plans of one profile and of those it builds on. */
export function plansOfProfile<Plan extends RolePlan>(
  plans: readonly Plan[],
  profile: string,
): Plan[] {
  const own = plans.find((plan) => plan.profile === profile)
  if (!own) return []
  const base = own.source.kind === 'profile' ? plansOfProfile(plans, own.source.name) : []
  return [...base, own]
}

/** The CircleCI token of the other version, which AWS accepted where it refused the one in use. */
interface OtherVersion {
  readonly refused: string
  readonly accepted: string
}

/** How AWS answered; where it refused, what the reason may be. */
export function checkExchange(
  { plan, outcome }: TriedRole,
  doubts: readonly Finding[],
  other: OtherVersion | undefined,
): Finding[] {
  if (!outcome) return [skipped('exchange', `${plan.profile}: the profile it builds on failed`)]
  if ('value' in outcome) {
    const { arn, credentials } = outcome.value
    return [fine('exchange', `AWS gives ${arn}, until ${credentials.expiration.toISOString()}`)]
  }
  const { error } = outcome
  const found = errorFinding(error)
  if (plan.source.kind !== 'token') return [found]
  if (error.code === 'provider-not-found') {
    const issuers = doubts.filter(({ id }) => id === 'root-issuer' || id === 'token-of-another-job')
    return [...issuers.map((one) => raise(one, error)), found]
  }
  if (error.code !== 'access-denied') return [found]
  if (other) {
    const detail = `AWS accepts ${other.accepted} and refuses ${other.refused}`
    return [finding('token-version-refused', detail), found]
  }
  // Rerunning with SSH changes nothing that a trust policy can see.
  const likely = doubts.filter(({ id }) => id !== 'ssh-rerun')
  return [...likely.map((one) => raise(one, error)), found]
}

const OTHERS = {
  CIRCLE_OIDC_TOKEN_V2: ['v1', 'CIRCLE_OIDC_TOKEN'],
  CIRCLE_OIDC_TOKEN: ['v2', 'CIRCLE_OIDC_TOKEN_V2'],
} as const

/** Where AWS refuses the job's token: does it take the one of the other version? */
export async function tryOtherVersion(
  exchanges: readonly TriedRole[],
  { source }: WebIdentityToken,
  options: TokenOptions,
  context: Context,
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
  const accepted = await settle(async () => {
    const token = await readToken(wanted, context.env, context.deadline.signal)
    context.terminal.conceal(token.value)
    // With a token minted in its place nothing would be learnt of this version.
    if (token.source === variable) await assumeRoles([refused.plan], poolOf(token), context)
    return token.source === variable
  })
  return 'value' in accepted && accepted.value ? { refused: source, accepted: variable } : undefined
}

/** One token, whatever the audience. */
function poolOf(token: WebIdentityToken): TokenPool {
  return { get: async () => token }
}
