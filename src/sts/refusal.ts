import { type ErrorText, OidcError } from '../errors.ts'
import { CERTIFICATE_ERROR } from '../network/agents.ts'
import type { RoleRequest } from '../role/request.ts'
import { audiences, expiration } from '../token/claims.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { admittingStatement } from '../trust/policy/admitting-statement.ts'
import { issuerHostPath } from '../trust/policy/context-keys.ts'
import type { Failure } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

/** The error for an exchange that failed for good: what AWS said, what it means, what to do. */
export function refusal(
  request: RoleRequest,
  token: () => WebIdentityToken,
): (failed: FailedAttempts, url: URL) => OidcError {
  return (failed, url) => {
    const explain = EXPLANATIONS[failed.failure.code as keyof typeof EXPLANATIONS]
    const refused = { request, token: token(), url }
    return explain
      ? failedRequest(failed, explain(failed.failure, refused))
      : failedConnection(failed, url)
  }
}

/** A request that AWS refused. */
interface Refused {
  readonly request: RoleRequest
  readonly token: WebIdentityToken
  readonly url: URL
}

type Explain = (failure: Failure, refused: Refused) => ErrorText

const EXPLANATIONS = {
  'access-denied': ({ detail }, refused) => ({
    what: `AWS refuses ${refused.request.role.arn} to this token: ${detail}.`,
    likely: `AWS did not say why. Either the role's trust policy does not allow this token, or account ${refused.request.role.accountId} has no role of that name (letter case counts), or an organization policy forbids it.`,
    next: `Compare the role's trust policy with the token:\n${claimLines(refused.token)}\nThis statement in the trust policy would allow it:\n${statementText(refused)}`,
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

function statementText({ request, token }: Refused): string {
  return JSON.stringify(admittingStatement(token.claims, request.role), null, 2)
}

/** The error for a role that the credentials of a profile failed to get. */
export function chainedRefusal(
  request: RoleRequest,
  sourceProfile: string,
): (failed: FailedAttempts, url: URL) => OidcError {
  return (failed, url) => {
    const text = chainedText(failed.failure, request, sourceProfile)
    return text ? failedRequest(failed, text) : failedConnection(failed, url)
  }
}

function chainedText(
  { code, detail }: Failure,
  request: RoleRequest,
  sourceProfile: string,
): ErrorText | undefined {
  const texts: Partial<Record<typeof code, ErrorText>> = {
    'access-denied': {
      what: `AWS refuses ${request.role.arn} to the credentials of the profile "${sourceProfile}": ${detail}.`,
      likely: likelyCause(request),
      next: `In account ${request.role.accountId}, let the role's trust policy allow ${actions(request)} to the role of "${sourceProfile}"; in the account of "${sourceProfile}", let its permissions allow the same on ${request.role.arn}.`,
    },
    'session-policy-rejected': {
      what: `AWS rejects the session policy or the session tags: ${detail}.`,
      next: 'Correct policy, policy_arns or session_tags; together they must stay below the packed size that AWS allows.',
    },
    'request-rejected': {
      what: `AWS rejects the request for ${request.role.arn}: ${detail}.`,
      next: /DurationSeconds|MaxSessionDuration|1 hour/i.test(detail)
        ? 'A chained role lasts 3600 seconds at most; give a lower duration_seconds.'
        : 'Correct the setting that AWS names.',
    },
  }
  return texts[code]
}

function actions({ sessionTags, sourceIdentity }: RoleRequest): string {
  return [
    'sts:AssumeRole',
    ...(sessionTags.length > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ].join(', ')
}

function likelyCause({ externalId }: RoleRequest): string {
  const condition =
    externalId === undefined
      ? 'asks for an external id that is not given'
      : 'asks for another external id'
  return `The trust policy of the role does not name the source role, or ${condition}, or there is no role of that name.`
}

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
