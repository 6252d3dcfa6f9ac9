import assert from 'node:assert/strict'
import fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  createLockFile,
  isAlive,
  type LockHolder,
  LockWatch,
  machine,
  machineTime,
  readLockHolder,
  showLife,
  uniqueId,
} from '../../src/files/holder.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { deadProcess, ID, leaveLock, lockText } from './left-lock.ts'
import { refusing, replaceFs } from './replaced-fs.ts'

const lockIn = (t: TestContext) => join(temporaryDirectory(t), 'lock')

// First, for it is looked up once.
test('a machine is known by its start, processes by the space that they see', {
  skip: process.platform !== 'linux' && 'only Linux has /proc',
}, () => {
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').replace('\n', '')
  assert.deepEqual(machine(), { boot, processes: fs.readlinkSync('/proc/self/ns/pid') })
})

test('a lock file is made once, for its owner alone, and tells who has it', (t) => {
  const path = lockIn(t)
  const before = machineTime()
  assert.equal(createLockFile(path, ID), true)
  assert.equal(createLockFile(path, 'f'.repeat(24)), false)
  assert.equal(fs.statSync(path).mode & 0o777, 0o600)
  const { at, ...written } = JSON.parse(fs.readFileSync(path, 'utf8'))
  assert.deepEqual(written, { pid: process.pid, host: hostname(), id: ID, ...machine() })
  assert.ok(Number(at) >= before && Number(at) <= machineTime())
  const { stamp, ageMs, ...holder } = readLockHolder(path) ?? {}
  assert.deepEqual(holder, {
    ...{ id: ID, pid: process.pid, host: hostname() },
    ...{ isGone: false, empty: false },
  })
  assert.ok(Number(ageMs) < 1000)
})

test('on a full disk no lock file stays', (t) => {
  const path = lockIn(t)
  replaceFs(t, { writeSync: refusing('ENOSPC') })
  assert.throws(() => createLockFile(path, ID), { code: 'ENOSPC' })
  assert.equal(fs.existsSync(path), false)
})

test('where no file can be made, the system says why', (t) => {
  assert.throws(() => createLockFile(join(lockIn(t), 'below'), ID), { code: 'ENOENT' })
})

test('no lock file, no holder', (t) => assert.equal(readLockHolder(lockIn(t)), undefined))

describe('what a lock file tells of its holder', () => {
  const DEAD = deadProcess()
  const cases: readonly [string, Parameters<typeof lockText>[0], isGone: boolean, aged: boolean][] =
    [
      ['a process that runs', {}, false, true],
      ['one that has ended', { pid: DEAD }, true, true],
      ['one of another container', { pid: DEAD, processes: 'other' }, false, true],
      ['one of another machine', { pid: DEAD, boot: 'another' }, false, false],
      ['one on a clock ahead of ours', { pid: DEAD, ageSeconds: -60 }, true, false],
    ]
  for (const [name, left, isGone, aged] of cases) {
    test(name, (t) => {
      const path = lockIn(t)
      leaveLock(path, { ageSeconds: 7, ...left })
      const holder = readLockHolder(path)
      assert.equal(holder?.isGone, isGone)
      assert.equal(holder?.ageMs !== undefined, aged)
      if (aged) assert.ok(Number(holder?.ageMs) >= 7000 && Number(holder?.ageMs) < 12_000)
    })
  }

  test('who wrote something else, or nothing, is told apart by the file alone', (t) => {
    const path = lockIn(t)
    const ids = new Set<string>()
    const nobody = { pid: undefined, host: undefined, ageMs: undefined, isGone: false }
    for (const text of ['', '{', lockText({}).padEnd(1001)]) {
      fs.writeFileSync(path, text)
      fs.utimesSync(path, 1, ids.size)
      const { id = '', stamp, ...holder } = readLockHolder(path) ?? {}
      assert.deepEqual(holder, { ...nobody, empty: text === '' })
      assert.match(id, /^[0-9a-f]{24}$/)
      ids.add(id)
      assert.deepEqual(readLockHolder(path)?.stamp, stamp)
    }
    assert.equal(ids.size, 3)
    const stamp = readLockHolder(path)?.stamp
    fs.appendFileSync(path, 'x')
    fs.utimesSync(path, 1, ids.size - 1)
    assert.notEqual(readLockHolder(path)?.stamp, stamp)
  })

  test('a thousand bytes are read', (t) => {
    const path = lockIn(t)
    fs.writeFileSync(path, lockText({}).padEnd(1000))
    assert.equal(readLockHolder(path)?.id, ID)
  })

  test('neither a link nor a directory is a lock of ours', (t) => {
    const path = lockIn(t)
    leaveLock(`${path}.real`)
    fs.symlinkSync(`${path}.real`, path)
    assert.equal(readLockHolder(path)?.pid, undefined)
    showLife(path, ID)
    assert.equal(fs.readFileSync(`${path}.real`, 'utf8').includes(ID), true)
    fs.unlinkSync(path)
    fs.mkdirSync(path)
    assert.deepEqual([readLockHolder(path)?.pid, readLockHolder(path)?.empty], [undefined, false])
  })
})

