import { OidcError } from '../errors.ts'
import { runMintingCommand } from './minting-command.ts'
import { AWS_AUDIENCE } from './token-service.ts'
import { type Reading, type WebIdentityToken, webIdentityToken } from './web-identity-token.ts'

/** A new token from the agent: https://buildkite.com/docs/agent/v3/cli-oidc. Error: `token-mint-failed`. */
export async function readBuildkiteToken({
  options,
  env,
  signal,
}: Reading): Promise<WebIdentityToken> {
  const audience = options.audience ?? AWS_AUDIENCE
  const command = 'buildkite-agent oidc request-token'
  const [program = '', ...args] = command.split(' ')
  const mint = async (): Promise<WebIdentityToken> => {
    const answer = await runMintingCommand(program, [...args, '--audience', audience], env, signal)
    signal.throwIfAborted()
    if ('token' in answer) return webIdentityToken(answer.token, command, mint)
    throw new OidcError('token-mint-failed', {
      what: `Buildkite gave no token for the audience "${audience}": "${command}": ${answer.reason}.`,
      why: 'Only the agent of a running job can request one.',
      next: 'Run this in a Buildkite job with buildkite-agent on PATH and the variables BUILDKITE_JOB_ID and BUILDKITE_AGENT_ACCESS_TOKEN; with the docker plugin, set "mount-buildkite-agent: true".',
    })
  }
  return mint()
}
