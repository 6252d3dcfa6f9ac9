import { OidcError } from '../errors.ts'
import { readTokenFile } from './given.ts'
import { AWS_AUDIENCE, askTokenService, serviceOf } from './token-service.ts'
import { type Reading, type WebIdentityToken, webIdentityToken } from './web-identity-token.ts'

/** Named after GitHub's, for a service that works like GitHub's. */
const VARIABLES = {
  url: 'JENKINS_ID_TOKEN_REQUEST_URL',
  bearer: 'JENKINS_ID_TOKEN_REQUEST_TOKEN',
} as const

/** What the plugin's documentation binds the file to: https://plugins.jenkins.io/oidc-provider/ */
const FILE = 'AWS_WEB_IDENTITY_TOKEN_FILE'

/**
 * A new token from a service, else the one in a file. Errors: `token-not-found`, `token-expired`,
 * `token-mint-failed`, `token-malformed`, and `invalid-usage` for the variables.
 */
export async function readJenkinsToken(reading: Reading): Promise<WebIdentityToken> {
  const { env, options } = reading
  if (env[VARIABLES.url]?.trim()) return requestToken(reading)
  const path = env[FILE]?.trim()
  if (!path) throw notFound()
  if (options.audience === undefined) {
    return readTokenFile(path, reading.whenExpired, reading.signal)
  }
  throw new OidcError('invalid-usage', {
    what: `--audience does not apply to the token in the file of ${FILE}.`,
    next: `Leave --audience out, and set the audience in the credential that ${FILE} is bound to.`,
  })
}

async function requestToken({ options, env, signal }: Reading): Promise<WebIdentityToken> {
  if (!env[VARIABLES.bearer]?.trim()) {
    throw new OidcError('token-not-found', {
      what: `${VARIABLES.url} is set, but ${VARIABLES.bearer} is unset or empty.`,
      next: `Bind ${VARIABLES.bearer} to the bearer token of this build, with withCredentials or credentials().`,
    })
  }
  const request = { ...serviceOf(VARIABLES, env), audience: options.audience ?? AWS_AUDIENCE }
  const mint = async (): Promise<WebIdentityToken> => {
    const answer = await askTokenService(request, env, signal)
    if ('token' in answer) return webIdentityToken(answer.token, VARIABLES.url, mint)
    const refused = answer.status === 401 || answer.status === 403
    throw new OidcError('token-mint-failed', {
      what: `The token service at ${request.url.host} gave no token for the audience "${request.audience}": ${answer.reason}.`,
      next: refused
        ? `Check that ${VARIABLES.bearer} is the bearer token of this build and has not expired.`
        : `Check ${VARIABLES.url}, the network, HTTPS_PROXY and NO_PROXY, and the log of the service.`,
    })
  }
  return mint()
}

function notFound(): OidcError {
  return new OidcError('token-not-found', {
    what: `This Jenkins build has no OIDC token: ${VARIABLES.url} and ${FILE} are unset or empty.`,
    next: `With the plugin "OpenID Connect Provider", bind a credential of the kind "OpenID Connect id token as file" to ${FILE}. With a token service, set ${VARIABLES.url} and ${VARIABLES.bearer}. Otherwise say where the token is with --token-env or --token-file.`,
  })
}
