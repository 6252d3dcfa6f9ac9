import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathOf, without } from '../tools/programs.ts'
import { orbRoot } from './packed-orb.ts'

function assertClean(linter: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(pathOf(linter), args, { encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
}

test('yamllint, as orb-tools/lint runs it', { skip: without('yamllint') }, () => {
  assertClean('yamllint', ['orb', '.circleci'])
})

describe('shellcheck', { skip: without('shellcheck') }, () => {
  const directory = join(orbRoot, 'dist')
  for (const name of readdirSync(directory)) {
    test(name, () => assertClean('shellcheck', [join(directory, name)]))
  }

  for (const name of readdirSync('.circleci').filter((one) => one.endsWith('.sh'))) {
    test(name, () => assertClean('shellcheck', [join('.circleci', name)]))
  }
})
