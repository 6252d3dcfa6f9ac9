import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardSignals, runChild } from '../src/processes.ts'

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
