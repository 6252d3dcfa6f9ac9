import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keepCredentials } from '../../src/refresh/renewal.ts'

const CREDENTIALS = {
  accessKeyId: 'ASIA',
  secretAccessKey: 's',
  sessionToken: 't',
  expiration: new Date('2026-11-21T13:00:00Z'),
}

function cachePath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'cache-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'credentials.json')
}

test('credentials of the current recipe are kept', async (t) => {
  const path = cachePath(t)
  const text = await keepCredentials(path, CREDENTIALS, { isCurrent: () => true })
  assert.equal(readFileSync(path, 'utf8'), text)
})

test('those of another recipe leave the cache as it is', async (t) => {
  const path = cachePath(t)
  writeFileSync(path, 'newer')
  const outdated = { isCurrent: () => false }
  assert.equal(await keepCredentials(path, CREDENTIALS, outdated), undefined)
  assert.equal(readFileSync(path, 'utf8'), 'newer')
  rmSync(path)
  assert.equal(await keepCredentials(path, CREDENTIALS, outdated), undefined)
  assert.equal(existsSync(path), false)
})

test('a recipe that goes at any moment of the writing leaves no credentials', async (t) => {
  for (let moment = 0; moment < 4; moment += 1) {
    const path = cachePath(t)
    let asked = 0
    const isCurrent = () => asked++ < moment
    const kept = await keepCredentials(path, CREDENTIALS, { isCurrent })
    assert.equal(existsSync(path), kept !== undefined, `${moment}`)
    assert.deepEqual(readdirSync(join(path, '..')), kept ? ['credentials.json'] : [])
  }
})
