import type { ErrorText, OidcError } from '../errors.ts'
import { audiences, expiration } from '../token/claims.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { admittingStatement } from '../trust/admitting-statement.ts'
import { issuerHostPath } from '../trust/context-keys.ts'
import type { AssumeRoleRequest } from './assume-role.ts'
import { failedConnection, failedRequest } from './failed-connection.ts'
import type { Failure } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

export interface Exchange {
  readonly request: AssumeRoleRequest
  readonly token: WebIdentityToken
  readonly url: URL
}

type Explain = (failure: Failure, exchange: Exchange) => ErrorText

/** The error for an exchange that failed for good: what AWS said, what it means, what to do. */
export function refusal(failed: FailedAttempts, exchange: Exchange): OidcError {
  const explain = EXPLANATIONS[failed.failure.code as keyof typeof EXPLANATIONS]
  return explain
    ? failedRequest(failed, explain(failed.failure, exchange))
    : failedConnection(failed, exchange.url)
}

const EXPLANATIONS = {
  'access-denied': ({ detail }, exchange) => ({
    what: `AWS refuses ${exchange.request.role.arn} to this token: ${detail}.`,
    likely: `AWS did not say why. Either the role's trust policy does not admit this token, or account ${exchange.request.role.accountId} has no role of that name (letter case counts), or an organization policy forbids it.`,
    next: `Compare the role's trust policy with the token:\n${claimLines(exchange.token)}\nThis statement in the trust policy would admit it:\n${statementText(exchange)}`,
  }),
  'provider-not-found': ({ detail }, { request, token }) => ({
    what: `AWS knows no OIDC provider for this token's issuer in account ${request.role.accountId}: ${detail}.`,
    next: `In account ${request.role.accountId}, create an IAM OIDC provider with the URL ${token.claims.iss ?? '(the token has no issuer)'} and the client id ${audienceText(token)}. Upper and lower case must match, and there is no slash at the end.`,
  }),
  'audience-not-registered': ({ detail }, { request, token }) => ({
    what: `The token's audience is ${audienceText(token)}, which is not among the client ids of the OIDC provider in account ${request.role.accountId}: ${detail}.`,
    next: `Add ${audienceText(token)} to the client ids of the provider ${issuerHostPath(token.claims.iss ?? '')} in account ${request.role.accountId}, or pass --audience with one that it has.`,
  }),
  'token-rejected': ({ detail }, { token }) => ({
    what: `AWS rejects the web identity token from ${token.source}: ${detail}.`,
    next: `Check that the token is one of the issuer ${token.claims.iss ?? '(none in the token)'}, unchanged, and that this issuer is the one AWS has registered.`,
  }),
  'token-expired': ({ detail }, { token }) => ({
    what: `AWS says that the token from ${token.source} has expired: ${detail}.`,
    why: `The token is valid until ${expiration(token.claims)?.toISOString() ?? 'an unknown time'}; it is ${new Date().toISOString()} here.`,
    next: 'Assume the role earlier in the job, or where the CircleCI agent can mint a new token. If the times above are fine, check the clock of this machine.',
  }),
  'session-policy-rejected': ({ detail }) => ({
    what: `AWS rejects the session policy: ${detail}.`,
    next: 'Correct --policy or --policy-arns; together they must stay below the packed size that AWS allows.',
  }),
  'region-disabled': ({ detail }, { url, request }) => ({
    what: `AWS STS is not active at ${url.host} for account ${request.role.accountId}: ${detail}.`,
    next: 'Activate STS for that region in the account settings of IAM, or pass another --region, such as us-east-1.',
  }),
  'request-rejected': ({ detail }, { request }) => ({
    what: `AWS rejects the request for ${request.role.arn}: ${detail}.`,
    next: /DurationSeconds|MaxSessionDuration/.test(detail)
      ? `Pass a lower --duration-seconds than ${request.durationSeconds}, or raise the maximum session duration of the role.`
      : 'Correct the option that AWS names.',
  }),
  'issuer-unreachable': ({ detail }, { token }) => ({
    what: `AWS could not fetch the keys of the issuer ${token.claims.iss ?? '(none in the token)'}: ${detail}.`,
    likely: 'This passes by itself most of the time; many jobs at once make it likelier.',
    next: 'Run the job again, or raise --max-attempts. If it stays, check that the issuer is reachable from the internet.',
  }),
} as const satisfies Partial<Record<Failure['code'], Explain>>

function audienceText({ claims }: WebIdentityToken): string {
  return (
    audiences(claims)
      .map((audience) => `"${audience}"`)
      .join(', ') || '(none in the token)'
  )
}

function claimLines(token: WebIdentityToken): string {
  return [
    `  issuer    ${token.claims.iss ?? '(none)'}`,
    `  audience  ${audiences(token.claims).join(', ') || '(none)'}`,
    `  subject   ${token.claims.sub ?? '(none)'}`,
  ].join('\n')
}

function statementText({ request, token }: Exchange): string {
  return JSON.stringify(admittingStatement(token.claims, request.role), null, 2)
}
