import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { orbRoot } from './packed-orb.ts'
import { findTool } from './tools.ts'

function linter(name: string): { path: string; skip: string | false } {
  const own = join('.venv', 'bin', name)
  const path = existsSync(own) ? own : (findTool(name) ?? name)
  const missing = process.env['CI'] !== 'true' && path === name
  return { path, skip: missing && `${name} is not on this machine (test/requirements.txt)` }
}

function assertClean(path: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(path, args, { encoding: 'utf8' })
  assert.ifError(error)
  assert.equal(status, 0, stdout + stderr)
}

const yamllint = linter('yamllint')
test('yamllint, as orb-tools/lint runs it', { skip: yamllint.skip }, () => {
  assertClean(yamllint.path, ['orb', '.circleci'])
})

const shellcheck = linter('shellcheck')
describe('shellcheck', { skip: shellcheck.skip }, () => {
  const directory = join(orbRoot, 'dist')
  for (const name of readdirSync(directory)) {
    test(name, () => assertClean(shellcheck.path, [join(directory, name)]))
  }

  for (const name of readdirSync('.circleci').filter((one) => one.endsWith('.sh'))) {
    test(name, () => assertClean(shellcheck.path, [join('.circleci', name)]))
  }
})
