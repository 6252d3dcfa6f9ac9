import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson } from '../../../src/trust/policy/json.ts'

// RFC 8259, and what JSON.parse makes of it.
const VALID = [
  '{}',
  ' [ ] ',
  '\uFEFF{"a":[1,-0.5e+3,true,false,null,"x\\u00e9\\n\\"\\/"]}',
  '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
  '"text"',
  '[0.25,-12.50,1e10,2E-12,3e+45]',
  '\t0\r\n',
]
for (const text of VALID) {
  test(`JSON: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseJson(text), { value: JSON.parse(text.replace('\uFEFF', '')) })
  })
}

const twice = (key: string) => `has the key ${key} twice in the same object`
const REFUSED: readonly (readonly [text: string, problem: string])[] = [
  ['', 'is not JSON (line 1, column 1)'],
  ['SECRETVALUE', 'is not JSON (line 1, column 1)'],
  ['{"a":\n  SECRETVALUE}', 'is not JSON (line 2, column 3)'],
  ['{"a":1,}', 'is not JSON (line 1, column 8)'],
  ['{"a" 1}', 'is not JSON (line 1, column 6)'],
  ['{a:1}', 'is not JSON (line 1, column 2)'],
  ['[1,]', 'is not JSON (line 1, column 4)'],
  ['[1 2]', 'is not JSON (line 1, column 4)'],
  ['["\\u12"]', 'is not JSON (line 1, column 2)'],
  ['[]\uFEFF', 'is not JSON (line 1, column 3)'],
  ['[01]', 'is not JSON (line 1, column 3)'],
  ['{} {}', 'is not JSON (line 1, column 4)'],
  ['["a\tb"]', 'is not JSON (line 1, column 2)'],
  ['["\\x"]', 'is not JSON (line 1, column 2)'],
  ['["unfinished', 'is not JSON (line 1, column 2)'],
  ['{"a":1,\n"a":2}', `${twice('"a"')} (line 2, column 1)`],
  ['{"StringLike":{},"String\\u004cike":{}}', `${twice('"String\\u004cike"')} (line 1, column 18)`],
  ['{"\u202e":1,"\u202e":2}', `${twice('"\\u202e"')} (line 1, column 8)`],
  ['[[{"b":{"x":0,"x":0}}]]', `${twice('"x"')} (line 1, column 15)`],
  ['['.repeat(200_000), 'has more than 100 levels (line 1, column 102)'],
  ['{"a":'.repeat(200_000), 'has more than 100 levels (line 1, column 506)'],
]
for (const [text, problem] of REFUSED) {
  test(`${JSON.stringify(text).slice(0, 60)} ${problem}`, () => {
    assert.deepEqual(parseJson(text), { problem })
  })
}

test('long texts take no long time', () => {
  const long = 'x'.repeat(5_000_000)
  assert.deepEqual(parseJson(`"${long}"`), { value: long })
  assert.deepEqual(parseJson(`["${long}`), { problem: 'is not JSON (line 1, column 2)' })
  const escapes = '\\n'.repeat(1_000_000)
  assert.deepEqual(parseJson(`"${escapes}`), { problem: 'is not JSON (line 1, column 1)' })
  assert.deepEqual(parseJson(`[${'1,'.repeat(500_000)}1]`), {
    value: Array.from({ length: 500_001 }, () => 1),
  })
})
