import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import {
  clockTime,
  isoSeconds,
  nearest,
  printable,
  printableLine,
  printableLines,
  quote,
  shellWord,
  tableLines,
  withoutTokens,
} from '../src/text.ts'

describe('the word that was probably meant', () => {
  const words = ['assume-role', 'exec', 'whoami', 'token']
  const cases: [text: string, meant: string | undefined][] = [
    ['whoami', 'whoami'],
    ['whoam', 'whoami'],
    ['whoamii', 'whoami'],
    ['whoani', 'whoami'],
    ['tokne', 'token'],
    // Up to two edits, or a third of the letters.
    ['whxxmi', 'whoami'],
    ['whxxxi', undefined],
    ['assume-rxxx', 'assume-role'],
    ['assume-xxxx', undefined],
    ['', undefined],
    ['xy', undefined],
    ['x'.repeat(65), undefined],
  ]
  for (const [text, meant] of cases) {
    test(`${text}: ${meant}`, () => assert.equal(nearest(text, words), meant))
  }

  test('the nearest of several, the first of those that are as near', () => {
    assert.equal(nearest('abcd', ['abxx', 'abcx', 'xbcd']), 'abcx')
    assert.equal(nearest('ab', ['cd']), undefined, 'nothing of it is left')
    assert.equal(nearest('a', ['abc']), 'abc')
    const long = 'x'.repeat(64)
    assert.equal(nearest(long, [`${long}y`]), `${long}y`)
  })
})

describe('what must not reach a terminal', () => {
  const shown: [text: string, shown: string][] = [
    ['a b\u00e9\u{1f600}~', 'a b\u00e9\u{1f600}~'],
    ['\u001b[2J', '\\u001b[2J'],
    ['\u0000\u007f\u009f\u00a0', '\\u0000\\u007f\\u009f\u00a0'],
    ['a\nb\tc\r', 'a\\u000ab\\u0009c\\u000d'],
    // Trojan Source: what changes the direction of writing.
    ['\u202e\u2066\u200f\u061c', '\\u202e\\u2066\\u200f\\u061c'],
    ['\u2028\u2029\u200d', '\\u2028\\u2029\u200d'],
  ]
  for (const [text, expected] of shown) {
    test(JSON.stringify(text), () => assert.equal(printable(text), expected))
  }

  test('a line is cut', () => {
    assert.equal(printableLine('a\nb'), 'a\\u000ab')
    assert.equal(printableLine('x'.repeat(4000)), 'x'.repeat(4000))
    assert.equal(printableLine('x'.repeat(4001)), `${'x'.repeat(4000)}…`)
  })

  test('a text keeps its lines, and our own colours where they are shown', () => {
    const text = '\u001b[31ma\u001b[0m\n\tb\r\u001b[2J'
    assert.equal(printableLines(text, true), '\u001b[31ma\u001b[0m\n\tb\\u000d\\u001b[2J')
    assert.equal(printableLines(text, false), '\\u001b[31ma\\u001b[0m\n\tb\\u000d\\u001b[2J')
  })
})

test('rows of a table: each column as wide as its widest cell, nothing at the end', () => {
  const rows = [
    ['a', 'bb', 'c'],
    ['aaa', 'b', ''],
    ['', 'b'],
  ]
  assert.deepEqual(tableLines(rows), ['a    bb  c', 'aaa  b', '     b'])
  assert.deepEqual(tableLines([]), [])
})

test('times, for programs and for people', () => {
  const date = new Date('2026-11-21T12:00:59.999Z')
  assert.equal(isoSeconds(date), '2026-11-21T12:00:59Z')
  assert.equal(clockTime(date), '2026-11-21 12:00:59 UTC')
})

// RFC 7515, section 3: three parts in base64url, of which the first begins with that of `{`.
describe('what could be a token', () => {
  const header = Buffer.from('{"alg":"RS256"}').toString('base64url')
  const cases: [text: string, shown: string][] = [
    [`a ${header}.e30.c2ln b`, 'a [token] b'],
    [`${header}.e30`, '[token]'],
    [`token=${header}.`, 'token=[token]'],
    [header, '[token]'],
    [`x${header}`, 'x[token]'],
    [Buffer.from('{ "alg":"RS256"}').toString('base64url'), '[token]'],
    [Buffer.from('{\n"alg":"RS256"}').toString('base64url'), 'ewoiYWxnIjoiUlMyNTYifQ'],
    ['eyJhbGci', 'eyJhbGci'],
    ['eyJhbGciOi', '[token]'],
    ['the eye of a needle, eyebright', 'the eye of a needle, eyebright'],
  ]
  for (const [text, shown] of cases) {
    test(text.slice(0, 40), () => assert.equal(withoutTokens(text), shown))
  }

  test('with another word for it', () => {
    assert.equal(withoutTokens(`${header}.e30.x`, '[concealed]'), '[concealed]')
  })
})

test('one word for a shell', () => {
  for (const text of ['', 'a b', "it's", `"$HOME" \`id\` \\ ''`, 'a\nb', '*', "'"]) {
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })
    assert.equal(stdout, text)
  }
})

test('a text in quotes is cut after 80 characters', () => {
  assert.equal(quote('a "b"\n'), '"a \\"b\\"\\n"')
  assert.equal(quote('x'.repeat(80)), `"${'x'.repeat(80)}"`)
  assert.equal(quote('x'.repeat(81)), `"${'x'.repeat(80)}…"`)
})
