import {
  AssumeRole$,
  AssumeRoleWithWebIdentity$,
  type AssumeRoleWithWebIdentityResponse,
} from '@aws-sdk/client-sts'
import type { Context } from '../context.ts'
import {
  type Credentials,
  checkAccount,
  type RoleRequest,
  type SessionCredentials,
  stsInput,
} from '../role/request.ts'
import { clockTime, quote } from '../text.ts'
import { hasExpired, type WebIdentityToken } from '../token/web-identity-token.ts'
import { connectSts } from './client.ts'
import type { StsEndpoint } from './endpoint.ts'
import { FailedExchange, type Failure, incompleteAnswer, unexpectedAnswer } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

/** One role to assume for a profile, and where STS is asked for it. */
export interface RolePlan extends RoleRequest {
  readonly profile: string
  readonly source: RoleSource
  readonly endpoint: StsEndpoint
  /** Where AWS may say that the role is; anywhere if there is none. */
  readonly allowedAccountIds: readonly string[]
}

/** Who asks for the role. */
export type RoleSource =
  /** The web identity token; the command's own unless the profile names an audience. */
  { readonly kind: 'token'; readonly audience?: string } | ProfileSource

interface ProfileSource {
  /** A profile of the same run, or one of the user's shared files, which stays as it is. */
  readonly kind: 'profile' | 'shared-profile'
  readonly name: string
}

/** Where the token or the credentials are had that ask for a role. */
export interface Sources {
  token(audience: string | undefined): Promise<WebIdentityToken>
  credentials(source: ProfileSource): Promise<Credentials>
}

export interface AssumedRole {
  readonly credentials: SessionCredentials
  /** `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION` */
  readonly arn: string
  readonly accountId: string
  /** The token that was accepted, a newer one than given if that had expired; none for a chained role. */
  readonly token?: WebIdentityToken
}

/** Assumes the role of a plan by the token or the credentials of its source. Throws `OidcError`. */
export async function assumeRole(
  plan: RolePlan,
  sources: Sources,
  context: Context,
): Promise<AssumedRole> {
  const { source } = plan
  const role =
    source.kind === 'token'
      ? await exchangeToken(plan, await sources.token(source.audience), context)
      : await assumeChainedRole(plan, source, await sources.credentials(source), context)
  context.terminal.conceal(role.credentials.secretAccessKey)
  context.terminal.conceal(role.credentials.sessionToken)
  checkAccount(role.accountId, plan.allowedAccountIds, role.arn)
  return role
}

/** AssumeRoleWithWebIdentity. A token that expires meanwhile is renewed, where its source can. */
export async function exchangeToken(
  plan: RolePlan,
  given: WebIdentityToken,
  context: Context,
): Promise<AssumedRole> {
  const { deadline, terminal } = context
  const sts = connectSts(plan.endpoint, context)
  let token = given
  terminal.conceal(token.value)
  const renew = async (): Promise<boolean> => {
    if (!token.renew) return false
    terminal.note(`The token from ${token.source} has expired; getting a new one.`)
    const fresh = await deadline.race('getting a new token', token.renew())
    const changed = fresh.value !== token.value
    token = fresh
    terminal.conceal(token.value)
    return changed
  }
  const input = async () => {
    if (hasExpired(token)) await renew()
    return { ...stsInput(plan), WebIdentityToken: token.value }
  }
  // AWS calling a fresh token expired as well means that another one won't help.
  let renewed = false
  const mend = async (failure: Failure): Promise<boolean> => {
    if (failure.code !== 'token-expired' || renewed) return false
    renewed = true
    // Where no new one is to be had, what AWS said of this one is the cause.
    return renew().catch(() => false)
  }
  const request = {
    operation: AssumeRoleWithWebIdentity$,
    input,
    read: readAssumedRole(plan),
    explain: async (failed: FailedAttempts, url: URL) => {
      const { refusal } = await import('./refusal.ts')
      return refusal(failed, { request: plan, token, url, env: context.env })
    },
    mend,
  }
  const role = await sts.request(request, context)
  return { ...role, token }
}

/** AssumeRole with the credentials of another role. */
async function assumeChainedRole(
  plan: RolePlan,
  source: ProfileSource,
  credentials: Credentials,
  context: Context,
): Promise<AssumedRole> {
  const sts = connectSts(plan.endpoint, context)
  const request = {
    operation: AssumeRole$,
    input: () => stsInput(plan),
    credentials,
    read: readAssumedRole(plan),
    explain: async (failed: FailedAttempts, url: URL) => {
      const { chainedRefusal } = await import('./refusal.ts')
      const { env } = context
      return chainedRefusal(failed, { request: plan, sourceProfile: source.name, url, env })
    },
  }
  return sts.request(request, context)
}

/** What every AssumeRole… operation answers. Throws `FailedExchange` where it is not what was asked for. */
function readAssumedRole(request: RoleRequest) {
  return ({ Credentials, AssumedRoleUser }: AssumeRoleWithWebIdentityResponse): AssumedRole => {
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
    const arn = AssumedRoleUser?.Arn ?? ''
    const expiration = new Date(Credentials?.Expiration ?? '')
    const texts = { AccessKeyId, SecretAccessKey, SessionToken, AssumedRoleUser: arn }
    const parts = Object.entries({ ...texts, Expiration: expiration.getTime() })
    const missing = parts.filter(([, value]) => !value)
    // An empty HTTP 200 resolves as an empty answer.
    if (missing.length > 0)
      throw new FailedExchange(incompleteAnswer(missing.map(([name]) => name)))
    const fault = unwritable(texts) ?? otherSession(arn, request) ?? otherTime(expiration)
    if (fault) throw new FailedExchange(unexpectedAnswer(fault))
    const credentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration,
    }
    return { credentials, arn, accountId: request.role.accountId }
  }
}

/** The SDK gives a list for what is there twice. */
function unwritable(texts: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== 'string' || !/^(?![#;])[\x21-\x7e]+$/.test(text)) {
      return `with a value for ${name} that a profile cannot hold`
    }
    if (text.length > LONGEST) return `with ${text.length} characters for ${name}`
  }
  return undefined
}

// AWS names no limit of a session token, but AWS services take headers of no more than 8 or 16 kB.
const LONGEST = 32_000

function otherSession(arn: string, { role, roleSessionName }: RoleRequest): string | undefined {
  const [, session = ''] = /^arn:aws[a-z-]*:sts::(.+)$/.exec(arn) ?? []
  // AWS leaves the path of the role out; others don't.
  const isOurs =
    session.startsWith(`${role.accountId}:assumed-role/`) &&
    session.endsWith(`/${role.name}/${roleSessionName}`)
  return isOurs
    ? undefined
    : `for ${quote(arn)}, which is not the session "${roleSessionName}" of ${role.arn}`
}

function otherTime(expiration: Date): string | undefined {
  const left = expiration.getTime() - Date.now()
  if (left > 0 && left < LONGEST_LIFE_MS) return undefined
  return `with credentials that expire at ${clockTime(expiration)}; it is ${clockTime(new Date())} here`
}

/** A role's maximum is twelve hours; clocks are off by less than the rest. */
const LONGEST_LIFE_MS = 48 * 3_600_000

/** The credentials of a profile of the user's shared files. Throws `OidcError`. */
export async function sharedCredentials(
  name: string,
  endpoint: StsEndpoint,
  context: Context,
): Promise<Credentials> {
  const { readProfile } = await import('./profile-credentials.ts')
  const sts = connectSts(endpoint, context)
  return context.deadline.race(`reading the profile "${name}"`, readProfile(name, sts, context))
}
