import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { readWorld, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { type Fence, readFences } from '../docs/fences.ts'
import { CLI } from './built-cli.ts'
import { type Environment, Job } from './job.ts'
import { assertConceals, secretsIn } from './secrets.ts'

const PAGE = 'docs/other-ci.md'

/** The recipes of a language under a heading of the page. */
export function recipesUnder(heading: string, language: string): Fence[] {
  const lines = readFileSync(PAGE, 'utf8').split('\n')
  const start = lines.indexOf(`## ${heading}`)
  const next = lines.findIndex((line, at) => at > start && line.startsWith('## '))
  return readFences(PAGE).filter(
    (fence) => fence.language === language && fence.line > start && fence.line <= next,
  )
}

export interface CiJob {
  readonly job: Job
  readonly sandbox: Sandbox
  /** A token as the CI gives it to this job. */
  readonly mint: (audience: string) => Promise<string>
  /** Runs a step, which must succeed, and returns what it printed; no secret may be in that. */
  readonly run: (script: string, env?: Environment) => Promise<string>
}

interface Trusted {
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** A job with this subject, and a world where the page's `trust generate` of that heading says whom to trust. */
export async function startCiJob(
  t: TestContext,
  heading: string,
  { issuer, subject, role }: { issuer: string; subject: string; role: string },
): Promise<CiJob> {
  const job = new Job(t)
  job.program('npx', `shift\nexec "${process.execPath}" "${CLI}" "$@"`)
  const run = (script: string, env: Environment = {}) => runStep(job, script, env)

  const [generate] = recipesUnder(heading, 'sh')
  const trustPolicy = JSON.parse(await run(generate?.text ?? ''))
  const [{ Condition }]: [Trusted] = trustPolicy.Statement
  const audience = Condition['StringEquals']?.[`${issuer.replace('https://', '')}:aud`] ?? ''
  const providers = [{ url: issuer, clientIds: [audience] }]
  const accounts = { '111111111111': { providers, roles: [{ name: role, trustPolicy }] } }
  const sandbox = await startSandbox({ world: readWorld({ issuer, accounts }) })
  t.after(() => sandbox.close())
  job.env['AWS_ENDPOINT_URL_STS'] = sandbox.url

  const mint = async (forAudience: string) => {
    const token = await sandbox.mint({ audience: forAudience, claims: { sub: subject } })
    job.secrets.add(token)
    return token
  }
  return { job, sandbox, mint, run }
}

async function runStep(job: Job, script: string, env: Environment): Promise<string> {
  const options = { cwd: job.home, env: { ...job.env, ...env } }
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], options)
  let [output, stdout] = ['', '']
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (stream === child.stdout) stdout += text
    })
  }
  child.stdin.end()
  const [code] = await once(child, 'close')
  for (const text of Object.values(job.files())) {
    for (const secret of secretsIn(text)) job.secrets.add(secret)
  }
  assertConceals(output, job.secrets, 'a step')
  assert.equal(code, 0, output)
  return stdout
}
