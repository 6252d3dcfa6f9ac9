import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startDeadline } from '../../src/deadline.ts'
import { readToken, tokenPool } from '../../src/token/source.ts'
import type { TokenOptions } from '../../src/token/web-identity-token.ts'
import { fakePrograms, printing } from './fake-programs.ts'
import { jwt } from './jwt.ts'
import { AUTO } from './token-options.ts'

const TOKEN = jwt({ sub: 'ours' })
const EXPIRED = jwt({ exp: 1_700_000_000 })

function read(options: Partial<TokenOptions>, env: Record<string, string> = {}) {
  return readToken({ ...AUTO, ...options }, env, AbortSignal.timeout(20_000))
}

function tokenFile(t: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'token-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'token')
  writeFileSync(path, text)
  return path
}

describe('auto', () => {
  test('--token-env, --token-file, else CircleCI', async (t) => {
    const file = tokenFile(t, TOKEN)
    const { env } = fakePrograms(t, { circleci: printing(TOKEN) })
    assert.equal((await read({ 'token-env': 'ID_TOKEN' }, { ID_TOKEN: TOKEN })).source, 'ID_TOKEN')
    assert.equal((await read({ 'token-file': file })).source, file)
    assert.equal((await read({}, { CIRCLE_OIDC_TOKEN: TOKEN })).source, 'CIRCLE_OIDC_TOKEN')
    assert.equal((await read({ audience: 'x' }, { ...env })).source, 'circleci run oidc get')
  })
})

test('a pool reads one token for each audience, however many ask at once or later', async (t) => {
  const programs = fakePrograms(t, { circleci: printing(TOKEN) })
  const deadline = startDeadline(20)
  t.after(() => deadline.clear())
  const options = { ...AUTO, audience: 'one' }
  const pool = tokenPool(options, { env: { ...programs.env }, deadline })
  const [first, second] = await Promise.all([pool.get(), pool.get()])
  assert.equal(first, second)
  assert.equal(await pool.get(), first)
  assert.equal(programs.calls().length, 1)
  await Promise.all([pool.get('two'), pool.get('two')])
  assert.equal(programs.calls().length, 2)
})

describe('env', () => {
  test('the token, trimmed; nothing can renew it', async () => {
    const token = await read({ 'token-env': 'ID_TOKEN' }, { ID_TOKEN: `${TOKEN}\n` })
    assert.deepEqual([token.value, token.source, token.renew], [TOKEN, 'ID_TOKEN', undefined])
  })

  const cases: [env: Record<string, string>, code: string, message: string][] = [
    [{}, 'token-not-found', 'The environment variable ID_TOKEN is not set.'],
    [{ ID_TOKEN: ' ' }, 'token-not-found', 'The environment variable ID_TOKEN is empty.'],
    [
      { ID_TOKEN: EXPIRED },
      'token-expired',
      'The token from ID_TOKEN expired at 2023-11-14 22:13:20 UTC.',
    ],
    [
      { ID_TOKEN: 'x' },
      'token-malformed',
      'The content of ID_TOKEN is not a web identity token (a signed JWT).',
    ],
  ]
  for (const [env, code, message] of cases) {
    test(message, async () => {
      const reading = read({ 'token-env': 'ID_TOKEN' }, env)
      await assert.rejects(reading, { code, exitCode: 3, message })
    })
  }

  test('a token in place of the name is not shown', async () => {
    for (const name of [TOKEN, '$ID_TOKEN', '']) {
      await assert.rejects(read({ 'token-source': 'env', 'token-env': name }), {
        code: 'invalid-usage',
        message: '--token-env is not the name of an environment variable.',
        next: 'Give the name of the variable, without "$"; never the token itself.',
      })
    }
  })
})

