import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { assertProfileName, canonicalHeader, profileOf } from '../../src/profiles/profile-name.ts'
import { Botocore, withoutBotocore } from './botocore.ts'
import { readWithSdk } from './javascript-sdk.ts'

/**
 * Headers of the config file, and the profile that botocore takes each for: it splits them by the rules of a shell,
 * https://docs.python.org/3/library/shlex.html#parsing-rules
 */
const HEADERS: readonly (readonly [header: string, profile: string | undefined])[] = [
  ['default', 'default'],
  ['profile dev', 'dev'],
  ['profile \t dev ', 'dev'],
  ['profilex dev', 'dev'],
  ['dev', undefined],
  ['my profile', undefined],
  ['profile', undefined],
  ['profile a b', undefined],
  ['profile\u00a0dev', undefined],
  ['profile "a b"', 'a b'],
  ["profile 'a b'", 'a b'],
  ['profile ""', ''],
  ['profile a\'b\'"c"d', 'abcd'],
  [`profile "it's"`, "it's"],
  [`profile 'say "x"'`, 'say "x"'],
  ['profile "dev', undefined],
  ["profile it's", undefined],
  ['profile a\\ b', 'a b'],
  ['profile \\"dev', '"dev'],
  ['profile de\\v', 'dev'],
  ['profile dev\\', undefined],
  ['profile "a\\"b"', 'a"b'],
  ['profile "a\\\\b"', 'a\\b'],
  ['profile "a\\b"', 'a\\b'],
  [`profile "a\\'b"`, "a\\'b"],
  ["profile 'a\\b'", 'a\\b'],
  ["profile 'a\\'", 'a\\'],
  ['profile "a\\"', undefined],
  ['profile "\\', undefined],
]

describe('the profile of a section header', () => {
  for (const [header, profile] of HEADERS) {
    test(`[${header}]`, () => {
      assert.equal(profileOf(header, 'config'), profile)
      assert.equal(profileOf(header, 'credentials'), header)
    })
  }
})

describe('botocore on these headers', { skip: withoutBotocore }, () => {
  const botocore = new Botocore()
  before(() => botocore.start())
  after(() => botocore.stop())

  test('takes them for the same profiles', async () => {
    for (const [header, profile] of HEADERS) {
      const reading = await botocore.read('config', `[${header}]\n`)
      assert.equal(reading?.names[header], profile, header)
    }
  })
})

const ALLOWED = [
  ...['default', 'dev', 'Dev', 'a-b', 'a.b', 'a_b', 'a@b.c', 'a+b', 'a%b', 'a:b', 'a/b', '1', '.'],
  ...['_', 'a--', 'a'.repeat(255), `${'A'.repeat(84)}${'-'.repeat(3)}`],
]
for (const name of ALLOWED) {
  test(`the SDK for JavaScript reads the profile ${name.slice(0, 20)}`, async () => {
    assertProfileName(name)
    for (const file of ['config', 'credentials'] as const) {
      const text = `[${canonicalHeader(file, name)}]\nregion = x\n`
      assert.deepEqual(await readWithSdk(file, text), { [name]: { region: 'x' } })
      assert.equal(profileOf(canonicalHeader(file, name), file), name)
    }
  })
}

const REFUSED: readonly (readonly [name: string, says: RegExp])[] = [
  ['', /"" cannot be a profile name/],
  ['a b', /"a b" cannot/],
  ['-a', /"-a" cannot/],
  ['a,', /"a," cannot/],
  ['ä', /"ä" cannot/],
  ['a\n', /"a\\n" cannot/],
  ['a'.repeat(256), /"a{40}…" is too long/],
  // A capital takes three bytes of the 255 that a file system allows.
  ['A'.repeat(86), /"A{40}…" is too long/],
  ['a/'.repeat(64), /too long/],
  ['DEFAULT', /"DEFAULT" cannot/],
  ['toString', /"toString" cannot/],
]
for (const [name, says] of REFUSED) {
  test(`${JSON.stringify(name.slice(0, 20))} is refused as a profile's name`, () => {
    const expected = { code: 'invalid-profile-name', message: says }
    assert.throws(() => assertProfileName(name), expected)
  })
}

test('who writes DEFAULT is told of default, and nobody else', () => {
  const asksFor = (name: string, next: RegExp) =>
    assert.throws(() => assertProfileName(name), { next })
  asksFor('DEFAULT', /"default"/)
  asksFor('constructor', /^(?!.*default)/)
})
