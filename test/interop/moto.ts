import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PYTHON } from '../tools/python.ts'

/** Starts moto's server and returns its URL. */
export async function startMoto(t: TestContext): Promise<string> {
  // Between finding a free port and listening on it, another test may take it.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const url = await tryMoto(t, await freePort())
    if (url) return url
  }
  throw new Error("moto's server did not start")
}

async function tryMoto(t: TestContext, port: number): Promise<string | undefined> {
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)]
  const server = spawn(PYTHON, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let told = ''
  server.stderr.setEncoding('utf8').on('data', (text) => {
    told += text
  })
  t.after(() => server.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 150 && server.exitCode === null; attempt += 1) {
    const answer = await fetch(`${url}/moto-api/data.json`).catch(() => undefined)
    if (answer?.ok && server.exitCode === null) return url
    await sleep(200)
  }
  t.diagnostic(`moto's server ended with ${server.exitCode}: ${told.slice(-300)}`)
  return undefined
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
