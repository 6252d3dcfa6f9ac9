import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Job } from '../acceptance/job.ts'

const CHOSEN =
  process.env['TEST_PYTHON'] ?? (existsSync('.venv/bin/python') ? '.venv/bin/python' : 'python3')

/** Why tests that need this Python module are skipped; false where they run. In CI they always run. */
export function without(module: string): string | false {
  if (process.env['CI'] === 'true') return false
  return spawnSync(CHOSEN, ['-c', `import ${module}`]).status === 0
    ? false
    : `${CHOSEN} cannot import ${module}; test/requirements.txt names what to install`
}

/** The interpreter itself, which runs with any HOME and from any directory. */
function interpreter(): string {
  if (CHOSEN.includes('/')) return resolve(CHOSEN)
  const options = { encoding: 'utf8' } as const
  return spawnSync(CHOSEN, ['-c', 'import sys; print(sys.executable)'], options).stdout.trim()
}

/** Puts `aws`, `boto3-identity` and `javascript-identity` on the job's PATH. */
export function addAwsTools(job: Job): void {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  job.program('aws', `exec '${interpreter()}' -m awscli "$@"`)
  job.program('boto3-identity', `exec '${interpreter()}' '${path('boto3-identity.py')}' "$@"`)
  job.program('javascript-identity', `exec node '${path('javascript-identity.mjs')}' "$@"`)
}

/** Starts moto's server and returns its URL. */
export async function startMoto(t: TestContext): Promise<string> {
  const port = await freePort()
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)]
  const server = spawn(interpreter(), args, { stdio: 'ignore' })
  t.after(() => server.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (server.exitCode !== null) break
    const answer = await fetch(`${url}/moto-api/data.json`).catch(() => undefined)
    if (answer?.ok) return url
    await sleep(200)
  }
  throw new Error(`moto's server did not start (exit code ${server.exitCode})`)
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => found(port))
    })
  })
}
