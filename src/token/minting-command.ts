import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { onInterruption } from '../processes.ts'
import { withoutTokens } from '../text.ts'
import { decodeClaims } from './claims.ts'

/** Runs a command that prints a token. */
export async function runMintingCommand(
  program: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<CommandAnswer> {
  const result = await run(program, args, env, signal)
  const reason = failureReason(result)
  if (reason === undefined) return { token: result.stdout }
  return { reason, mayPass: mayPass(result) }
}

/** A token, or why there is none: in words, without anything that could be a token. */
type CommandAnswer = { readonly token: string } | CommandFailure

interface CommandFailure {
  readonly reason: string
  /** Whether it may be otherwise in a moment: it answered nothing, or failed without a known cause. */
  readonly mayPass: boolean
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
    let child: ChildProcess | undefined
    // The process may end without waiting for a command that hangs, from the moment that it starts.
    const forget = onInterruption(() => child?.kill('SIGKILL'))
    try {
      const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
      child = spawn(program, args, { env, signal, stdio, killSignal: 'SIGKILL' })
    } catch (error) {
      forget()
      resolve({ stdout, stderr, error: error as NodeJS.ErrnoException })
      return
    }
    child.once('exit', forget)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', (error) => {
      forget()
      resolve({ stdout, stderr, error })
    })
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

/** Another program of that name says the same each time. */
function mayPass({ error, code, stdout, stderr }: Result): boolean {
  if (error || /unknown command|no help topic/i.test(stderr)) return false
  return code !== 0 || stdout.trim() === ''
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
