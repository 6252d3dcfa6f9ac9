import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ERROR_EXIT_CODES, type ErrorCode } from '../../src/errors.ts'
import { errorCode } from '../../src/files/failure.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'
import { CLI } from './built-cli.ts'
import { assertConceals, secretsIn, watchArguments } from './secrets.ts'

export const ROLE = 'arn:aws:iam::111111111111:role/circleci-oidc'

export type Environment = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  /** Added to the job's environment; undefined takes a variable away. */
  readonly env?: Environment | undefined
  readonly input?: string
  /** Runs as a user who is not root, also where the tests do. */
  readonly asNobody?: boolean
  readonly killAfter?: number
}

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

const AS_NOBODY = fileURLToPath(new URL('as-nobody.cjs', import.meta.url))

/** A job with an empty home and nothing in its environment but what a CircleCI job needs. */
export class Job {
  readonly root: string
  readonly env: Record<string, string>
  /** Every token and key that was in play so far. */
  readonly secrets = new Set<string>()

  constructor(t: Pick<TestContext, 'after'>, env: Record<string, string> = {}) {
    this.root = fs.mkdtempSync(join(tmpdir(), 'job-'))
    t.after(() => fs.rmSync(this.root, { recursive: true, force: true }))
    for (const name of ['home', 'bin']) fs.mkdirSync(join(this.root, name))
    fs.chmodSync(this.root, 0o755)
    const { home, bin } = this
    this.env = { HOME: home, PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`, ...env }
  }

  get home(): string {
    return join(this.root, 'home')
  }

  get bin(): string {
    return join(this.root, 'bin')
  }

  /** The file's text, by its path from the home; undefined without such a file. */
  read(path: string): string | undefined {
    try {
      return fs.readFileSync(join(this.home, path), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  write(path: string, text: string, mode = 0o600): string {
    const file = join(this.home, path)
    fs.mkdirSync(dirname(file), { recursive: true })
    fs.writeFileSync(file, text, { mode })
    return file
  }

  /** Makes a FIFO that nobody writes to. */
  fifo(name: string): string {
    const path = join(this.home, name)
    execFileSync('mkfifo', [path])
    return path
  }

  /** Puts a shell script on the job's PATH. */
  program(name: string, script: string): void {
    fs.writeFileSync(join(this.bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  /** Runs the CLI and checks what holds for every run: no secret shown, no trace unless for debugging. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const env = { ...this.env, ...options.env }
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    this.#remember([...settings, options.input ?? ''].join('\n'))
    this.#rememberFiles(env)
    const node = options.asNobody ? ['--require', AS_NOBODY] : []
    const start = performance.now()
    // A pipe is a socket, and bash with a socket as stdin takes itself for a remote shell.
    const stdin = options.input === undefined ? 'ignore' : 'pipe'
    const child = spawn(process.execPath, [...node, CLI, ...args], {
      env,
      cwd: this.home,
      stdio: [stdin, 'pipe', 'pipe'],
    })
    const stop = watchArguments(child.pid ?? 0)
    const kill = options.killAfter === undefined ? undefined : setTimeout(end, options.killAfter)
    function end() {
      child.kill('SIGKILL')
    }
    let [stdout, stderr] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.stdin?.on('error', () => {}).end(options.input)
    const [code, signal] = await once(child, 'close')
    clearTimeout(kill)
    const milliseconds = performance.now() - start
    const commandLines = stop()
    this.#rememberFiles(env)

    assertConceals(stdout, this.secrets, 'stdout')
    assertConceals(stderr, this.secrets, 'stderr')
    assertConceals(commandLines, this.secrets, 'a command line')
    const debugging = args.includes('--debug') || env['AWS_OIDC_DEBUG'] !== undefined
    if (!debugging) assert.doesNotMatch(stderr, /^\s+at .*:\d+/m, 'a stack trace')
    return { code, signal, stdout, stderr, milliseconds }
  }

  /** Runs the CLI, which must succeed. */
  async done(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    const outcome = await this.run(args, options)
    assert.equal(outcome.code, 0, outcome.stderr)
    return outcome
  }

  /** Runs the CLI, which must fail with this error; the message names the cause, then the next step. */
  async fails(
    args: readonly string[],
    code: ErrorCode,
    message: RegExp,
    options?: RunOptions,
  ): Promise<Outcome> {
    const outcome = await this.run(args, options)
    const { stderr } = outcome
    assert.match(stderr, new RegExp(`^Error ${code}: `, 'm'))
    assert.equal(outcome.code, ERROR_EXIT_CODES[code], stderr)
    const asksForJson = args.some((arg) => /^(--format=)?json$/.test(arg))
    if (asksForJson) assert.equal(JSON.parse(outcome.stdout).error.code, code)
    else assert.equal(outcome.stdout, '')
    assert.match(stderr, message)
    assert.match(stderr, /^ {2}Next: {3}\S.*\S$/m)
    assert.match(stderr, new RegExp(`^ {2}More: {3}npx circleci-aws-oidc explain ${code}$`, 'm'))
    return outcome
  }

  /** Every file below the home with its text, lock files and temporary files included. */
  files(): Record<string, string> {
    const names = namesBelow(this.home).sort()
    // Other processes may be replacing files meanwhile.
    const stat = (name: string) => fs.statSync(join(this.home, name), { throwIfNoEntry: false })
    const files = names.filter((name) => stat(name)?.isFile())
    return Object.fromEntries(files.map((name) => [name, this.read(name) ?? '']))
  }

  #remember(text: string): void {
    for (const secret of secretsIn(text)) this.secrets.add(secret)
  }

  #rememberFiles(env: Environment): void {
    for (const text of Object.values(this.files())) this.#remember(text)
    const bashEnv = env['BASH_ENV']
    if (bashEnv && fs.existsSync(bashEnv) && fs.statSync(bashEnv).isFile())
      this.#remember(fs.readFileSync(bashEnv, 'utf8'))
  }
}

/** Of all files and directories; other processes may be removing some meanwhile, over which Node's own recursion fails. */
function namesBelow(root: string, directory = ''): string[] {
  let entries: fs.Dirent[] = []
  try {
    entries = fs.readdirSync(join(root, directory), { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
  return entries.flatMap((entry) => {
    const name = join(directory, entry.name)
    return entry.isDirectory() ? [name, ...namesBelow(root, name)] : [name]
  })
}

export interface SandboxJob {
  readonly job: Job
  readonly sandbox: Sandbox
}

/** A job with its token, and the sandbox it talks to. */
export async function startJob(t: TestContext, options: SandboxOptions = {}): Promise<SandboxJob> {
  const sandbox = await startSandbox(options)
  t.after(() => sandbox.close())
  return { job: await jobIn(t, sandbox), sandbox }
}

/** A job with its token from a sandbox that may have others. */
export async function jobIn(t: Pick<TestContext, 'after'>, sandbox: Sandbox): Promise<Job> {
  return new Job(t, {
    AWS_ENDPOINT_URL_STS: sandbox.url,
    CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(),
    CIRCLE_BUILD_NUM: '42',
    CIRCLE_PROJECT_REPONAME: 'website',
    CIRCLE_JOB: 'deploy',
  })
}
