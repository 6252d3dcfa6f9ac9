import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { homeWithSandbox } from './in-process.ts'

test('a token is shown without itself, in two aligned parts with labels in bold', async (t) => {
  const { home, token } = await homeWithSandbox(t)
  const { code, out, notes, concealed, painted } = await home.run(['token'])
  assert.deepEqual([code, notes, concealed], [0, '', [token]])
  const lines = out.split('\n')
  assert.equal(lines[0], 'Source    CIRCLE_OIDC_TOKEN_V2')
  assert.match(lines[5] ?? '', /^Expires {3}\d{4}-/)
  const others = lines.slice(6)
  const widths = new Set(others.map((line) => /^\S+ +/.exec(line)?.[0].length))
  assert.equal(widths.size, 1)
  const longest = Math.max(...others.map((line) => /^\S+/.exec(line)?.[0].length ?? 0))
  assert.deepEqual([...widths], [longest + 2])
  assert.ok(painted.every(([stream, style]) => stream === 'stdout' && style === 'bold'))
  assert.equal(painted.length, lines.length)
})

test('--write puts it into a file for this user alone, and says where', async (t) => {
  const { home, token } = await homeWithSandbox(t)
  const path = join(home.path, 'token.jwt')
  const text = await home.run(['token', '--write', path])
  assert.match(text.out, new RegExp(`^Written {3}${path}$`, 'm'))
  assert.equal(fs.readFileSync(path, 'utf8'), token)
  assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  const json = await home.run(['token', '--write', path, '--format', 'json'])
  assert.equal(JSON.parse(json.out).file, path)
  assert.equal(json.out, JSON.stringify(JSON.parse(json.out), null, 2))
  const shown = await home.run(['token', '--format', 'json'])
  assert.equal('file' in JSON.parse(shown.out), false)
})

test('an expired one is shown with a warning, and never written', async (t) => {
  const { home, sandbox } = await homeWithSandbox(t)
  const env = { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint({ expiresIn: -310 }) }
  const { code, notes, painted } = await home.run(['token'], env)
  assert.equal(code, 0)
  assert.match(notes, /^Warning: The token .* expired at /)
  assert.deepEqual(painted[0], ['stderr', 'yellow', notes])
  const path = join(home.path, 'token.jwt')
  const { error } = await home.run(['token', '--write', path], env)
  assert.equal(error?.code, 'token-expired')
  assert.equal(fs.existsSync(path), false)
})
