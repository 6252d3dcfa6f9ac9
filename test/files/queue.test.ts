import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { machineTime } from '../../src/files/holder.ts'
import { LockQueue } from '../../src/files/queue.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { deadProcess, ID } from './left-lock.ts'
import { refusing, replaceFs, restoreFs } from './replaced-fs.ts'

function queueIn(t: TestContext) {
  const home = temporaryDirectory(t)
  const path = join(home, '.x.lock')
  const directory = join(home, '.x.queue')
  const tickets = () => fs.readdirSync(directory).sort()
  const leave = (name: string) => {
    fs.mkdirSync(directory, { recursive: true })
    fs.writeFileSync(join(directory, name), '')
    return name
  }
  const newQueue = () => {
    const queue = new LockQueue(path)
    t.after(() => queue.leave())
    return queue
  }
  return { home, directory, tickets, leave, newQueue }
}

test('each waits for those who came before', (t) => {
  const { home, directory, tickets, newQueue } = queueIn(t)
  const [first, second, third, late] = [newQueue(), newQueue(), newQueue(), newQueue()]
  for (const one of [first, second, third]) one.join()
  assert.equal(fs.statSync(directory).mode & 0o777, 0o700)
  assert.equal(fs.statSync(join(directory, tickets()[0] ?? '')).mode & 0o777, 0o600)
  const waiting = () => [first, second, third, late].map((one) => one.ahead())
  assert.deepEqual(waiting(), [0, 1, 2, 3])
  second.leave()
  assert.deepEqual(waiting(), [0, 2, 1, 2])
  first.leave()
  assert.deepEqual([third.ahead(), late.ahead()], [0, 1])
  third.leave()
  assert.deepEqual(fs.readdirSync(home), [])
  assert.equal(late.ahead(), 0)
})

test('a queue is beside its lock, whatever the directories are called', (t) => {
  const home = join(temporaryDirectory(t), 'yarn.lock')
  fs.mkdirSync(home)
  const queue = new LockQueue(join(home, '.x.lock'))
  queue.join()
  assert.deepEqual(fs.readdirSync(home), ['.x.queue'])
  queue.leave()
})

test('a place is taken once, above the last number', (t) => {
  const { tickets, leave, newQueue } = queueIn(t)
  const other = leave(`00000041-00000001-1-1-0-${ID}`)
  const queue = newQueue()
  queue.join()
  queue.join()
  const [, own = '', ...more] = tickets()
  assert.deepEqual([tickets()[0], more], [other, []])
  assert.match(own, new RegExp(`^00000042-[0-9a-f]{8}-\\d+-${process.pid}-\\d+-[0-9a-f]{24}$`))
  queue.leave()
  queue.leave()
  assert.deepEqual(tickets(), [other])
})

test('what is no ticket neither counts nor goes', (t) => {
  const { tickets, leave, newQueue } = queueIn(t)
  const ticket = `00000001-00000001-1-1-0-${ID}`
  const others = ['mine', `x${ticket}`, `${ticket}x`, ticket.replace('0000', '')].map(leave).sort()
  const queue = newQueue()
  queue.join()
  assert.equal(tickets().at(0)?.startsWith('00000001-'), true)
  assert.equal(queue.ahead(), 0)
  queue.leave()
  assert.deepEqual(tickets(), others)
})

describe('tickets of earlier ones', () => {
  const DEAD = deadProcess()
  const cases: readonly [string, (boot: string, processes: string) => string, counts: boolean][] = [
    ['a process that runs', (boot, own) => `${boot}-${own}-${process.pid}-0`, true],
    ['one that has ended', (boot, own) => `${boot}-${own}-${DEAD}-${machineTime()}`, false],
    ['one before the last start', (_, own) => `00000001-${own}-${process.pid}-0`, false],
    [
      'one of another container, less than half a minute ago',
      (boot, own) => `${boot}-${own}9-${DEAD}-${machineTime() - 25_000}`,
      true,
    ],
    [
      'one of another container, earlier',
      (boot, own) => `${boot}-${own}9-${process.pid}-${machineTime() - 30_001}`,
      false,
    ],
  ]
  for (const [name, ticket, counts] of cases) {
    test(`${name}: ${counts ? 'waited for' : 'removed'}`, (t) => {
      const { tickets, leave, newQueue } = queueIn(t)
      const queue = newQueue()
      queue.join()
      const [own = ''] = tickets()
      const [, boot = '', processes = ''] = own.split('-')
      const other = leave(`00000000-${ticket(boot, processes)}-${ID}`)
      assert.equal(queue.ahead(), counts ? 1 : 0)
      assert.deepEqual(tickets(), counts ? [other, own] : [own])
    })
  }

  test('of the dead right before a place go, all of them', (t) => {
    const { directory, tickets, leave, newQueue } = queueIn(t)
    for (const number of ['00000001', '00000002']) leave(`${number}-00000001-1-1-0-${ID}`)
    const queue = newQueue()
    assert.equal(queue.ahead(), 0)
    assert.equal(fs.existsSync(directory), false)
    queue.join()
    assert.equal(tickets().length, 1)
  })
})

test('where no queue can be made, one waits without', (t) => {
  const { home, newQueue } = queueIn(t)
  for (const call of ['mkdirSync', 'openSync'] as const) {
    const queue = newQueue()
    replaceFs(t, { [call]: refusing('EACCES') })
    queue.join()
    assert.equal(queue.ahead(), 0)
    queue.leave()
    restoreFs()
  }
  assert.deepEqual(fs.readdirSync(home), [])
})

test('who is interrupted while waiting leaves', async (t) => {
  // After earlier tests, listening ends a moment later.
  for (let turn = 0; turn < 3; turn += 1) await nextTurn()
  const { home, newQueue } = queueIn(t)
  const exits = process.listeners('exit')
  const queue = newQueue()
  queue.join()
  const added = process.listeners('exit').filter((one) => !exits.includes(one))
  assert.equal(added.length, 1)
  for (const listener of added) listener.call(process, 0)
  assert.deepEqual(fs.readdirSync(home), [])
})
