import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const VENV = resolve('.venv/bin/python')

export const PYTHON = process.env['TEST_PYTHON'] ?? (existsSync(VENV) ? VENV : 'python3')

/** Why tests that need these Python modules are skipped; false where they run. In CI they always run. */
export function withoutModules(...modules: string[]): string | false {
  if (process.env['CI'] === 'true') return false
  return spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`]).status === 0
    ? false
    : `${PYTHON} cannot import ${modules.join(', ')}; set TEST_PYTHON to a Python that can`
}

/** What a Python program prints, given text on stdin. */
export function runPython(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { input, encoding: 'utf8' })
  return { status, stdout, stderr }
}
