import { type ErrorText, OidcError } from '../errors.ts'
import { CERTIFICATE_ERROR } from '../network/agents.ts'
import type { AssumeRoleRequest } from '../role/request.ts'
import { audiences, expiration } from '../token/claims.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { admittingStatement } from '../trust/policy/admitting-statement.ts'
import { issuerHostPath } from '../trust/policy/context-keys.ts'
import type { Failure } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

type ExplainFailedConnection = (failure: Failure, url: URL) => ErrorText

/** The error for a request that failed for good, whatever it asked for: it is about the way to STS. */
export function failedConnection(failed: FailedAttempts, url: URL): OidcError {
  const explain =
    EXPLANATIONS_FAILED_CONNECTION[
      failed.failure.code as keyof typeof EXPLANATIONS_FAILED_CONNECTION
    ] ?? unexplained
  return failedRequest(failed, explain(failed.failure, url))
}

/** The error with the number of attempts and AWS's request id added to the text. */
export function failedRequest(
  { failure, attempts, cause }: FailedAttempts,
  text: ErrorText,
): OidcError {
  const notes = [
    ...(attempts > 1 ? [`after ${attempts} attempts`] : []),
    ...(failure.requestId ? [`request id ${failure.requestId}`] : []),
  ]
  const what =
    notes.length > 0 ? `${text.what.replace(/\.$/, '')} (${notes.join(', ')}).` : text.what
  return new OidcError(failure.code, { ...text, what, cause })
}

const EXPLANATIONS_FAILED_CONNECTION = {
  'credentials-rejected': ({ detail }) => ({
    what: `AWS rejects the credentials: ${detail}.`,
    likely:
      'They have expired, were cut or mixed with those of another session, or belong to another partition.',
    next: 'Assume the role again; check that no AWS_* variable holds an older key or session token.',
  }),
  'aws-unavailable': ({ detail }, url) => ({
    what: `AWS STS at ${url.host} could not answer: ${detail}.`,
    next: 'Run the job again, or raise --max-attempts; see the AWS Health Dashboard if it stays.',
  }),
  'aws-unreachable': ({ detail }, url) => ({
    what: `AWS STS can't be reached at ${url.host}: ${detail}.`,
    next: connectionAdvice(detail),
  }),
  'unexpected-answer': ({ detail }, url) => ({
    what: `What answered at ${url.host} is not AWS STS: ${detail}.`,
    likely: 'A proxy, a captive portal or a wrong endpoint answers in its place.',
    next: 'Check HTTPS_PROXY and NO_PROXY, AWS_ENDPOINT_URL_STS and --sts-endpoint.',
  }),
} as const satisfies Partial<Record<Failure['code'], ExplainFailedConnection>>

const unexplained: ExplainFailedConnection = ({ detail }) => ({
  what: `The request failed: ${detail}.`,
})

function connectionAdvice(detail: string): string {
  if (/ALTNAME/.test(detail)) {
    return 'The certificate is one for another name. Check AWS_ENDPOINT_URL_STS and --sts-endpoint, and what answers there.'
  }
  return CERTIFICATE_ERROR.test(detail)
    ? 'The certificate is not trusted here. Behind a proxy that opens TLS, give its certificates with AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS.'
    : 'Check network, DNS, HTTPS_PROXY and NO_PROXY, --region and --sts-endpoint.'
}

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
