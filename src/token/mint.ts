import { type ChildProcess, spawn } from 'node:child_process'
import type { Environment } from '../options.ts'

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
    // An empty answer with exit code 0 has been seen, so the text decides, not only the code.
    if (result.code === 0 && result.stdout.trim() !== '') {
      return { token: result.stdout, command }
    }
    failures.push({ command, reason: failureReason(result) })
  }
  return { failures }
}

interface Result {
  readonly code: number | undefined
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
      resolve({ code: undefined, stdout, stderr, error: error as NodeJS.ErrnoException })
      return
    }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', (error) => resolve({ code: undefined, stdout, stderr, error }))
    child.on('close', (code, killed) => {
      resolve({ code: code ?? (killed ? 128 : undefined), stdout, stderr })
    })
  })
}

function failureReason(result: Result): string {
  if (result.error?.code === 'ENOENT') return 'not found on PATH'
  if (result.error?.code === 'EACCES') {
    return 'not executable (on a self-hosted runner, a temporary directory mounted noexec does that)'
  }
  if (result.error) return result.error.message
  if (result.code === 0) return 'exit code 0, but no token'
  const firstLine = withoutTokens(result.stderr).trim().split('\n')[0]?.slice(0, 200)
  return `exit code ${result.code}${firstLine ? `: ${firstLine}` : ''}`
}

function withoutTokens(text: string): string {
  return text.replace(/[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g, '[token]')
}