describe('a sign of life', () => {
  test('makes the lock young again, and nothing else', (t) => {
    const path = lockIn(t)
    leaveLock(path, { ageSeconds: 20, pid: 1 })
    const { stamp, ...before } = readLockHolder(path) ?? {}
    showLife(path, ID)
    const now = readLockHolder(path)
    assert.ok(Number(now?.ageMs) < 1000)
    assert.notEqual(now?.stamp, stamp)
    assert.deepEqual({ ...now, stamp: '', ageMs: 0 }, { ...before, stamp: '', ageMs: 0 })
  })

  test('of who has lost the lock changes nothing', (t) => {
    const path = lockIn(t)
    showLife(path, ID)
    assert.equal(fs.existsSync(path), false)
    leaveLock(`${path}.real`, { ageSeconds: 20 })
    fs.symlinkSync(`${path}.real`, path)
    const text = fs.readFileSync(path, 'utf8')
    showLife(path, ID)
    assert.equal(fs.readFileSync(path, 'utf8'), text)
  })

  test('leaves no file open', (t) => {
    const path = lockIn(t)
    leaveLock(path)
    const { closeSync } = fs
    let closed = 0
    replaceFs(t, {
      closeSync: (fd) => {
        closed += 1
        closeSync(fd)
      },
    })
    showLife(path, ID)
    showLife(`${path}.none`, ID)
    readLockHolder(path)
    createLockFile(`${path}.new`, ID)
    assert.equal(closed, 3)
  })
})

describe('when a waiting process takes a holder for dead', () => {
  const HOLDER: LockHolder = {
    ...{ id: ID, pid: 1, host: 'h', stamp: 'a' },
    ...{ ageMs: 0, isGone: false, empty: false },
  }
  /** Whether the lock is stale after each of these waits; what is seen of it may change with each. */
  function watched(t: TestContext, seconds: readonly number[], seen: Partial<LockHolder>[]) {
    let now = 1000
    t.mock.method(process, 'uptime', () => now)
    const watch = new LockWatch()
    return seconds.map((wait, index) => {
      now += wait
      return watch.isStale('/lock', { ...HOLDER, ...(seen[index] ?? seen[0]) })
    })
  }

  for (const [name, facts, stale] of [
    ['gone for two seconds', { isGone: true, ageMs: 2000 }, false],
    ['gone for longer', { isGone: true, ageMs: 2001 }, true],
    ['there for half a minute', { ageMs: 30_000 }, false],
    ['there for longer', { ageMs: 30_001 }, true],
  ] as const) {
    test(`${name}: ${stale ? 'dead' : 'alive'}`, (t) => {
      assert.deepEqual(watched(t, [0], [facts]), [stale])
    })
  }

  test('of another clock: silent for more than twelve seconds', (t) => {
    const facts = { ageMs: undefined }
    assert.deepEqual(watched(t, [0, 12, 0.5], [facts]), [false, false, true])
  })

  test('killed before it wrote: after two seconds', (t) => {
    const facts = { ageMs: undefined, empty: true }
    assert.deepEqual(watched(t, [0, 2, 0.5], [facts]), [false, false, true])
  })

  test('each sign of life counts anew', (t) => {
    const other = { ageMs: undefined, stamp: 'b' }
    const seen = [{ ageMs: undefined }, other, other, other]
    assert.deepEqual(watched(t, [0, 11, 12, 1], seen), [false, false, false, true])
  })

  test('each lock by itself', (t) => {
    let now = 0
    t.mock.method(process, 'uptime', () => now)
    const watch = new LockWatch()
    const silent = { ...HOLDER, ageMs: undefined }
    watch.isStale('/one', silent)
    now = 20
    assert.deepEqual(
      [watch.isStale('/other', silent), watch.isStale('/one', silent)],
      [false, true],
    )
  })
})

test('whether a process is there, also one that we may not signal', (t) => {
  assert.deepEqual([isAlive(process.pid), isAlive(deadProcess())], [true, false])
  t.mock.method(process, 'kill', refusing('EPERM'))
  assert.equal(isAlive(1), true)
})

test('ids have 24 hexadecimal digits, whatever chance gives', (t) => {
  assert.equal(new Set(Array.from({ length: 100 }, uniqueId)).size, 100)
  let number = 0
  t.mock.method(Math, 'random', () => number)
  for (number of [0, 0.001, 0.999_999_999_999]) {
    assert.match(uniqueId(), /^[0-9a-f]{24}$/)
  }
})
