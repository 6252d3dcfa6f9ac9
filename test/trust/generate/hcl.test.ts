import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  attribute,
  block,
  type HclItem,
  hclString,
  hclText,
  hclValue,
} from '../../../src/trust/generate/hcl.ts'

// https://developer.hashicorp.com/terraform/language/expressions/strings: the escapes are \n \r \t \" \\ \uNNNN,
// and "$${" and "%%{" for what would begin a template.
const STRINGS: readonly (readonly [text: string, written: string])[] = [
  ['', '""'],
  ['a b', '"a b"'],
  ['é"\\', '"é\\"\\\\"'],
  ['\n\r\t', '"\\n\\r\\t"'],
  ['\b\f\v', '"\\u0008\\u000c\\u000b"'],
  ['\\b\\f', '"\\\\b\\\\f"'],
  ['${a}', '"$${a}"'],
  ['%{a}', '"%%{a}"'],
  ['$${a}%%{b}', '"$$${a}%%%{b}"'],
  ['$a {b} $ {', '"$a {b} $ {"'],
  ['${a}${b}', '"$${a}$${b}"'],
]

describe('a string in HCL', () => {
  for (const [text, written] of STRINGS) {
    test(JSON.stringify(text), () => {
      assert.equal(hclString(text), written)
      assert.equal(hclValue(text), written)
    })
  }
})

// https://developer.hashicorp.com/terraform/language/expressions/types: a key is quoted unless it is an identifier;
// `{for` begins an expression: https://developer.hashicorp.com/terraform/language/expressions/for
const VALUES: readonly (readonly [value: unknown, written: string])[] = [
  [true, 'true'],
  [false, 'false'],
  [null, 'null'],
  [3600, '3600'],
  [[], '[]'],
  [['a', 1, null], '["a", 1, null]'],
  [[['a'], []], '[["a"], []]'],
  [{}, '{}'],
  [{ a: 1 }, '{\n  a = 1\n}'],
  [{ a: 1, long: 2 }, '{\n  a    = 1\n  long = 2\n}'],
  [[{ a: 1 }, 'b'], '[\n  {\n    a = 1\n  },\n  "b",\n]'],
  [{ a: { b: ['c'] } }, '{\n  a = {\n    b = ["c"]\n  }\n}'],
  [{ a: 'x\ny' }, '{\n  a = "x\\ny"\n}'],
  ...['a', 'A_1', '_', 'a1', 'fort', 'nullable'].map(
    (key) => [{ [key]: 1 }, `{\n  ${key} = 1\n}`] as const,
  ),
  ...['for', 'null', 'true', 'false', '1a', 'a b', 'a-b', 'a.b', 'é', ''].map(
    (key) => [{ [key]: 1 }, `{\n  "${key}" = 1\n}`] as const,
  ),
  [{ '${a}': 1 }, '{\n  "$${a}" = 1\n}'],
]

describe('a value in HCL', () => {
  for (const [value, written] of VALUES) {
    test(JSON.stringify(value), () => assert.equal(hclValue(value), written))
  }
})

const list = '[\n  1,\n]'
// https://developer.hashicorp.com/terraform/language/style: two blanks for each level, the equals signs of consecutive
// lines aligned, blank lines around blocks.
const BODIES: readonly (readonly [name: string, items: readonly HclItem[], text: string])[] = [
  ['one attribute', [attribute('a', '1')], 'a = 1\n'],
  [
    'neighbours are aligned, the longest first, last or between',
    [attribute('a', '1'), attribute('longest', '2'), attribute('long', '3')],
    'a       = 1\nlongest = 2\nlong    = 3\n',
  ],
  [
    'as far as the eye sees them',
    [attribute('"e\u0301"', '1'), attribute('"long"', '2')],
    '"e\u0301"    = 1\n"long" = 2\n',
  ],
  [
    'a value of several lines stands alone',
    [attribute('a', '1'), attribute('longest', list), attribute('bb', '2'), attribute('c', '3')],
    'a = 1\n\nlongest = [\n  1,\n]\n\nbb = 2\nc  = 3\n',
  ],
  [
    'two values of several lines',
    [attribute('longest', list), attribute('a', list)],
    'longest = [\n  1,\n]\n\na = [\n  1,\n]\n',
  ],
  [
    'blocks stand apart',
    [
      attribute('longest', '1'),
      block('a "b"', [attribute('c', '2'), block('d', []), attribute('ee', '3')]),
      attribute('f', '4'),
      attribute('gg', '5'),
    ],
    'longest = 1\n\na "b" {\n  c = 2\n\n  d {\n  }\n\n  ee = 3\n}\n\nf  = 4\ngg = 5\n',
  ],
  ['two blocks', [block('a', []), block('b', [])], 'a {\n}\n\nb {\n}\n'],
]

describe('a body of HCL', () => {
  for (const [name, items, text] of BODIES) {
    test(name, () => assert.equal(hclText(items), text))
  }
})
