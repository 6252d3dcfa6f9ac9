import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SharedFile } from '../../src/profiles/profile-name.ts'
import { PYTHON, withoutModules } from '../tools/python.ts'

export type Settings = Record<string, unknown>

export interface BotocoreReading {
  readonly profiles: Record<string, Settings>
  readonly sections: Record<string, Settings>
  /** The profile that a section stands for, by the section's name. */
  readonly names: Record<string, string>
}

/** Why tests against botocore are skipped. */
export const withoutBotocore = withoutModules('botocore')

/** One Python process that reads files for as long as the tests run. */
export class Botocore {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor() {
    const script = fileURLToPath(new URL('botocore-reader.py', import.meta.url))
    const child = spawn(PYTHON, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  async start(): Promise<this> {
    await this.#answer()
    return this
  }

  /** Undefined when botocore cannot read the text. */
  async read(file: SharedFile, text: string): Promise<BotocoreReading | undefined> {
    this.#child.stdin?.write(`${JSON.stringify({ file, text })}\n`)
    const answer = await this.#answer()
    return 'error' in answer ? undefined : (answer as unknown as BotocoreReading)
  }

  stop(): void {
    this.#child.stdin?.end()
  }

  async #answer(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${PYTHON} botocore-reader.py ended`)
    return JSON.parse(value)
  }
}
