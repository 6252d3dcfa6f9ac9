import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { orbText } from '../../scripts/pack-orb.ts'
import { orb } from './packed-orb.ts'

test('the packed orb, indented as docs/publish.md says, is an inline orb', (t) => {
  const [, script = ''] =
    /npm run orb\n(printf .*?)```/s.exec(readFileSync('docs/publish.md', 'utf8')) ?? []
  const directory = mkdtempSync(join(tmpdir(), 'inline-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'dist'))
  writeFileSync(join(directory, 'dist/orb.yml'), orbText(orb))
  execFileSync('sh', ['-eu', '-c', script], { cwd: directory })
  const { orbs } = parse(readFileSync(join(directory, 'orbs.yml'), 'utf8'))
  assert.deepEqual(orbs['aws-oidc'], orb)
})
