import type { Environment } from '../options.ts'
import { runMintingCommand } from './minting-command.ts'

/** The commands that mint a token in a CircleCI job: the environment CLI, then the agent it belongs to. */
export const MINTING_COMMANDS = ['circleci', 'circleci-agent'] as const

export interface MintFailure {
  readonly command: string
  /** In words, without anything that could be a token. */
  readonly reason: string
}

export type Minted =
  | { readonly token: string; readonly command: string }
  | { readonly failures: readonly MintFailure[] }

/**
 * Mints a token with `circleci run oidc get`. An installed CircleCI CLI earlier on PATH has no such
 * subcommand, so `circleci-agent` is asked next. Only the audience can be chosen.
 */
export async function mintToken(
  audience: string | undefined,
  env: Environment,
  signal: AbortSignal,
): Promise<Minted> {
  const claims = audience === undefined ? [] : ['--claims', JSON.stringify({ aud: audience })]
  const failures: MintFailure[] = []
  for (const program of MINTING_COMMANDS) {
    const command = `${program} run oidc get`
    const answer = await runMintingCommand(program, ['run', 'oidc', 'get', ...claims], env, signal)
    if ('token' in answer) return { token: answer.token, command }
    failures.push({ command, reason: answer.reason })
  }
  return { failures }
}
