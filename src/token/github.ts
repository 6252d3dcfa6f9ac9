import { OidcError } from '../errors.ts'
import { AWS_AUDIENCE, askTokenService, serviceOf } from './token-service.ts'
import { type Reading, type WebIdentityToken, webIdentityToken } from './web-identity-token.ts'

// https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
const VARIABLES = {
  url: 'ACTIONS_ID_TOKEN_REQUEST_URL',
  bearer: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
} as const

/** A new token from GitHub's token service. Errors: `token-not-found`, `token-mint-failed`. */
export async function readGithubToken({
  options,
  env,
  signal,
}: Reading): Promise<WebIdentityToken> {
  const missing = Object.values(VARIABLES).filter((name) => !env[name]?.trim())
  if (missing.length > 0) throw notOffered(missing)
  const request = { ...serviceOf(VARIABLES, env), audience: options.audience ?? AWS_AUDIENCE }
  const mint = async (): Promise<WebIdentityToken> => {
    const answer = await askTokenService(request, env, signal)
    if ('token' in answer) return webIdentityToken(answer.token, VARIABLES.url, mint)
    throw new OidcError('token-mint-failed', {
      what: `GitHub gave no token for the audience "${request.audience}": ${request.url.host} said ${answer.reason}.`,
      next:
        answer.status === undefined
          ? `On a self-hosted runner, check the network, HTTPS_PROXY and NO_PROXY; otherwise run the job again.`
          : 'Run the job again; if it persists, see https://www.githubstatus.com.',
    })
  }
  return mint()
}

function notOffered(missing: readonly string[]): OidcError {
  return new OidcError('token-not-found', {
    what: `GitHub offers this job no OIDC token: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} unset or empty.`,
    likely:
      'The job lacks the permission "id-token: write". Pull requests from forks never have it. A called workflow has it only if its caller has it. A container that a step starts needs both variables passed to it.',
    next: [
      'Add to the job, or to the top of the workflow:',
      'permissions:',
      '  id-token: write',
      '  contents: read',
    ],
  })
}
