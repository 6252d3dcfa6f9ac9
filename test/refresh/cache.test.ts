import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFresh, isUsable, readCachedCredentials } from '../../src/refresh/cache.ts'

const MINUTE = 60_000
const start = Date.parse('2026-11-21T12:00:00Z')

// Life in minutes, age in minutes, whether they are still given out.
const AGES: [life: number, age: number, fresh: boolean][] = [
  [60, 0, true],
  [60, 43.9, true],
  [60, 44, false],
  [60, 61, false],
  [15, 9.9, true],
  [15, 10, false],
  // A short life has a shorter margin, or they would never be fresh.
  [3, 1.9, true],
  [3, 2, false],
]

for (const [life, age, fresh] of AGES) {
  test(`${life} minutes to live, ${age} old: ${fresh ? 'fresh' : 'to be renewed'}`, () => {
    const cached = { text: '', start, end: start + life * MINUTE }
    assert.equal(isFresh(cached, start + age * MINUTE), fresh)
  })
}

// Which serve while others are asked for, and where AWS refuses.
const LAST: [life: number, age: number, usable: boolean][] = [
  [60, 58.9, true],
  [60, 59, false],
  // A short life has a shorter margin.
  [3, 2.4, true],
  [3, 2.5, false],
  [3, 4, false],
]

for (const [life, age, usable] of LAST) {
  test(`${life} minutes to live, ${age} old: ${usable ? 'usable' : 'not usable'}`, () => {
    const cached = { text: '', start, end: start + life * MINUTE }
    assert.equal(isUsable(cached, start + age * MINUTE), usable)
  })
}

test('what has ended is never fresh, also where the clock was set back after it was written', () => {
  const cached = { text: '', start: start + 3 * 60 * MINUTE, end: start + 60 * MINUTE }
  assert.equal(isFresh(cached, start + 59 * MINUTE), true)
  assert.equal(isFresh(cached, start + 60 * MINUTE), false)
  assert.equal(isFresh(cached, start + 61 * MINUTE), false)
})

const WHOLE = {
  Version: 1,
  AccessKeyId: 'ASIA',
  SecretAccessKey: 's',
  SessionToken: 't',
  Expiration: '2026-11-21T13:00:00Z',
}

test('what is not ours counts as nothing', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cache-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'credentials.json')
  assert.equal(readCachedCredentials(path), undefined)
  const incomplete = Object.keys(WHOLE).flatMap((key) =>
    [undefined, null, '', 2].map((value) => ({ ...WHOLE, [key]: value })),
  )
  const others = [{}, { Expiration: WHOLE.Expiration }, { ...WHOLE, Expiration: 'soon' }]
  const texts = ['', '{', 'null', ...[...incomplete, ...others].map((one) => JSON.stringify(one))]
  for (const text of texts) {
    writeFileSync(path, text)
    assert.equal(readCachedCredentials(path), undefined, text)
  }
  const text = JSON.stringify(WHOLE)
  writeFileSync(path, text)
  utimesSync(path, start / 1000, start / 1000)
  assert.deepEqual(readCachedCredentials(path), { text, start, end: start + 60 * MINUTE })
})
