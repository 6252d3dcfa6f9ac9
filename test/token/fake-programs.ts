import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export interface FakePrograms {
  /** An environment with only them on PATH. */
  readonly env: Readonly<Record<string, string>>
  /** The command lines they were called with, in order. */
  readonly calls: () => readonly string[]
}

/** Programs on PATH made of shell scripts by name; an empty script is a file that can't be executed. */
export function fakePrograms(t: TestContext, scripts: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), 'programs-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const log = join(directory, 'calls')
  writeFileSync(log, '')
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(directory, name)
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> '${log}'\n${script}\n`)
    chmodSync(path, script === '' ? 0o644 : 0o755)
  }
  const programs: FakePrograms = {
    env: { PATH: directory },
    calls: () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean),
  }
  return programs
}

/** A script that prints this token. */
export function printing(token: string): string {
  return `echo '${token}'`
}
