import { setTimeout as sleep } from 'node:timers/promises'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { clockTime } from '../text.ts'
import { circleciSubject, expirationText } from './claims.ts'
import { runMintingCommand } from './minting-command.ts'
import {
  hasExpired,
  refuseExpired,
  type WebIdentityToken,
  webIdentityToken,
} from './web-identity-token.ts'

interface CircleciTokenRequest {
  readonly version: 'v1' | 'v2' | undefined
  readonly audience: string | undefined
}

const VARIABLES = { v2: 'CIRCLE_OIDC_TOKEN_V2', v1: 'CIRCLE_OIDC_TOKEN' } as const

/**
 * The job's token: V2, then V1, then minted. An audience always means minting; an expired token is
 * minted anew. Errors: `token-not-found`, `token-expired`, `token-mint-failed`, `token-malformed`.
 */
export async function readCircleciToken(
  request: CircleciTokenRequest,
  env: Environment,
  signal: AbortSignal,
  whenExpired = refuseExpired,
): Promise<WebIdentityToken> {
  const mint = async (): Promise<WebIdentityToken | readonly MintFailure[]> => {
    const minted = await mintToken(request.audience, env, signal)
    signal.throwIfAborted()
    if ('failures' in minted) return minted.failures
    const token = webIdentityToken(minted.token, minted.command, renew)
    // Which version is minted can't be chosen; the subject of the other would only be refused by AWS.
    if (request.version !== 'v1' || circleciSubject(token.claims)?.version !== 'v2') return token
    return [{ command: minted.command, reason: 'mints V2 tokens, but --token-version is v1' }]
  }
  const renew = async (): Promise<WebIdentityToken> => {
    const token = await mint()
    if ('value' in token) return token
    throw mintFailed(token, request.audience)
  }
  if (request.audience !== undefined) return renew()

  const variables = request.version ? [VARIABLES[request.version]] : Object.values(VARIABLES)
  const variable = variables.find((name) => env[name]?.trim())
  if (!variable) {
    const token = await mint()
    if ('value' in token) return token
    throw notFound(variables, token, env['CIRCLE_PR_USERNAME'])
  }
  const token = webIdentityToken(env[variable] ?? '', variable, renew)
  if (!hasExpired(token)) return token
  const fresh = await mint()
  if ('value' in fresh) return fresh
  return whenExpired(token, expired(token, fresh))
}

/**
 * Mints a token with `circleci run oidc get`. An installed CircleCI CLI earlier on PATH has no such
 * subcommand, so `circleci-agent` is asked next. Only the audience can be chosen.
 */
async function mintToken(
  audience: string | undefined,
  env: Environment,
  signal: AbortSignal,
): Promise<Minted> {
  const claims = audience === undefined ? [] : ['--claims', JSON.stringify({ aud: audience })]
  const args = ['run', 'oidc', 'get', ...claims]
  for (let attempt = 1; ; attempt++) {
    const failures: (MintFailure & { mayPass: boolean })[] = []
    for (const program of MINTING_COMMANDS) {
      const command = `${program} run oidc get`
      const answer = await runMintingCommand(program, args, env, signal)
      if ('token' in answer) return { token: answer.token, command }
      const times = answer.mayPass && attempt > 1 ? ` (${attempt} attempts)` : ''
      failures.push({ command, reason: answer.reason + times, mayPass: answer.mayPass })
    }
    const goOn = attempt < MINTING_ATTEMPTS && failures.some(({ mayPass }) => mayPass)
    if (!goOn) return { failures }
    await sleep(MINTING_PAUSE_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return { failures }
  }
}

/** The commands that mint a token in a CircleCI job: the environment CLI, then the agent it belongs to. */
const MINTING_COMMANDS = ['circleci', 'circleci-agent'] as const

// The agent has answered nothing now and then; CircleCI's own aws-cli orb asks three times, too.
const MINTING_ATTEMPTS = 3
const MINTING_PAUSE_MS = 1000

type Minted =
  | { readonly token: string; readonly command: string }
  | { readonly failures: readonly MintFailure[] }

interface MintFailure {
  readonly command: string
  /** In words, without anything that could be a token. */
  readonly reason: string
}

function notFound(
  variables: readonly string[],
  failures: readonly MintFailure[],
  // Set for pull requests from forks only: https://circleci.com/docs/variables/
  fork: string | undefined,
): OidcError {
  return new OidcError('token-not-found', {
    what: `This job has no OIDC token: ${variables.join(' and ')} ${variables.length === 1 ? 'is' : 'are'} unset or empty, and none could be minted.`,
    why: listed(failures),
    likely: fork
      ? `This is a pull request from a fork, opened by ${fork} (CIRCLE_PR_USERNAME), and those get no token.`
      : 'There is none in pull requests from forks (unless secrets are passed to them), on Server before 4.4 without a context, on runners whose temporary directory is mounted noexec, and outside CircleCI.',
    next: fork
      ? 'Use AWS only in builds of the repository itself; --missing-token skip lets a job without a token go on without AWS.'
      : 'In CircleCI, check these causes; on Server, add any context to the job. Elsewhere, say where the token is with --token-env, --token-file or --token-source stdin, or rehearse with npx circleci-aws-oidc sandbox.',
  })
}

function expired(token: WebIdentityToken, failures: readonly MintFailure[]): OidcError {
  return new OidcError('token-expired', {
    what: `The token in ${token.source} expired at ${expirationText(token.claims)}, and no new one could be minted.`,
    why: `A token usually lives for one hour from the start of the job. It is ${clockTime(new Date())} here. ${listed(failures)}`,
    next: `Run the job again and assume the role earlier in it, or make sure that one of ${MINTING_COMMANDS.map((name) => `"${name}"`).join(', ')} is on PATH. If the time above is wrong, set the clock.`,
  })
}

function mintFailed(failures: readonly MintFailure[], audience: string | undefined): OidcError {
  const kind = audience === undefined ? 'A new token' : `A token with the audience "${audience}"`
  return new OidcError('token-mint-failed', {
    what: `${kind} could not be minted.`,
    why: `${listed(failures)} Only the CircleCI agent of a running job can mint one.`,
    next: 'Run this in a CircleCI job whose agent comes first on PATH (on Server: 4.4 or later). If it printed nothing, run the job again.',
  })
}

function listed(failures: readonly MintFailure[]): string {
  return `${failures.map(({ command, reason }) => `"${command}": ${reason}`).join('; ')}.`
}
