import { writeFile } from 'node:fs/promises'
import { isatty } from 'node:tty'
import { readTextFile } from '../files/read.ts'
import type { Environment } from '../options.ts'
import { forwardSignals, runChild } from '../processes.ts'
import { shellWord } from '../text.ts'
import { parseWorld, readWorld, type World } from './aws/world.ts'
import { parseFault } from './fault.ts'
import { hasTokens } from './issuer.ts'
import {
  type CommandPaths,
  circleVariables,
  createJobDirectory,
  isHiddenFromJob,
  type JobDirectory,
  jobEnvironment,
  mintTokens,
  sandboxVariables,
  stepCommand,
} from './job.ts'
import { type Sandbox, startSandbox } from './server.ts'

/**
 * POSIX shell text that makes the shell that reads it a job of this sandbox. The token is minted when it is read, so
 * none is printed; AWS files go to the sandbox's directory, so the user's own `~/.aws` stays as it is.
 */
function describeExports(
  world: World,
  url: string,
  directory: JobDirectory,
  parent: Environment,
): string {
  const unset = Object.keys(parent).filter(isHiddenFromJob).sort()
  const { PATH: _, ...variables } = sandboxVariables(url, directory, parent)
  const exported = {
    ...circleVariables(world),
    ...variables,
    AWS_CONFIG_FILE: `${directory.home}/.aws/config`,
    AWS_SHARED_CREDENTIALS_FILE: `${directory.home}/.aws/credentials`,
  }
  return [
    ...(unset.length > 0 ? [`unset ${unset.join(' ')}`] : []),
    ...Object.entries(exported).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    `export PATH=${shellWord(directory.bin)}:"$PATH"`,
    ...(hasTokens(world)
      ? [
          'export CIRCLE_OIDC_TOKEN="$(CIRCLE_SANDBOX_TOKEN_VERSION=v1 circleci run oidc get)"',
          'export CIRCLE_OIDC_TOKEN_V2="$(circleci run oidc get)"',
        ]
      : []),
    '',
  ].join('\n')
}

/**
 * Runs a command as a CircleCI job would run in this sandbox, stdio inherited, and returns its exit code as a shell
 * would: 128+n for a signal, 127 when not found, 126 when not executable. The job's directory is removed afterwards.
 */
async function runJob(
  sandbox: Sandbox,
  { command, passed }: { command: readonly string[]; passed: readonly string[] },
  paths: CommandPaths,
  log: (line: string) => void,
): Promise<number> {
  // From before the directory exists, so that no signal can leave it behind.
  const signals = forwardSignals()
  let directory: JobDirectory | undefined
  try {
    directory = await createJobDirectory(paths)
    const tokens = await mintTokens(sandbox)
    const { world, url } = sandbox
    const env = jobEnvironment(process.env, world, url, directory, tokens, passed)
    return await runChild(stepCommand(command), env, signals, log)
  } finally {
    await directory?.remove()
    signals.stop()
  }
}

export interface RunOptions {
  /** 0 or `undefined`: any free port. */
  readonly port: number | undefined
  readonly worldFile: string | undefined
  /** Each `NAME[:COUNT]`, applied in this order. */
  readonly faults: readonly string[]
  /** The job's command with its arguments; without one the sandbox prints exports and waits. */
  readonly command: readonly string[] | undefined
  /** Names of variables of the surrounding shell that the job gets, though CircleCI would not set them. */
  readonly passed?: readonly string[]
  readonly paths: CommandPaths
  /** Narration, a line at a time, for stderr. Never a secret. */
  readonly log: (line: string) => void
  /** The same for who watches. */
  readonly progress: (line: string) => void
  /** The result, for stdout. */
  readonly print: (text: string) => void
}

/**
 * The `sandbox` command: returns the job's exit code, or 0 after SIGINT, SIGTERM or SIGHUP when there is no command.
 * Throws `invalid-usage` (fault, port), `file-unreadable` and `invalid-world` (world file).
 */
export async function runSandbox(options: RunOptions): Promise<number> {
  const { command, paths, log, progress, print } = options
  const faults = options.faults.map(parseFault)
  const world = await readWorldFile(options.worldFile)
  const patience = setTimeout(progress, 2000, 'still making its keys')
  const sandbox = await startSandbox({ world, faults, log, port: options.port ?? 0 }).finally(() =>
    clearTimeout(patience),
  )
  try {
    if (command && command.length > 0) {
      return await runJob(sandbox, { command, passed: options.passed ?? [] }, paths, log)
    }
    return await waitForSignal(sandbox, paths, print, log)
  } finally {
    await sandbox.close()
  }
}

async function readWorldFile(path: string | undefined): Promise<World> {
  if (path === undefined) return readWorld({})
  return parseWorld(await readTextFile(path, { what: 'The world file' }))
}

async function waitForSignal(
  sandbox: Sandbox,
  paths: CommandPaths,
  print: (text: string) => void,
  log: (line: string) => void,
): Promise<number> {
  const stopped = stopSignal()
  const directory = await createJobDirectory(paths)
  try {
    const variables = describeExports(sandbox.world, sandbox.url, directory, process.env)
    await writeFile(directory.variables, variables, { mode: 0o600 })
    // For a script that starts the sandbox: who reads a terminal finds it among the next lines.
    if (!isatty(1)) print(`. ${shellWord(directory.variables)}`)
    for (const line of nextSteps(sandbox, directory)) log(line)
    await stopped
    return 0
  } finally {
    await directory.remove()
  }
}

function nextSteps({ url, world }: Sandbox, { variables }: JobDirectory): string[] {
  const [arn = 'ARN'] = world.accounts.flatMap(({ id, partition, roles }) =>
    roles.map(({ path, name }) => `arn:${partition}:iam::${id}:role${path}${name}`),
  )
  return [
    `the sandbox listens on ${url} until Ctrl-C. In another terminal, run:`,
    `  . ${shellWord(variables)}`,
    `  circleci-aws-oidc assume-role --role-arn ${arn}`,
    '  circleci-aws-oidc whoami',
  ]
}

function stopSignal(): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of signals) process.off(signal, stop)
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })
}
