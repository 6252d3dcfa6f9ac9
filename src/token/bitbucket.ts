import { readVariable } from './given.ts'
import { type Reading, unexpired, type WebIdentityToken } from './web-identity-token.ts'

// https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
const VARIABLE = 'BITBUCKET_STEP_OIDC_TOKEN'

/** The step's token. Errors: `token-not-found`, `token-expired`, `token-malformed`. */
export async function readBitbucketToken({ env, whenExpired }: Reading): Promise<WebIdentityToken> {
  const next = `Add "oidc: true" to the step in bitbucket-pipelines.yml. A container that the step starts needs ${VARIABLE} passed to it.`
  return unexpired(readVariable(VARIABLE, env, next), whenExpired)
}
