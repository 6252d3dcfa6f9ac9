import { type ChildProcess, spawn } from 'node:child_process'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { decodeClaims, withoutTokens } from './claims.ts'

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
    const result = await run(program, ['run', 'oidc', 'get', ...claims], env, signal)
    const reason = failureReason(result)
    if (reason === undefined) return { token: result.stdout, command }
    failures.push({ command, reason })
  }
  return { failures }
}

interface Result {
  readonly code?: number | null
  readonly killedBy?: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly error?: NodeJS.ErrnoException
}

function run(
  program: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<Result> {
  return new Promise((resolve) => {
    let stdout = ''
    let stderr = ''
    let child: ChildProcess
    try {
      child = spawn(program, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    } catch (error) {
      resolve({ stdout, stderr, error: error as NodeJS.ErrnoException })
      return
    }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', (error) => resolve({ stdout, stderr, error }))
    child.on('close', (code, killedBy) => resolve({ code, killedBy, stdout, stderr }))
  })
}

function failureReason(result: Result): string | undefined {
  if (result.error?.code === 'ENOENT') return 'not found on PATH'
  if (result.error?.code === 'EACCES') {
    return 'not executable (on a self-hosted runner, a temporary directory mounted noexec does that)'
  }
  if (result.error) return result.error.message
  if (result.killedBy) return `ended by ${result.killedBy}`
  // Exit code 0 says little: empty answers have been seen, and a CLI without the subcommand prints its help.
  if (result.code === 0) return outputProblem(result.stdout.trim())
  const firstLine = withoutTokens(result.stderr).trim().split('\n')[0]?.slice(0, 200)
  return `exit code ${result.code}${firstLine ? `: ${firstLine}` : ''}`
}

function outputProblem(output: string): string | undefined {
  if (output === '') return 'exit code 0, but no output'
  try {
    decodeClaims(output, 'the output')
    return undefined
  } catch (error) {
    if (error instanceof OidcError) return 'exit code 0, but its output is not a token'
    throw error
  }
}
