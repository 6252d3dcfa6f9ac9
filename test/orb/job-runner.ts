import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { readWorld } from '../../src/sandbox/aws/world.ts'
import { circleVariables } from '../../src/sandbox/job.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { pathOf } from '../tools/programs.ts'
import type { Job, RunStep } from './compile.ts'
import { addAwsProgram, addTool, BASE_TOOLS, linkBusybox, linkTools } from './tools.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where jobs run: the sandbox, and the image's home, tools and $BASH_ENV file. */
export interface Host {
  readonly sandbox: Sandbox
  readonly root: string
  readonly bin: string
  readonly home: string
  readonly bashEnv: string
  readonly env: Environment
}

export interface HostOptions {
  readonly world?: object
  /** Tools besides `BASE_TOOLS`. Default: Node. */
  readonly tools?: readonly string[]
  /** `BASE_TOOLS` of busybox, as on Alpine. */
  readonly busybox?: boolean
}

/** The sandbox's `circleci`, which mints tokens. */
const CIRCLECI = 'dist/sandbox-circleci.cjs'

/** A host of its own for one test. */
export async function openHost(t: TestContext, options: HostOptions = {}): Promise<Host> {
  const root = mkdtempSync(join(tmpdir(), "orb job's "))
  const sandbox = await startSandbox({ world: readWorld(options.world ?? {}) })
  t.after(async () => {
    await sandbox.close()
    chmodSync(join(root, 'home'), 0o700)
    rmSync(root, { recursive: true, force: true })
  })
  const home = join(root, 'home')
  const bashEnv = join(root, 'bash_env')
  mkdirSync(home)
  writeFileSync(bashEnv, '')
  const tools = options.tools ?? ['node']
  const bin = join(root, 'bin')
  if (options.busybox) linkBusybox(bin)
  linkTools(bin, options.busybox ? tools : [...BASE_TOOLS, ...tools])
  addAwsProgram(bin, 'aws')
  addTool(bin, 'circleci', `exec '${process.execPath}' '${resolve(CIRCLECI)}' "$@"`)
  const env = {
    ...circleVariables(sandbox.world),
    CIRCLE_OIDC_TOKEN: await sandbox.mint({ version: 'v1' }),
    CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ version: 'v2' }),
    AWS_ENDPOINT_URL_STS: sandbox.url,
    CIRCLE_SANDBOX_URL: sandbox.url,
    HOME: home,
    BASH_ENV: bashEnv,
    PATH: bin,
  }
  return { sandbox, root, bin, home, bashEnv, env }
}

export interface StepResult {
  readonly name: string
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface JobResult {
  /** Those that ran. */
  readonly steps: readonly StepResult[]
  readonly succeeded: boolean
  readonly output: string
}

/** CircleCI's default on Linux images with bash. */
export const BASH = 'bash -eo pipefail'

export interface RunOptions {
  /** The job's default shell. */
  readonly shell?: string
  /** A command that runs the shell, with its arguments. */
  readonly under?: readonly string[]
  /** Changes to the host's environment. */
  readonly env?: Environment
}

/** Runs a job's steps one after another, each in its own shell. */
export async function runJob(
  host: Host,
  job: Job,
  { shell = BASH, env = {}, under = [] }: RunOptions = {},
): Promise<JobResult> {
  const steps: StepResult[] = []
  const background: ReturnType<typeof startStep>[] = []
  let succeeded = true
  for (const step of job.steps) {
    if (step.when !== 'always' && (step.when === 'on_success') !== succeeded) continue
    const [program = '', ...options] = (step.shell ?? job.shell ?? shell).split(' ')
    // The shell itself may be one that is not on the job's PATH.
    const command = [...under, pathOf(program), ...options, '-c', step.command]
    const running = startStep(step, command, host.root, {
      ...host.env,
      ...env,
      ...job.environment,
      ...step.environment,
    })
    if (step.background) {
      background.push(running)
      continue
    }
    const result = await running.result
    steps.push(result)
    if (result.code !== 0) succeeded = false
  }
  for (const { child } of background) child.kill()
  const ended = [...steps, ...(await Promise.all(background.map(({ result }) => result)))]
  const output = ended.map(({ stdout, stderr }) => stdout + stderr).join('')
  assertNoSecrets(host, output)
  return { steps, succeeded, output }
}

function startStep(
  { name }: RunStep,
  [file = '', ...args]: readonly string[],
  cwd: string,
  env: Environment,
): { child: ChildProcess; result: Promise<StepResult> } {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = once(child, 'close')
  return { child, result: ended.then(([code]) => ({ name, code: code ?? -1, stdout, stderr })) }
}

/** No token and no key that was handed out may be in what a job printed. */
function assertNoSecrets(host: Host, output: string): void {
  assert.ok(!/eyJ[\w-]{5,}\.[\w-]{5,}\./.test(output), 'a token was printed')
  const file = join(host.home, '.aws', 'credentials')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  for (const [, secret = ''] of text.matchAll(/^aws_(?:secret|session)\w+\s*=\s*(.*)$/gm)) {
    assert.ok(!output.includes(secret), 'a secret of the credentials file was printed')
  }
}
