import assert from 'node:assert/strict'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { join } from 'node:path'
import { before, mock, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockFile, lockPath } from '../../src/files/lock.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'

// Only Linux has /proc; what a machine is, is looked up once, so these tests have a process of their own.
before(() => {
  const { readFileSync, readlinkSync } = fs
  const hiding =
    (real: (...given: unknown[]) => unknown) =>
    (...given: unknown[]) => {
      if (String(given[0]).startsWith('/proc/')) throw new Error('ENOENT')
      return real(...given)
    }
  mock.method(fs, 'readFileSync', hiding(readFileSync as never) as typeof readFileSync)
  mock.method(fs, 'readlinkSync', hiding(readlinkSync as never) as typeof readlinkSync)
  mock.method(os, 'hostname', () => 'Mac-1.local')
  syncBuiltinESMExports()
})

test('without /proc, a lock is one of the host, and those who wait have their order', async (t) => {
  const home = temporaryDirectory(t)
  const target = join(home, 'target')
  const lock = await lockFile(target)
  const { boot, processes, host } = JSON.parse(fs.readFileSync(lock.path, 'utf8'))
  assert.deepEqual([boot, processes, host], ['Mac-1.local', '', 'Mac-1.local'])
  const order: number[] = []
  const wait = async (number: number) => {
    const own = await lockFile(target)
    order.push(number)
    own.release()
  }
  const waiting = [wait(1)]
  await sleep(30)
  waiting.push(wait(2))
  await sleep(30)
  const tickets = fs.readdirSync(lockPath(target).replace('.lock', '.queue')).sort()
  // The hexadecimal digits of the host, filled up to eight; there is one space of processes, 0.
  for (const [index, ticket] of tickets.entries()) {
    assert.match(ticket, new RegExp(`^0000000${index + 1}-ac1ca000-0-${process.pid}-`))
  }
  lock.release()
  await Promise.all(waiting)
  assert.deepEqual([tickets.length, order], [2, [1, 2]])
  assert.deepEqual(fs.readdirSync(home), [])
})
