import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Secrets } from '../src/secrets.ts'
import { jwt } from './token/jwt.ts'

const long = (i: number) => ['a', 'b', 'c'].map((part) => digest(`${part}${i}`)).join('')
const digest = (text: string) => createHash('sha512').update(text).digest('base64url')
const TOKEN = `${jwt({ sub: 'org/o' })}${digest('signature')}`
const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

const CASES: [text: string, shown: string][] = [
  [`a ${KEY} b ${KEY}`, 'a [concealed] b [concealed]'],
  [`key=${KEY}`, '[concealed]'.padStart(15, 'key=')],
  [`${KEY}${KEY}`, '[concealed][concealed]'],
  [`the end ${KEY.slice(-20)}, cut`, 'the end [concealed], cut'],
  [`x${KEY.slice(-20)}y`, 'x[concealed]y'],
  [TOKEN, '[concealed]'],
  [`a ${TOKEN.slice(-40)} b ${TOKEN.slice(50, 80)} c`, 'a [concealed] b [concealed] c'],
  [jwt({ sub: 'another' }), '[concealed]'],
  ['a pass phrase b', 'a [concealed] b'],
  ['p@ss:word-of-16-characters', '[concealed]'],
  ['a correct-horse-battery and its staple b', 'a [concealed] b'],
  [`arn:aws:sts::111111111111:assumed-role/circleci-oidc/circleci-42-website-deploy`, ''],
]

const OTHERS = [
  ...[TOKEN, KEY, 'pass phrase', 'p@ss:word-of-16-characters'],
  'correct-horse-battery and its staple',
]

for (const [text, shown] of CASES) {
  test(`${text.slice(0, 30)}… is shown as ${shown || 'it is'}`, () => {
    const secrets = new Secrets()
    for (const one of OTHERS) secrets.add(one)
    assert.equal(secrets.conceal(text), shown || text)
  })
}

test('thousands of secrets cost a line no more than one', () => {
  const secrets = new Secrets()
  for (let i = 0; i < 5_000; i += 1) secrets.add(long(i))
  const line = `arn:aws:sts::111111111111:assumed-role/circleci-oidc/${'x'.repeat(64)} until now`
  const start = performance.now()
  for (let i = 0; i < 1_000; i += 1) assert.equal(secrets.conceal(line), line)
  assert.ok(performance.now() - start < 1_000)
  assert.equal(secrets.conceal(`a ${long(7)} b`), 'a [concealed] b')
})
