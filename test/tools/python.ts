import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { findTool, lacking, REQUIREMENTS, type Skip } from './programs.ts'

/** The interpreter itself: one on PATH may be a script that chooses it. */
export const PYTHON = interpreter(process.env['TEST_PYTHON'] ?? findTool('python3') ?? 'python3')

function interpreter(python: string): string {
  const program = 'import sys; print(sys.executable)'
  return spawnSync(python, ['-c', program], { encoding: 'utf8' }).stdout?.trim() || python
}

/** Why tests that need these Python modules are skipped. */
export function withoutModules(...modules: string[]): Skip {
  const imports = `import ${modules.join(', ')}`
  // As in a job: with another home, where none of the user's own modules are.
  const env = { HOME: tmpdir(), PATH: '/nonexistent' }
  if (spawnSync(PYTHON, ['-c', imports], { env }).status === 0) return false
  return lacking('python3', `${PYTHON} cannot import ${modules.join(', ')}: ${REQUIREMENTS}`)
}

/** What a Python program prints, given text on stdin. */
export function runPython(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(PYTHON, args, { input, encoding: 'utf8' })
  return { status, stdout, stderr }
}
