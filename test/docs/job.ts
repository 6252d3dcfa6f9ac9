import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { parseWorld } from '../../src/sandbox/aws/world.ts'
import { createJobDirectory, jobEnvironment } from '../../src/sandbox/job.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import type { Skip } from '../tools/programs.ts'

/** A CircleCI job of the sandbox, in which the blocks of a page run one after another. */
export interface Job {
  /** The working directory, as after `checkout`. */
  readonly directory: string
  run(step: Step): Promise<StepResult>
}

export interface Step {
  readonly command: string
  readonly environment?: Readonly<Record<string, string>>
  readonly shell?: string | undefined
}

export interface StepResult {
  readonly code: number
  readonly stdout: string
  /** stdout and stderr as they came. */
  readonly output: string
}

const TOOLS = resolve('.venv/bin')
const PATHS = {
  cli: resolve('dist/circleci-aws-oidc.cjs'),
  circleci: resolve('dist/sandbox-circleci.cjs'),
}
const SEARCH_PATH = existsSync(TOOLS) ? `${TOOLS}:${process.env['PATH']}` : process.env['PATH']

/** What a context gives the jobs of the pages. */
const CONTEXT = { DEPLOY_ROLE_ARN: 'arn:aws:iam::111111111111:role/circleci-oidc' }

/** The published package's name leads to the bundle just built. */
const NPX = `#!/bin/sh
case $1 in
  circleci-aws-oidc | circleci-aws-oidc@*) shift && exec circleci-aws-oidc "$@" ;;
esac
echo "npx: the tests know only circleci-aws-oidc" >&2 && exit 1
`

/** Why a step is skipped. */
export function skipped(command: string): Skip {
  return /(^|[\s;&|('"])aws\s/.test(command) && withoutAwsCli
}

export async function startJob(t: TestContext, world: string): Promise<Job> {
  const sandbox = await startSandbox({ world: parseWorld(world) })
  const job = await createJobDirectory(PATHS)
  const directory = mkdtempSync(join(tmpdir(), 'project-'))
  t.after(async () => {
    await sandbox.close()
    await job.remove()
    rmSync(directory, { recursive: true })
  })
  writeFileSync(join(job.bin, 'npx'), NPX, { mode: 0o755 })
  symlinkSync(AWS_CLI, join(job.bin, 'aws'))
  const tokens = {
    v1: await sandbox.mint({ version: 'v1' }),
    v2: await sandbox.mint({ version: 'v2' }),
  }
  const parent = Object.entries(process.env).filter(([name]) => !/^(NODE_|AWS_)/.test(name))
  const search = { ...Object.fromEntries(parent), ...(SEARCH_PATH ? { PATH: SEARCH_PATH } : {}) }
  const env = {
    ...jobEnvironment(search, sandbox.world, sandbox.url, job, tokens),
    ...CONTEXT,
    ID_TOKEN: tokens.v1,
  }
  const run = async ({ command, environment, shell = 'bash -eo pipefail' }: Step) => {
    const [program = 'bash', ...options] = shell.split(' ')
    const child = spawn(program, [...options, '-c', command], {
      cwd: directory,
      env: { ...env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    })
    let stdout = ''
    let output = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(child, 'close')
    assertNoSecret(command, output, [...Object.values(tokens), ...secrets(job.home)])
    return { code: code ?? -1, stdout, output }
  }
  return { directory, run }
}

function secrets(home: string): string[] {
  const file = join(home, '.aws/credentials')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return [...text.matchAll(/^aws_(?:secret|session)\w+\s*=\s*(.*)$/gm)].map(([, one = '']) => one)
}

/** Only a page that shows the credentials file itself prints keys. */
function assertNoSecret(command: string, output: string, values: readonly string[]): void {
  if (/cat .*credentials/.test(command)) return
  for (const value of values) assert.ok(!output.includes(value), 'a token or key was printed')
}
