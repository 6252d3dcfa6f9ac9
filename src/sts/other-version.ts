import { type Context, withinTime } from '../context.ts'
import { asOidcError, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { circleciSubject } from '../token/claims.ts'
import { doubts } from '../token/doubts.ts'
import { hasExpired, type WebIdentityToken, webIdentityToken } from '../token/web-identity-token.ts'
import { exchangeToken, type RolePlan } from './assume-role.ts'
import { compareCommand } from './refusal.ts'

/**
 * The error for a refused role, once AWS was asked with the job's token of the other version, too: where it
 * allows that one, the policy is written for it. One request, and its credentials are thrown away.
 */
export async function triedOtherVersion(
  error: unknown,
  plan: RolePlan,
  token: WebIdentityToken,
  context: Context,
): Promise<unknown> {
  if (!(error instanceof OidcError) || error.code !== 'access-denied') return error
  const other = otherVersion(token, context.env)
  const answer = other && (await ask(plan, other, context))
  if (!answer) return error
  if (answer === 'refused') {
    return Object.assign(error, { why: `${error.why}\nother     ${nameOf(other)}: refused, too` })
  }
  return new OidcError('token-version-refused', {
    what: `AWS refuses the ${nameOf(token)}, and allows the ${nameOf(other)}.`,
    why: [
      `The role is ${plan.role.arn}.`,
      "The role's trust policy matches the sub of the other version only:",
      `refused   ${token.claims.sub}`,
      `allowed   ${other.claims.sub}`,
      'This was tried only to find the cause: nothing was kept or written.',
    ],
    next:
      other.source === V1
        ? `Pass --token-version v1, or make the condition match the V2 subject. ${compareCommand(plan.role)}`
        : 'Use the V2 token, the default: leave out --token-version and --token-env.',
    cause: error.cause,
  })
}

function nameOf(token: WebIdentityToken): string {
  return `${versionOf(token)?.toUpperCase()} token in ${token.source}`
}

function versionOf({ claims }: WebIdentityToken): 'v1' | 'v2' | undefined {
  return circleciSubject(claims)?.version
}

const V1 = 'CIRCLE_OIDC_TOKEN'
const V2 = 'CIRCLE_OIDC_TOKEN_V2'

/** Where asking with it can tell something. A fork's token is refused for what it is. */
function otherVersion(token: WebIdentityToken, env: Environment): WebIdentityToken | undefined {
  const variable = token.source === V2 ? V1 : token.source === V1 ? V2 : ''
  const isFork = doubts(token.claims, env).some(({ kind }) => kind === 'fork-token')
  if (!env[variable] || isFork) return undefined
  try {
    const other = webIdentityToken(env[variable], variable)
    const [own, others] = [`${token.claims.sub}/`, `${other.claims.sub}/`]
    // Of the same job: the subject of V2 is that of V1, and goes on.
    const isVersion = own !== others && (own.startsWith(others) || others.startsWith(own))
    return isVersion && !hasExpired(other) ? other : undefined
  } catch {
    return undefined
  }
}

/** A session that may do nothing, in case anybody gets at it. */
const NOTHING = {
  policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
  policyArns: [],
  durationSeconds: 900,
}

// Of what is left of the time, half at most.
const SECONDS = 5

/** What AWS says to this token; undefined where it says neither. */
async function ask(
  plan: RolePlan,
  token: WebIdentityToken,
  { env, terminal, deadline }: Context,
): Promise<'allowed' | 'refused' | undefined> {
  const silent = { ...terminal, note: () => {}, debug: () => {} }
  const seconds = Math.min(SECONDS, deadline.remaining() / 2000)
  try {
    await withinTime(seconds, { env, terminal: silent, maxAttempts: 1 }, (context) =>
      exchangeToken({ ...plan, ...NOTHING }, token, context),
    )
    return 'allowed'
  } catch (error) {
    return asOidcError(error).code === 'access-denied' ? 'refused' : undefined
  }
}
