import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { startDeadline } from '../src/deadline.ts'

test('the time limit aborts the signal with what was going on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deadline = startDeadline(60)
  const work = deadline.race('reading the token', new Promise(() => {}))
  t.mock.timers.tick(59_999)
  assert.equal(deadline.signal.aborted, false)
  t.mock.timers.tick(1)
  const error = {
    code: 'timed-out',
    exitCode: 5,
    message: 'The command was not done after 60 s; it was reading the token.',
    next: 'If it needs more time, raise --timeout-seconds; otherwise check the network, the proxy and the endpoint.',
  }
  await assert.rejects(work, error)
  assert.throws(() => deadline.signal.throwIfAborted(), error)
})

test('who waits is told once, of the first work that takes more than two seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told: string[] = []
  const deadline = startDeadline(60, (text) => told.push(text))
  t.after(() => deadline.clear())
  await deadline.race('reading the options', Promise.resolve())
  t.mock.timers.tick(1000)
  for (const name of ['waiting for AWS STS', 'writing']) {
    deadline.race(name, new Promise(() => {})).catch(() => {})
  }
  t.mock.timers.tick(1999)
  assert.deepEqual(told, [])
  t.mock.timers.tick(30_000)
  assert.deepEqual(told, ['Still waiting for AWS STS; the time limit is 60 s.'])
})

test('work that is done in time has its own outcome', async (t) => {
  const deadline = startDeadline(60)
  t.after(() => deadline.clear())
  assert.equal(await deadline.race('working', Promise.resolve('done')), 'done')
  await assert.rejects(deadline.race('working', Promise.reject(new Error('own'))), /^Error: own$/)
  assert.ok(deadline.remaining() > 50_000 && deadline.remaining() <= 60_000)
})

test('a stopped clock ends nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deadline = startDeadline(1)
  deadline.clear()
  t.mock.timers.tick(5000)
  assert.equal(await deadline.race('working', Promise.resolve('done')), 'done')
})

// An unhandled rejection would end the process (and fail this test).
test('work that fails after the time is up is not reported', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deadline = startDeadline(1)
  let fail: (reason: Error) => void = () => {}
  const late = new Promise<never>((_, reject) => {
    fail = reject
  })
  const work = deadline.race('working', late)
  t.mock.timers.tick(1000)
  await assert.rejects(work, { code: 'timed-out' })
  fail(new Error('late'))
  await assert.rejects(deadline.race('more', Promise.reject(new Error('later'))), {
    code: 'timed-out',
  })
  await turn()
})

test('the error names what is under way, not what was done before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const deadline = startDeadline(1)
  const waiting = deadline.race('waiting for AWS STS', new Promise(() => {}))
  await deadline.race('reading a file', Promise.resolve())
  t.mock.timers.tick(1000)
  await assert.rejects(waiting, /it was waiting for AWS STS\./)
})

test('work that keeps the thread past the end is named, whatever waits meanwhile', async () => {
  const deadline = startDeadline(0.05)
  const waiting = deadline.race('waiting for AWS STS', new Promise(() => {}))
  const busy = async () => {
    await turn()
    const end = performance.now() + 100
    while (performance.now() < end);
    return 'done'
  }
  assert.equal(await deadline.race('checking the files', busy()), 'done')
  await assert.rejects(waiting, /it was checking the files\./)
})
