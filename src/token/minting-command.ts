import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
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
  const other = isOther(result) ? `; ${pathOf(program, env)} is another program of that name` : ''
  return { reason: reason + other, mayPass: mayPass(result) }
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
    const output = { stdout: '', stderr: '' }
    let child: ChildProcess | undefined
    const kill = () => killGroup(child)
    // The process may end without waiting for a command that hangs, from the moment that it starts.
    const forget = onInterruption(kill)
    const end = (result: Partial<Result>) => {
      forget()
      signal.removeEventListener('abort', kill)
      resolve({ ...output, ...result })
    }
    const collect = (name: keyof typeof output) => {
      child?.[name]?.setEncoding('utf8').on('data', (text: string) => {
        const room = MAXIMUM_LENGTH - output[name].length
        output[name] += text.slice(0, room)
        if (name === 'stdout' && text.length > room) kill()
      })
    }
    signal.addEventListener('abort', kill)
    try {
      signal.throwIfAborted()
      child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: OWN_GROUP })
      collect('stdout')
      collect('stderr')
      child.on('error', (error) => end({ error }))
      child.on('close', (code, killedBy) => end({ code, killedBy }))
    } catch (error) {
      end({ error: error as NodeJS.ErrnoException })
    }
  })
}

/** On Windows, a process apart from ours would have a window of its own. */
const OWN_GROUP = process.platform !== 'win32'

/** Ends a command with all that it started; what it started may outlive it. */
function killGroup(child: ChildProcess | undefined): void {
  try {
    if (OWN_GROUP && child?.pid) process.kill(-child.pid, 'SIGKILL')
    else child?.kill('SIGKILL')
  } catch {
    // All of them have ended.
  }
}

/** Characters that are kept of what a command prints; a token has 20,000 at most. */
const MAXIMUM_LENGTH = 100_000

function failureReason(result: Result): string | undefined {
  if (result.error?.code === 'ENOENT') return 'not found on PATH'
  if (result.error?.code === 'EACCES') {
    return 'not executable (is the temporary directory mounted noexec?)'
  }
  if (result.error) return result.error.message
  if (result.stdout.length === MAXIMUM_LENGTH) return 'its output is too long for a token'
  if (result.killedBy) return `ended by ${result.killedBy}`
  // Exit code 0 says little: empty answers have been seen, and a CLI without the subcommand prints its help.
  if (result.code === 0) return outputProblem(result.stdout.trim())
  const firstLine = withoutTokens(result.stderr).trim().split('\n')[0]?.slice(0, 200)
  return `exit code ${result.code}${firstLine ? `: ${firstLine}` : ''}`
}

/** Another program of that name says the same each time. */
function mayPass(result: Result): boolean {
  const { error, code, stdout } = result
  if (error || stdout.length === MAXIMUM_LENGTH || isOther(result)) return false
  return code !== 0 || stdout.trim() === ''
}

function isOther({ stderr }: Result): boolean {
  return /unknown command|no help topic/i.test(stderr)
}

/** Which of that name comes first on PATH. */
function pathOf(program: string, env: Environment): string | undefined {
  const paths = (env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, program))
  return paths.find((path) => existsSync(path))
}

function outputProblem(output: string): string | undefined {
  if (output === '') return 'exit code 0, but it printed nothing'
  try {
    decodeClaims(output, 'the output')
    return undefined
  } catch (error) {
    if (error instanceof OidcError) return 'exit code 0, but its output is not a token'
    throw error
  }
}
