import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { embedReadably } from '../../scripts/embed.ts'
import { pathOf, without } from '../tools/programs.ts'
import { embedded } from './packed-orb.ts'

function assertClean(linter: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(pathOf(linter), args, { encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
}

test('yamllint, as orb-tools/lint runs it', { skip: without('yamllint') }, () => {
  assertClean('yamllint', ['orb', '.circleci'])
})

describe('shellcheck', { skip: without('shellcheck') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'shellcheck-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(embedReadably(embedded, 'orb'))) {
    test(name, () => {
      writeFileSync(join(directory, name), text)
      assertClean('shellcheck', [join(directory, name)])
    })
  }

  for (const name of readdirSync('.circleci').filter((one) => one.endsWith('.sh'))) {
    test(name, () => assertClean('shellcheck', [join('.circleci', name)]))
  }
})
