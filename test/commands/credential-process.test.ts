import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { keyOf } from '../../src/commands/credential-process.ts'
import { Home } from './in-process.ts'

type Recipe = Parameters<typeof keyOf>[0]

describe('what is kept for a role is found again by the same job alone', () => {
  const PLAN = { profile: 'default', role: { arn: 'arn:aws:iam::111111111111:role/deploy' } }
  const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
  const key = (env: object = {}, token: object = {}, plan: object = PLAN) =>
    keyOf({ plan, token } as unknown as Recipe, { ...env })

  test('the key is a SHA-256, and says nothing of the token', () => {
    assert.match(key({ TOKEN }), /^[0-9a-f]{64}$/)
    assert.equal(key({ TOKEN }), key({ TOKEN }))
  })

  test('whatever else the environment has is no matter, nor its order', () => {
    const other = TOKEN.replace('c2', 'd2')
    assert.equal(key({ TOKEN, OTHER: 'x', EMPTY: '' }), key({ TOKEN }))
    assert.equal(key({ A: TOKEN, B: other }), key({ A: other, B: TOKEN }))
    assert.equal(key({ TEXT: `x${TOKEN}`, DOTS: 'eyJ', PART: 'eyJ.a' }), key())
  })

  for (const [name, one, two] of [
    ['another token in any variable', () => key({ A: TOKEN }), () => key({ A: `${TOKEN}x` })],
    ['no token', () => key({ A: TOKEN }), () => key()],
    ['another build', () => key({ CIRCLE_BUILD_NUM: '1' }), () => key({ CIRCLE_BUILD_NUM: '2' })],
    [
      'another job of Buildkite',
      () => key({ BUILDKITE_JOB_ID: 'a' }),
      () => key({ BUILDKITE_JOB_ID: 'b' }),
    ],
    ['another role', () => key(), () => key({}, {}, { ...PLAN, profile: 'x' })],
    ['another variable', () => key({}, { 'token-env': 'A' }), () => key({}, { 'token-env': 'B' })],
    ['another file', () => key({}, { 'token-file': '/a' }), () => key({}, { 'token-file': '/b' })],
  ] as const) {
    test(`${name}: another key`, () => assert.notEqual(one(), two()))
  }

  test('a token file by its place and its content; a pipe is not read, nor what is no token', (t) => {
    const home = new Home(t)
    const path = home.write('token.jwt', TOKEN)
    const of = (file: string) => key({}, { 'token-file': file })
    const first = of(path)
    assert.equal(of(join(home.path, 'x/../token.jwt')), first)
    home.write('token.jwt', `${TOKEN}x`)
    assert.notEqual(of(path), first)
    home.write('token.jwt', TOKEN)
    assert.equal(of(path), first)
    home.write('token.jwt', 'x'.repeat(99_999))
    const long = of(path)
    home.write('token.jwt', 'x'.repeat(100_000))
    assert.notEqual(of(path), long)
    const none = of(path)
    home.write('token.jwt', '')
    assert.equal(of(path), none)
    const pipe = join(home.path, 'pipe')
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
    assert.match(of(pipe), /^[0-9a-f]{64}$/)
  })
})

test('a profile has its role and settings: others beside it are refused', async (t) => {
  const home = new Home(t)
  const role = ['--role-arn', 'arn:aws:iam::111111111111:role/deploy']
  const more = ['--profile', 'dev', '--duration-seconds', '900']
  const { code, error } = await home.run(['credential-process', ...role, ...more])
  assert.deepEqual(
    [code, error?.message, error?.next],
    [
      2,
      '--role-arn and --profile cannot be combined.',
      'Leave --profile out, or --role-arn and --duration-seconds.',
    ],
  )
  const stdin = await home.run(['credential-process', ...role, '--token-source', 'stdin'])
  assert.equal(stdin.error?.code, 'invalid-usage')
})
