import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseIni } from '../../src/profiles/ini.ts'
import { javaScriptRefusal, readAsJavaScript } from '../../src/profiles/javascript-reading.ts'
import { readWithSdk } from './javascript-sdk.ts'

const PROFILES = {
  config: ['default', 'dev', 'a b', 'profile.dev', 'somehow.dev'],
  credentials: ['default', 'dev', 'a b', 'profile.dev', 'sso-session.dev', 'services.dev'],
}

/** Files with what the SDK for JavaScript reads in its own way; it is itself the judge. */
const TEXTS: readonly string[] = [
  '[default]\na=b\n[dev]\na = c\n[profile dev]\na\t=\td\n',
  '[default]\na = 1\n[profile default]\nb = 2\n',
  '[profile default]\nb = 2\n[default]\na = 1\n',
  '[default]\na = 1\n[profile default]\n',
  '[profile dev]\na = 1\na = 2\nA = 3\n[profile dev]\nb = 4\n',
  '[profile dev]\n# a = 1\n;b = 2\nc = 3 # d\ne = 4;f\ng = 5 ;h\n#i=6\n',
  '[profile dev]\n= 1\n==\na = b = c\nkey\nx: y\n',
  '[profile dev]\r\na = 1\r\nb = 2\rc = 3\r\n',
  '[profile dev]\ns3 =\n  a = 1\n  b = 2\nc = 3\n  d = 4\n',
  '[profile dev]\ns3 =\n  a =\n  b = 2\n[profile dev]\n  c = 3\n',
  '[profile dev]\n  s3 =\n    a = 1\n  b = 2\n',
  '[profile dev] # mine\na = 1\n',
  '[profile dev] mine\na = 1\n',
  '  [profile dev]  \n\ta = 1\n',
  '[profile dev\na = 1\n',
  'profile dev]\na = 1\n',
  '[profile  dev]\na = 1\n',
  '[profile "dev"]\na = 1\n',
  "[profile 'dev']\na = 1\n",
  '[profile "dev\']\na = 1\n',
  '[profile "dev]\na = 1\n',
  '[x profile dev]\na = 1\n',
  '[profile dev x]\na = 1\n',
  '[profile dev!]\na = 1\n',
  '[profile.dev]\na = 1\n',
  '[somehow.dev]\na = 1\n',
  '[somehow dev]\na = 1\n[default]\nb = 2\n',
  '[sso-session dev]\na = 1\n',
  '[services dev]\na = 1\n',
  '[a b]\na = 1\n',
  '["dev"]\na = 1\n',
  '[dev]\n[x]\na = 1\n',
  'a = 1\n[dev]\nb = [c]\n',
]

describe('what the SDK for JavaScript reads', () => {
  for (const text of TEXTS) {
    test(JSON.stringify(text), async () => {
      for (const file of ['config', 'credentials'] as const) {
        const sdk = await readWithSdk(file, text)
        for (const profile of PROFILES[file]) {
          const ours = [...readAsJavaScript(text, file, profile)]
          const values = Object.fromEntries(ours.map(([key, { value }]) => [key, value]))
          assert.deepEqual(values, sdk[profile] ?? {}, `${file}: ${profile}`)
        }
      }
    })
  }

  test('the line of each setting', () => {
    const text = '# a\n[profile dev]\na = 1\n\nb = 2\r\n[x]\n[profile dev]\na = 3\n'
    const lines = [...readAsJavaScript(text, 'config', 'dev')].map(([key, { line }]) => [key, line])
    assert.deepEqual(lines, [
      ['a', 8],
      ['b', 5],
    ])
  })
})

/** A text, and the line and name for which the SDK gives the whole file up, if it does. */
const REFUSALS: readonly (readonly [text: string, refused?: readonly [number, string]])[] = [
  ['[dev]\n[__proto__]\n', [2, '__proto__']],
  ['[profile __proto__]\n', [1, 'profile __proto__']],
  ['[a]\n\n  [constructor] # mine\n', [3, 'constructor']],
  ['[toString]\n[valueOf]\n', [1, 'toString']],
  ['[profile constructor]\n[services toString]\n'],
  ['[somehow toString]\n'],
  ['[a]\n# [__proto__]\nb = [__proto__]\n'],
  ['[a]\n  [__proto__] x\n'],
  // Python ends a line at a lone carriage return, the SDK does not.
  ['[a]\r[__proto__]\n'],
  ['[__proto__]\r[a]\n'],
  ['[a]\nb = c\r[__proto__]\rd = e\n'],
  ['[a]\n\r[__proto__]\n', [3, '__proto__']],
  ['[__proto__]\r', [1, '__proto__']],
  ['[__proto__]\r\n[a]\n', [1, '__proto__']],
]

describe('what the SDK for JavaScript gives a whole file up for', () => {
  for (const [text, refused] of REFUSALS) {
    test(JSON.stringify(text), async () => {
      const { lines } = await parseIni(text, 'file')
      const { line, name } = (await javaScriptRefusal(lines)) ?? {}
      assert.deepEqual([line, name], refused ?? [undefined, undefined])
      // For the others it sets what it reads on JavaScript's own objects: not in this process.
      if (refused && !refused[1].endsWith('__proto__')) return
      const sdk = await readWithSdk('credentials', `${text}\n[more]\na = b\n`)
      assert.deepEqual(sdk['more'], refused ? undefined : { a: 'b' })
    })
  }
})
