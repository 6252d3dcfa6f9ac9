import type { ErrorText, OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { RoleArn } from '../role/arn.ts'
import type { RoleRequest } from '../role/request.ts'
import { clockTime } from '../text.ts'
import { audiences, circleciSubject, expirationText } from '../token/claims.ts'
import { type Doubt, doubts } from '../token/doubts.ts'
import type { WebIdentityToken } from '../token/web-identity-token.ts'
import { askedHost } from './endpoint.ts'
import { clockText, failedConnection, failedRequest, foreignRefusal } from './failed-connection.ts'
import type { Failure } from './failure.ts'
import type { FailedAttempts } from './retry.ts'

/** The error for an exchange that failed for good: what AWS said, what it means, what to do. */
export function refusal(failed: FailedAttempts, refused: Refused): OidcError {
  const explain = EXPLANATIONS[failed.failure.code as keyof typeof EXPLANATIONS]
  return explain
    ? failedRequest(failed, explain(failed.failure, refused))
    : failedConnection(failed, refused.url, refused.env)
}

/** A request that AWS refused. */
interface Refused {
  readonly request: RoleRequest
  readonly token: WebIdentityToken
  readonly url: URL
  readonly env: Environment
}

type Explain = (failure: Failure, refused: Refused) => ErrorText

const EXPLANATIONS = {
  'access-denied': accessDenied,
  'provider-not-found': ({ detail }, { request, token, env }) => {
    const { accountId } = request.role
    const doubt = likelyDoubt(token, env, ['root-issuer', 'token-of-another-job'])
    const issuer = token.claims.iss ?? '(the token has no issuer)'
    return {
      what: `Account ${accountId} has no OIDC provider for the token's issuer, ${issuer}.`,
      ...(doubt
        ? { likely: doubt, why: `${detail}.` }
        : {
            why: `${detail}. Case must match, and so must a slash at the end.${accountId === '123456789012' ? ' This account id is the one in the examples.' : ''}`,
          }),
      next: doubt
        ? "Use the job's own token: leave out --token-env, --token-file and --root-issuer."
        : `Check the account in the role ARN. If it is right, create an IAM OIDC provider there with the URL ${issuer} and the client id ${audienceText(token)}.`,
    }
  },
  'audience-not-registered': ({ detail }, { request, token }) => ({
    what: `The token's audience ${audienceText(token)} is not among the client ids of the OIDC provider.`,
    why: `In account ${request.role.accountId}, the provider is for ${token.claims.iss ?? '(none)'}. ${detail}.`,
    next: `Add ${audienceText(token)} to its client ids (aws iam add-client-id-to-open-id-connect-provider), or ${otherAudience(token)}.`,
  }),
  'token-rejected': ({ detail }, { token }) => ({
    what: `AWS rejects the web identity token from ${token.source}.`,
    why: `${detail}.`,
    ...tokenFault(token),
    next: `Check that the token comes unchanged from ${token.claims.iss ?? '(no issuer in the token)'}, and that this issuer is the one registered in IAM.`,
  }),
  'token-expired': ({ detail, awsTime }, { token }) =>
    (awsTime && clockText(detail, awsTime)) ?? {
      what: `AWS says that the token from ${token.source} has expired.`,
      why: `${detail}. The token is valid until ${expirationText(token.claims)}; it is ${clockTime(new Date())} here.`,
      next: 'Assume the role earlier in the job, or where the CircleCI agent can mint a new token. If the times above are fine, check the clock of this machine.',
    },
  'session-policy-rejected': ({ detail }) => ({
    what: 'AWS rejects the session policy.',
    why: `${detail}.`,
    next: /packed/i.test(detail)
      ? 'Shorten --policy, or give fewer --policy-arns and session tags: AWS limits their packed size together.'
      : 'Correct --policy or --policy-arns.',
  }),
  'region-disabled': ({ detail }, { url, request }) => ({
    what: `AWS STS is not active in this region, at ${url.host}, for account ${request.role.accountId}.`,
    why: `${detail}.`,
    next: 'Activate STS for that region in the account settings of IAM, or pass another --region, such as us-east-1.',
  }),
  'request-rejected': ({ detail }, { request }) =>
    /DurationSeconds|MaxSessionDuration/.test(detail)
      ? {
          what: `${request.durationSeconds} seconds are more than the maximum session duration of ${request.role.arn}.`,
          why: `${detail}.`,
          next: `Pass a lower --duration-seconds than ${request.durationSeconds}, or raise the maximum: aws iam update-role --role-name ${request.role.name} --max-session-duration ${request.durationSeconds}.`,
        }
      : {
          what: `AWS rejects the request for ${request.role.arn}.`,
          why: `${detail}.`,
          next: 'Correct the option that AWS names.',
        },
  'issuer-unreachable': ({ detail }, { token }) => ({
    what: `AWS could not get the keys of the issuer ${token.claims.iss ?? '(none in the token)'}.`,
    why: `${detail}.`,
    likely: 'This is usually temporary, and likelier when many jobs run at once.',
    next: 'Run the job again, or raise --max-attempts. If it persists, check that the issuer is reachable from the internet.',
  }),
} as const satisfies Partial<Record<Failure['code'], Explain>>

/** AWS does not say which of the two it is: everything that both must agree on, with the values of this request. */
function accessDenied(failure: Failure, { request, token, url, env }: Refused): ErrorText {
  const { detail } = failure
  const { arn, name, path, accountId, partition } = request.role
  if (failure.isForeign) return foreignRefusal(failure, `this token assume ${arn}`, url, env)
  const [action = EXCHANGE] = /sts:\w+/.exec(detail) ?? []
  const what = `AWS does not let this token assume ${arn}: AccessDenied.`
  const compare = compareCommand(request.role)
  if (action !== EXCHANGE) {
    return {
      what,
      why: `${detail}. The token has ${action === 'sts:TagSession' ? 'session tags' : 'a source identity'}, for which the trust policy must allow ${action}, too.`,
      next: `Add ${action} to the actions of the statement that allows ${EXCHANGE}.`,
    }
  }
  const doubt = likelyDoubt(token, env, ['fork-token', 'token-of-another-job', 'root-issuer'])
  const version = circleciSubject(token.claims)?.version
  const host = askedHost(url, env)
  return {
    what,
    why: [
      'The role does not exist under exactly this name, or its trust policy does not allow this token:',
      `role      ${name}, path ${path}, account ${accountId}, partition ${partition} (case counts)`,
      `action    ${EXCHANGE}, session name ${request.roleSessionName}`,
      `audience  ${audiences(token.claims).join(', ') || '(none)'}`,
      `subject   ${token.claims.sub ?? '(none)'}`,
      ...(host === url.host ? [] : [`endpoint  ${host}, so the role must be one of that server's`]),
      `AWS said  ${detail}`,
    ],
    ...(doubt || version ? { likely: doubt ?? likelySlip(version ?? 'v2', env) } : {}),
    next: [
      doubt?.startsWith(DOUBTS['fork-token']) &&
        'Assume the role in builds of the repository itself, not in pull requests from forks.',
      !doubt &&
        version === 'v1' &&
        [undefined, '', token.value].includes(env['CIRCLE_OIDC_TOKEN_V2']) &&
        'Use the V2 token, if there is one.',
      compare,
    ]
      .filter(Boolean)
      .join(' '),
  }
}

/** What shows why a trust policy rejects the token. */
export function compareCommand({ arn, name, accountId }: RoleArn): string {
  return `In account ${accountId}, find the condition that fails: aws iam get-role --role-name ${name} > role.json; npx circleci-aws-oidc doctor --role-arn ${arn} --trust-policy role.json`
}

const EXCHANGE = 'sts:AssumeRoleWithWebIdentity'

/** What keeps a subject of CircleCI out most often. Where the job has both versions, AWS is asked with both. */
function likelySlip(version: 'v1' | 'v2', { CIRCLE_OIDC_TOKEN: v1 }: Environment): string {
  if (version === 'v1') {
    return 'This is the subject of a V1 token, which names no branch: a policy for V2 tokens does not match it.'
  }
  const forV1 = v1 ? '' : 'the subject of a V1 token (it ends after the user; this is a V2 token), '
  return `A common mistake in the policy: ${forV1}vcs-ref without refs/heads/, or a wildcard under StringEquals instead of StringLike.`
}

/** What is unusual about the token, in words. */
function likelyDoubt(
  { claims }: WebIdentityToken,
  env: Environment,
  kinds: readonly Doubt['kind'][],
): string | undefined {
  const found = doubts(claims, env).find(({ kind }) => kinds.includes(kind))
  return found && `${DOUBTS[found.kind]}: ${found.detail}.`
}

const DOUBTS = {
  'fork-token':
    "This token is from a fork's pull request, which a trust policy limited to the repository rejects, as it should",
  'root-issuer': 'The token is from the root issuer, minted with --root-issuer',
  'token-of-another-job': 'The token is not from this job',
  'ssh-rerun': 'The job was rerun with SSH',
} as const satisfies Record<Doubt['kind'], string>

/** What can be seen of the token itself. */
function tokenFault({ value, claims }: WebIdentityToken): Pick<ErrorText, 'likely'> {
  const missing = ['iss', 'aud', 'sub', 'exp'].filter((name) => claims[name] === undefined)
  if (missing.length > 0) {
    return {
      likely: `It lacks the claims ${missing.join(', ')}: it may be an access token, not an ID token.`,
    }
  }
  const signature = value.split('.')[2] ?? ''
  // A signature by RSA with 2048 bits is 342 characters long, one by P-256 86: RFC 7518 §3.
  const least = isEllipticCurve(value) ? 86 : 342
  return signature.length < least
    ? {
        likely: `Its signature is cut off: it has ${signature.length} characters instead of at least ${least}.`,
      }
    : {}
}

function isEllipticCurve(value: string): boolean {
  const header = Buffer.from(value.split('.')[0] ?? '', 'base64url').toString('utf8')
  return /"alg"\s*:\s*"ES/.test(header)
}

/** How the token of this CI gets another audience. */
function otherAudience({ source, claims }: WebIdentityToken): string {
  return /gitlab/i.test(claims.iss ?? '') || source === 'GITLAB_OIDC_TOKEN'
    ? 'give another aud under id_tokens in .gitlab-ci.yml'
    : 'get a token with a registered audience (in CircleCI: another --audience, or none for the organization id; in GitLab: aud under id_tokens)'
}

function audienceText({ claims }: WebIdentityToken): string {
  return (
    audiences(claims)
      .map((audience) => `"${audience}"`)
      .join(', ') || '(none in the token)'
  )
}

/** The error for a role that the credentials of a profile failed to get. */
export function chainedRefusal(
  failed: FailedAttempts,
  { request, sourceProfile, url, env }: ChainedRefused,
): OidcError {
  const { failure } = failed
  const to = `the profile "${sourceProfile}" assume ${request.role.arn}`
  const text =
    failure.isForeign && failure.code === 'access-denied'
      ? foreignRefusal(failure, to, url, env)
      : chainedText(failure, request, sourceProfile)
  return text ? failedRequest(failed, text) : failedConnection(failed, url, env)
}

interface ChainedRefused extends Omit<Refused, 'token'> {
  readonly sourceProfile: string
}

function chainedText(
  { code, detail }: Failure,
  request: RoleRequest,
  sourceProfile: string,
): ErrorText | undefined {
  const texts: Partial<Record<typeof code, ErrorText>> = {
    'access-denied': {
      what: `AWS does not let the profile "${sourceProfile}" assume ${request.role.arn}.`,
      why: `${detail}.`,
      likely: likelyCause(request, detail),
      next: `${request.externalId === undefined && !OTHER_ACTION.test(detail) ? 'Give the external_id if the trust policy requires one. ' : ''}In account ${request.role.accountId}, the role's trust policy must allow ${actions(request)} to ${sourceRole(detail, sourceProfile)}; in the account of "${sourceProfile}", its permissions must allow the same on ${request.role.arn}.`,
    },
    'session-policy-rejected': {
      what: 'AWS rejects the session policy or the session tags.',
      why: `${detail}.`,
      next: 'Correct policy, policy_arns or session_tags; together they must stay below the packed size that AWS allows.',
    },
    'request-rejected': {
      what: `AWS rejects the request for ${request.role.arn}.`,
      why: `${detail}.`,
      next: /DurationSeconds|MaxSessionDuration|1 hour/i.test(detail)
        ? 'A chained role lasts 3600 seconds at most; give a lower duration_seconds.'
        : 'Correct the setting that AWS names.',
    },
  }
  return texts[code]
}

/** The role that asked, as AWS names it. */
function sourceRole(detail: string, profile: string): string {
  const [, account, name] = /:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(detail) ?? []
  return name === undefined
    ? `the role of "${profile}"`
    : `the role ${name} of account ${account} ("${profile}")`
}

function actions({ sessionTags, sourceIdentity }: RoleRequest): string {
  return [
    'sts:AssumeRole',
    ...(sessionTags.length > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ].join(', ')
}

const OTHER_ACTION = /sts:(TagSession|SetSourceIdentity)/

function likelyCause({ externalId }: RoleRequest, detail: string): string {
  const [named] = OTHER_ACTION.exec(detail) ?? []
  if (named !== undefined) {
    return `The trust policy of the role allows sts:AssumeRole, but not ${named}, which AWS names.`
  }
  const condition =
    externalId === undefined
      ? 'requires an external id (sts:ExternalId), and the profile has no external_id'
      : 'requires another external id'
  return `The trust policy of the role does not name the source role, or it ${condition}, or the role does not exist.`
}
