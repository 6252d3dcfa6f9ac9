import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, mock, test } from 'node:test'
import { forwardSignals, onInterruption, runChild } from '../src/processes.ts'
import { lacking } from './tools/programs.ts'

const CASES: [command: string[], code: number, log: string[]][] = [
  [['true'], 0, []],
  [['sh', '-c', 'exit 7'], 7, []],
  [['sh', '-c', 'kill -USR1 $$'], 138, []],
  [['no-such'], 127, ['no-such: command not found']],
  [['/'], 126, ['/: permission denied']],
  [['true', 'x'.repeat(200_000)], 126, ['true: its arguments and environment are too long']],
]

for (const [command, code, expected] of CASES) {
  test(`${command.join(' ').slice(0, 20)}: ${code}`, async () => {
    const lines: string[] = []
    const signals = forwardSignals()
    assert.equal(await runChild(command, process.env, signals, (line) => lines.push(line)), code)
    signals.stop()
    assert.deepEqual(lines, expected)
  })
}

test('a signal from before the start reaches the child', async () => {
  const signals = forwardSignals()
  process.kill(process.pid, 'SIGUSR2')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(await runChild(['sleep', '20'], process.env, signals, assert.fail), 140)
  signals.stop()
  assert.equal(process.listenerCount('SIGUSR2'), 0)
})

const withoutRoot =
  process.getuid?.() !== 0 && lacking('root', 'only root makes a program that changes its user')

test('a command that became another user: no signal reaches it, and it is waited for', {
  skip: withoutRoot,
}, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'setuid-'))
  t.after(() => rmSync(directory, { recursive: true }))
  chmodSync(directory, 0o755)
  // As sudo does: a program of root's that others may start.
  const rooted = join(directory, 'rooted')
  copyFileSync(process.execPath, rooted)
  chmodSync(rooted, 0o4755)
  const script = `process.setuid(0); console.log('ready'); setTimeout(() => process.exit(7), 1500)`
  const parent = `
    process.setgid(65534)
    process.setuid(65534)
    import(${JSON.stringify(new URL('../src/processes.ts', import.meta.url).href)}).then(async ({ forwardSignals, runChild }) => {
      const code = await runChild([${JSON.stringify(rooted)}, '-e', ${JSON.stringify(script)}], {}, forwardSignals(), console.error)
      process.exit(code)
    })`
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', parent])
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    if (stdout === '') child.kill('SIGTERM')
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  assert.deepEqual(await once(child, 'close'), [7, null], stderr)
  assert.match(stderr, /rooted runs as another user, so a signal did not reach it\n/)
})

describe('cleaning up where the process is interrupted', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const listening = () => process.listenerCount('SIGHUP')

  test('a signal cleans up, and then ends the process as it would have', () => {
    const kill = mock.method(process, 'kill', () => true)
    const others = listening()
    const cleaned: string[] = []
    onInterruption(() => cleaned.push('one'))
    onInterruption(() => {
      throw new Error('it fails')
    })
    onInterruption(() => cleaned.push('other'))
    process.emit('SIGHUP', 'SIGHUP')
    process.emit('SIGHUP', 'SIGHUP')
    kill.mock.restore()
    assert.deepEqual(cleaned, ['one', 'other'])
    assert.deepEqual(
      kill.mock.calls.map((call) => call.arguments),
      [[process.pid, 'SIGHUP']],
    )
    assert.equal(listening(), others)
  })

  test('where somebody else listens, only the end of the process cleans up', async () => {
    const kill = mock.method(process, 'kill', () => true)
    const other = () => {}
    process.on('SIGHUP', other)
    let cleaned = 0
    const done = onInterruption(() => {
      cleaned += 1
    })
    process.emit('SIGHUP', 'SIGHUP')
    process.off('SIGHUP', other)
    kill.mock.restore()
    assert.deepEqual([cleaned, kill.mock.calls.length], [0, 0])
    process.listeners('exit').at(-1)?.(0)
    assert.equal(cleaned, 1)
    done()
    await turn()
    await turn()
    await turn()
  })

  test('what is done is not cleaned up, and the last that is done stops listening', async () => {
    const before = [listening(), process.listenerCount('exit')]
    const cleaned: string[] = []
    const [one, other] = ['one', 'other'].map((name) => onInterruption(() => cleaned.push(name)))
    one?.()
    await turn()
    await turn()
    await turn()
    assert.equal(listening(), (before[0] ?? 0) + 1, 'the other is under way')
    process.listeners('exit').at(-1)?.(0)
    assert.deepEqual(cleaned, ['other'])
    other?.()
    assert.equal(listening(), (before[0] ?? 0) + 1, 'a signal that came meanwhile is still to come')
    await turn()
    await turn()
    await turn()
    assert.deepEqual([listening(), process.listenerCount('exit')], before)
  })
})
