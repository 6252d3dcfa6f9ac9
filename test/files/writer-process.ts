import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** `writer.ts` bundled once, so that a hundred of them start quickly. */
export class WriterProgram {
  readonly directory = mkdtempSync(join(tmpdir(), 'writer-'))
  readonly path = join(this.directory, 'writer.mjs')

  async build(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL('writer.ts', import.meta.url))],
      outfile: this.path,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
  }

  remove(): void {
    rmSync(this.directory, { recursive: true })
  }

  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(process.execPath, [this.path, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ending> {
    return ending(this.start(args, env))
  }
}

export interface Ending {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

export async function ending(child: ChildProcess): Promise<Ending> {
  let output = ''
  child.stdout?.on('data', (data) => {
    output += String(data)
  })
  const [status, signal] = await once(child, 'close')
  return { status, signal, output }
}