describe('file', () => {
  test('the token, trimmed; renewed by reading the file again', async (t) => {
    const path = tokenFile(t, `${TOKEN}\n`)
    const token = await read({ 'token-file': path })
    assert.deepEqual([token.value, token.source], [TOKEN, path])
    writeFileSync(path, jwt({ sub: 'newer' }))
    assert.equal((await token.renew?.())?.value, jwt({ sub: 'newer' }))
    writeFileSync(path, EXPIRED)
    await assert.rejects(async () => token.renew?.(), { code: 'token-expired' })
  })

  test('missing, unreadable, empty, expired', async (t) => {
    const path = tokenFile(t, ' \n')
    const missing = `${path}.none`
    await assert.rejects(read({ 'token-file': missing }), {
      code: 'token-not-found',
      exitCode: 3,
      message: `The token file ${missing} can't be read: no such file or directory (ENOENT).`,
    })
    await assert.rejects(read({ 'token-file': join(path, '..') }), { code: 'token-not-found' })
    await assert.rejects(read({ 'token-file': path }), {
      code: 'token-not-found',
      message: `The token file ${path} is empty.`,
    })
    writeFileSync(path, EXPIRED)
    await assert.rejects(read({ 'token-file': path }), {
      code: 'token-expired',
      message: `The token from ${path} expired at 2023-11-14 22:13:20 UTC.`,
    })
  })
})

/** What a process says of its stdin; `undefined` leaves the pipe open. */
async function readStdin(input: string | undefined, seconds: number): Promise<string> {
  const script = fileURLToPath(new URL('read-stdin.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, String(seconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 30_000,
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  if (input !== undefined) child.stdin.end(input)
  const [code, signal] = await new Promise<unknown[]>((resolve) => {
    child.on('close', (...how) => resolve(how))
  })
  assert.deepEqual([code, signal], [0, null])
  return output.trim()
}

describe('stdin', () => {
  test('the token, trimmed', async () => {
    assert.equal(await readStdin(`${TOKEN}\n`, 20), `stdin: ${TOKEN}`)
  })

  test('nothing', async () => {
    const message = 'The token should come from stdin, but stdin is empty.'
    assert.equal(await readStdin('\n', 20), `token-not-found: ${message}`)
  })

  test('more than any token has', async () => {
    const message = "The token from stdin can't be read: it has more than 10 MB."
    assert.equal(await readStdin('x'.repeat(10_000_001), 20), `token-not-found: ${message}`)
  })

  test('a pipe that never ends: the time limit ends the process too', async () => {
    assert.equal(
      await readStdin(undefined, 0.5),
      'timed-out: The command was not done after 0.5 s; it was reading the token.',
    )
  })
})

describe('options that the source would ignore, or lacks', () => {
  const cases: [options: Partial<TokenOptions>, message: string, next: string][] = [
    [
      { 'token-source': 'stdin', 'token-file': 'x' },
      '--token-file does not apply to the token source "stdin".',
      'Leave --token-file out, or use --token-source file.',
    ],
    [
      { 'token-env': 'A', 'token-file': 'x' },
      '--token-file does not apply to the token source "env".',
      'Leave --token-file out, or use --token-source file.',
    ],
    [
      { 'token-source': 'gitlab', 'token-file': 'x' },
      '--token-file does not apply to the token source "gitlab".',
      'Leave --token-file out, or use --token-source file.',
    ],
    [
      { 'token-env': 'A', audience: 'x' },
      '--audience does not apply to the token source "env".',
      'Leave --audience out, or use --token-source circleci or github or buildkite or jenkins.',
    ],
    [
      { 'token-file': 'x', 'token-version': 'v1' },
      '--token-version does not apply to the token source "file".',
      'Leave --token-version out, or use --token-source circleci.',
    ],
    [
      { 'token-source': 'circleci', 'token-env': 'A' },
      '--token-env does not apply to the token source "circleci".',
      'Leave --token-env out, or use --token-source env or gitlab.',
    ],
    [{ 'token-source': 'env' }, 'The token source "env" needs --token-env.', 'Add --token-env.'],
    [
      { 'token-source': 'file' },
      'The token source "file" needs --token-file.',
      'Add --token-file.',
    ],
    [
      { 'token-version': 'v1', audience: 'x' },
      '--token-version v1 and --audience cannot be combined.',
      'Leave one of them out.',
    ],
  ]
  for (const [options, message, next] of cases) {
    test(message, async () => {
      await assert.rejects(read(options), { code: 'invalid-usage', exitCode: 2, message, next })
    })
  }
})
