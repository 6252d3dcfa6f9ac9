import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { hostname } from 'node:os'
import { basename, join } from 'node:path'
import { after, before as beforeAll, describe, type TestContext, test } from 'node:test'
import timers, { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { machine, machineTime, readLockHolder, showLife } from '../../src/files/holder.ts'
import { lockFile, lockPath, withFileLocks } from '../../src/files/lock.ts'
import { parseIni } from '../../src/profiles/ini.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { deadProcess, ID, leaveLock, lockText } from './left-lock.ts'
import { refusing, replaceFs, restoreFs } from './replaced-fs.ts'
import { ending, WriterProgram } from './writer-process.ts'

test('a lock is private, names its holder and is gone when released', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  const lock = await lockFile(target)
  assert.equal(lock.path, join(target, '..', '.credentials.circleci-aws-oidc.lock'))
  assert.equal(statSync(lock.path).mode & 0o777, 0o600)
  const { pid, host } = JSON.parse(readFileSync(lock.path, 'utf8'))
  assert.deepEqual({ pid, host }, { pid: process.pid, host: hostname() })
  assert.equal(lock.isOurs(), true)
  lock.release()
  assert.equal(existsSync(lock.path), false)
})

const ANOTHER_MACHINE = { boot: 'another', host: 'elsewhere' }

const waitedFor = [
  ['of a live process', { pid: process.pid, ageSeconds: 20 }],
  ['of a process of another container', { pid: 2 ** 22 + 1, processes: 'other', ageSeconds: 20 }],
  ['just taken', { pid: deadProcess(), ageSeconds: 0 }],
  ['on another machine, however old', { ...ANOTHER_MACHINE, ageSeconds: 3600 }],
  ['on a clock ahead of ours', { ageSeconds: -3600 }],
] as const
for (const [name, lock] of waitedFor) {
  test(`a lock ${name} is waited for`, async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    leaveLock(lockPath(target), lock)
    await assert.rejects(lockFile(target, 150), {
      code: 'file-locked',
      message: new RegExp(
        `^${target} has been locked by process \\d+ on \\S+ for \\d+(\\.\\d+)? s\\.$`,
      ),
      why: `We waited 0.15 s for the lock file ${lockPath(target)}.`,
    })
    assert.equal(JSON.parse(readFileSync(lockPath(target), 'utf8')).id, ID)
  })
}

const takenOver = [
  ['of a dead process', { pid: deadProcess(), ageSeconds: 3 }],
  ['half a minute old', { ageSeconds: 31 }],
  ['half a minute old of another container', { processes: 'other', ageSeconds: 31 }],
] as const
for (const [name, lock] of takenOver) {
  test(`a lock ${name} is taken over`, async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    leaveLock(lockPath(target), lock)
    const ours = await lockFile(target, 1000)
    assert.equal(ours.isOurs(), true)
    ours.release()
    assert.deepEqual(readdirSync(join(target, '..')), [])
  })
}

test('a lock without content, its process killed too early, is taken over', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  writeFileSync(lockPath(target), '')
  ;(await lockFile(target, 4000)).release()
})

test('a lock file whose content is not what we write is waited for, and stays', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  const { at, ...others } = JSON.parse(lockText({ pid: deadProcess(), ageSeconds: 60 }))
  for (const text of [
    '{',
    ...[undefined, 12, `${at}0`, `0${at}`, 'soon'].map((at) => JSON.stringify({ at, ...others })),
    ...['pid', 'host', 'id', 'boot', 'processes'].map((name) =>
      JSON.stringify({ at, ...others, [name]: [] }),
    ),
    ...['../../etc/passwd', `${ID}0`, `0${ID}`].map((id) => JSON.stringify({ at, ...others, id })),
  ]) {
    writeFileSync(lockPath(target), text)
    await assert.rejects(lockFile(target, 20), { code: 'file-locked' }, text)
    assert.equal(readFileSync(lockPath(target), 'utf8'), text)
  }
})

test('a lock of another machine is taken over once it was silent for twelve seconds', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  leaveLock(lockPath(target), ANOTHER_MACHINE)
  const uptime = process.uptime()
  let passed = 0
  t.mock.method(process, 'uptime', () => uptime + passed)
  const lock = lockFile(target, 20_000)
  await sleep(300)
  assert.ok(existsSync(lockPath(target)))
  passed = 6
  await sleep(300)
  // A sign of life, and the wait begins anew.
  leaveLock(lockPath(target), { ...ANOTHER_MACHINE, ageSeconds: -6 })
  await sleep(300)
  passed = 13
  await sleep(300)
  assert.equal(readFileSync(lockPath(target), 'utf8').includes('another'), true)
  passed = 19
  ;(await lock).release()
})

test('the clock of the system may be set: no lock looks older or younger', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  const start = Date.now()
  let now = start
  t.mock.method(Date, 'now', () => now)
  for (const seconds of [-40, 40, 7200]) {
    now = start + seconds * 1000
    leaveLock(lockPath(target), { ageSeconds: 1 })
    fs.utimesSync(lockPath(target), now / 1000, now / 1000)
    await assert.rejects(lockFile(target, 100), { code: 'file-locked' })
    leaveLock(lockPath(target), { ageSeconds: 31 })
    ;(await lockFile(target, 2000)).release()
  }
})

test('a lock file without end is not read to its end', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  writeFileSync(lockPath(target), '')
  fs.truncateSync(lockPath(target), 3e9)
  const before = process.memoryUsage.rss()
  await assert.rejects(lockFile(target, 100), { code: 'file-locked' })
  assert.ok(process.memoryUsage.rss() - before < 50e6)
})

test('a pipe in place of a lock file keeps nobody waiting for its other end', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  assert.equal(spawnSync('mkfifo', [lockPath(target)]).status, 0)
  await assert.rejects(lockFile(target, 150), { code: 'file-locked' })
})

test('a file of the user named like a lock is neither waited for nor touched', async (t) => {
  const target = join(temporaryDirectory(t), 'yarn')
  writeFileSync(`${target}.lock`, 'precious')
  fs.utimesSync(`${target}.lock`, 0, 0)
  ;(await lockFile(target, 1000)).release()
  assert.equal(readFileSync(`${target}.lock`, 'utf8'), 'precious')
})

test('a dead process that was breaking a lock does not keep others from it', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  leaveLock(lockPath(target), { pid: deadProcess(), ageSeconds: 9 })
  leaveLock(`${lockPath(target)}.break-${ID}`, { pid: deadProcess(), ageSeconds: 8 })
  ;(await lockFile(target, 1000)).release()
  assert.deepEqual(readdirSync(join(target, '..')), [])
})

/** Calls `step` right before the first call of this function of `fs` for that path. */
function before(
  t: TestContext,
  name: 'openSync' | 'unlinkSync',
  path: string | RegExp,
  step: () => void,
): { readonly calls: number } {
  const real = fs[name] as (...args: unknown[]) => unknown
  const seen = { calls: 0 }
  t.mock.method(fs, name, (...args: unknown[]) => {
    const isMeant = typeof path === 'string' ? args[0] === path : path.test(String(args[0]))
    if (isMeant) {
      seen.calls += 1
      if (seen.calls === 1) step()
    }
    return real(...args)
  })
  syncBuiltinESMExports()
  t.after(() => {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  })
  return seen
}

describe('one step of another process between two of ours', () => {
  const OTHER = 'f'.repeat(24)

  test('a stale lock that others broke and took anew is not removed', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const path = lockPath(target)
    leaveLock(path, { pid: deadProcess(), ageSeconds: 9 })
    const right = before(t, 'openSync', `${path}.break-${ID}`, () => leaveLock(path, { id: OTHER }))
    await assert.rejects(lockFile(target, 300), { code: 'file-locked' })
    assert.equal(right.calls, 1, 'it was about to break the stale one')
    assert.equal(JSON.parse(readFileSync(path, 'utf8')).id, OTHER)
    assert.deepEqual(readdirSync(join(target, '..')), [basename(path)])
  })

  test('a stale lock that another one has the right to break is left to it', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const path = lockPath(target)
    leaveLock(path, { pid: deadProcess(), ageSeconds: 9 })
    leaveLock(`${path}.break-${ID}`, { id: OTHER })
    const removals = before(t, 'unlinkSync', path, () => {})
    await assert.rejects(lockFile(target, 300), { code: 'file-locked' })
    assert.equal(removals.calls, 0)
    assert.ok(existsSync(path))
  })

  test('the right to break a lock is given back', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const path = lockPath(target)
    leaveLock(path, { pid: deadProcess(), ageSeconds: 9 })
    const lock = await lockFile(target, 1000)
    assert.deepEqual(readdirSync(join(target, '..')), [basename(path)])
    lock.release()
  })

  test('a lock taken over right before its release is not removed', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const lock = await lockFile(target)
    before(t, 'openSync', lock.path, () => leaveLock(lock.path, { id: OTHER }))
    lock.release()
    assert.equal(JSON.parse(readFileSync(lock.path, 'utf8')).id, OTHER)
  })

  test('a lock lost before its holder wrote its name is taken anew', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const path = lockPath(target)
    const real = fs.writeSync
    let lost = 0
    t.mock.method(fs, 'writeSync', (...args: Parameters<typeof real>) => {
      const length = real(...args)
      if (lost === 0) {
        lost += 1
        fs.unlinkSync(path)
      }
      return length
    })
    syncBuiltinESMExports()
    const lock = await lockFile(target, 1000)
    t.mock.restoreAll()
    syncBuiltinESMExports()
    assert.deepEqual([lost, lock.isOurs()], [1, true])
    lock.release()
  })
})

describe('the queue', () => {
  const queueOf = (target: string) => lockPath(target).replace('.lock', '.queue')

  /** A lock that is held, one that waits for it, and what the name of its ticket says of this machine. */
  async function heldAndAwaited(target: string) {
    mkdirSync(queueOf(target))
    const first = await lockFile(target)
    const waiting = lockFile(target)
    await sleep(50)
    const [own = ''] = readdirSync(queueOf(target))
    const [, boot, processes] = own.split('-')
    return { first, waiting, boot, processes }
  }

  test('who waits longest is first', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const first = await lockFile(target)
    const order: number[] = []
    const waiting = []
    for (let i = 0; i < 12; i += 1) {
      waiting.push(
        lockFile(target).then((lock) => {
          order.push(i)
          setTimeout(() => lock.release(), 5)
        }),
      )
      await sleep(15)
    }
    first.release()
    // One that comes now finds the lock free for moments, and yet is the last.
    waiting.push(lockFile(target).then((lock) => order.push(12) && lock.release()))
    await Promise.all(waiting)
    assert.deepEqual(order, [...Array(13).keys()])
    assert.deepEqual(readdirSync(join(target, '..')), [])
  })

  test('tickets of dead processes keep nobody waiting, and go', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const { first, waiting, boot, processes } = await heldAndAwaited(target)
    const dead = [
      `00000000-${boot}-${processes}-${deadProcess()}-${machineTime()}-${ID}`,
      `00000000-${boot}-${Number(processes) + 1}-${process.pid}-${machineTime() - 31_000}-${ID}`,
      `00000000-00000001-1-1-0-${ID}`,
    ]
    for (const name of dead) writeFileSync(join(queueOf(target), name), '')
    first.release()
    ;(await waiting).release()
    assert.deepEqual(readdirSync(join(target, '..')), [])
  })

  test('a process of another container is waited for, if it is not there for half a minute', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const { first, waiting, boot, processes } = await heldAndAwaited(target)
    const other = `00000000-${boot}-${Number(processes) + 1}-${deadProcess()}-${machineTime()}-${ID}`
    writeFileSync(join(queueOf(target), other), '')
    first.release()
    ;(await waiting).release()
    assert.deepEqual(readdirSync(queueOf(target)), [other])
  })

  test('a process that is stopped when it is its turn is passed', async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    const first = await lockFile(target)
    const waiting = lockFile(target)
    await sleep(50)
    const [own = ''] = readdirSync(queueOf(target))
    const stopped = own.replace(/^\d{8}/, '00000000')
    writeFileSync(join(queueOf(target), stopped), '')
    first.release()
    ;(await waiting).release()
    assert.deepEqual(readdirSync(queueOf(target)), [stopped])
  })
})

test('a lock that another process took over is neither ours nor removed by us', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  const lock = await lockFile(target)
  leaveLock(lock.path, {})
  assert.equal(lock.isOurs(), false)
  lock.release()
  assert.equal(existsSync(lock.path), true)
})

describe('processes', () => {
  const program = new WriterProgram()
  beforeAll(() => program.build())
  after(() => program.remove())

  test('50 that find a stale lock all write', async (t) => {
    const directory = temporaryDirectory(t)
    for (const name of ['config', 'credentials']) {
      leaveLock(lockPath(join(directory, name)), { pid: deadProcess(), ageSeconds: 5 })
    }
    const names = Array.from({ length: 50 }, (_, i) => `p${i}`).sort()
    const endings = await Promise.all(names.map((name) => program.run([directory, name])))
    assert.deepEqual(
      endings.filter(({ status }) => status !== 0),
      [],
    )
    const text = readFileSync(join(directory, 'credentials'), 'utf8')
    const written = await parseIni(text, 'credentials')
    assert.deepEqual(written.sections.map(({ name }) => name).sort(), names)
    assert.deepEqual(readdirSync(directory).sort(), ['config', 'credentials'])
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} ends a waiting process, and its locks with it`, async (t) => {
      const directory = temporaryDirectory(t)
      leaveLock(lockPath(join(directory, 'credentials')), {})
      const child = program.start([directory, 'dev'])
      const ended = ending(child)
      for (let i = 0; i < 500 && !existsSync(lockPath(join(directory, 'config'))); i += 1)
        await sleep(10)
      assert.ok(existsSync(lockPath(join(directory, 'config'))))
      child.kill(signal)
      assert.equal((await ended).signal, signal)
      assert.deepEqual(readdirSync(directory), ['.credentials.circleci-aws-oidc.lock'])
    })
  }
})

test('a lock that is held long keeps looking held', async (t) => {
  const target = join(temporaryDirectory(t), 'target')
  const lock = await lockFile(target)
  const { id } = JSON.parse(readFileSync(lock.path, 'utf8'))
  leaveLock(lock.path, { id, ageSeconds: 29 })
  await sleep(5_500)
  assert.ok(Number(readLockHolder(lock.path)?.ageMs) < 5_000)
  lock.release()
  assert.equal(existsSync(lock.path), false)
})

test('a lock of another is not kept alive', async (t) => {
  const path = lockPath(join(temporaryDirectory(t), 'target'))
  leaveLock(path, { ageSeconds: 29 })
  const text = readFileSync(path, 'utf8')
  showLife(path, 'f'.repeat(24))
  assert.equal(readFileSync(path, 'utf8'), text)
  showLife(path, ID)
  assert.ok(Number(readLockHolder(path)?.ageMs) < 5_000)
  assert.equal(readFileSync(path, 'utf8').length, text.length)
})

test('a lock that is held long shows every five seconds that its holder is at work', async (t) => {
  const target = join(temporaryDirectory(t), 'target')
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lock = await lockFile(target)
  const { id } = JSON.parse(readFileSync(lock.path, 'utf8'))
  const age = () => Number(readLockHolder(lock.path)?.ageMs)
  leaveLock(lock.path, { id, ageSeconds: 29 })
  t.mock.timers.tick(4_999)
  assert.ok(age() >= 29_000)
  t.mock.timers.tick(1)
  assert.ok(age() < 5_000)
  leaveLock(lock.path, { id, ageSeconds: 29 })
  lock.release()
  // Of the next holder, should it have the same id.
  leaveLock(lock.path, { id, ageSeconds: 29 })
  t.mock.timers.tick(60_000)
  assert.ok(age() >= 29_000)
})

for (const [ahead, wait] of [
  [0, 5],
  [3, 20],
  [300, 250],
] as const) {
  test(`behind ${ahead} others, one looks every ${wait} ms`, async (t) => {
    const target = join(temporaryDirectory(t), 'target')
    leaveLock(lockPath(target))
    const queue = lockPath(target).replace('.lock', '.queue')
    mkdirSync(queue)
    const boot = machine().boot.replaceAll('-', '').slice(0, 8)
    for (let number = 100; number < 100 + ahead; number += 1) {
      writeFileSync(join(queue, `00000${number}-${boot}-9-1-${machineTime()}-${ID}`), '')
    }
    let now = process.uptime()
    t.mock.method(process, 'uptime', () => now)
    const waits: number[] = []
    t.mock.method(timers, 'setTimeout', async (milliseconds: number) => {
      waits.push(milliseconds)
      now += milliseconds / 1000
    })
    syncBuiltinESMExports()
    t.after(restoreFs)
    await assert.rejects(lockFile(target, 999), { code: 'file-locked' })
    assert.equal(waits.length, Math.ceil(999 / wait))
    assert.deepEqual([...new Set(waits)], [wait])
  })
}

test('who gives up leaves nothing behind', async (t) => {
  const target = join(temporaryDirectory(t), 'target')
  leaveLock(lockPath(target))
  const settle = async () => {
    for (let turn = 0; turn < 3; turn += 1) await nextTurn()
    return process.listenerCount('exit')
  }
  const before = await settle()
  await assert.rejects(lockFile(target, 20), { code: 'file-locked' })
  assert.equal(await settle(), before)
  assert.deepEqual(readdirSync(join(target, '..')), [basename(lockPath(target))])
})

describe('what is said of a lock that is waited for in vain', () => {
  test('of nobody knows whom', async (t) => {
    const target = join(temporaryDirectory(t), 'target')
    writeFileSync(lockPath(target), 'something else')
    await assert.rejects(lockFile(target, 20), {
      message: `${target} has been locked by another process for 0.02 s.`,
      next: 'Run again. If no such process is running, remove the lock file.',
    })
  })

  test('of a process that has had it for longer than we waited', async (t) => {
    const target = join(temporaryDirectory(t), 'target')
    leaveLock(lockPath(target), { pid: process.pid, host: 'here', ageSeconds: 11.55 })
    await assert.rejects(lockFile(target, 10), {
      message: `${target} has been locked by process ${process.pid} on here for 12 s.`,
    })
  })

  test('that was free at times, but not for us', async (t) => {
    const target = join(temporaryDirectory(t), 'target')
    let now = process.uptime()
    t.mock.method(process, 'uptime', () => now)
    replaceFs(t, {
      // Taken by another one each time that it is free.
      writeSync: (() => {
        now += 60
        fs.unlinkSync(lockPath(target))
        return 0
      }) as typeof fs.writeSync,
    })
    await assert.rejects(lockFile(target, 1000), {
      message: `${target} was locked by one process after another.`,
    })
  })
})

describe('several locks', () => {
  test('are taken in one order, each once, and given back whatever happens', async (t) => {
    const home = temporaryDirectory(t)
    const [a, b] = [join(home, 'a'), join(home, 'b')] as const
    const result = await withFileLocks([b, a, b], (locks) => {
      assert.deepEqual(
        locks.map(({ path }) => path),
        [lockPath(a), lockPath(b)],
      )
      assert.deepEqual(
        readdirSync(home).sort(),
        [lockPath(a), lockPath(b)].map((path) => basename(path)),
      )
      return 'done'
    })
    assert.equal(result, 'done')
    assert.deepEqual(readdirSync(home), [])
    const failing = withFileLocks([a], () => Promise.reject(new Error('no')))
    await assert.rejects(failing, { message: 'no' })
    assert.deepEqual(readdirSync(home), [])
  })

  test('are given back where one of them is not to be had', async (t) => {
    const home = temporaryDirectory(t)
    leaveLock(lockPath(join(home, 'b')))
    const taking = withFileLocks(
      ['a', 'b'].map((name) => join(home, name)),
      () => {},
      20,
    )
    await assert.rejects(taking, { code: 'file-locked' })
    assert.deepEqual(readdirSync(home), [basename(lockPath(join(home, 'b')))])
  })
})

test('a directory that is gone again each time is given up', async (t) => {
  const target = join(temporaryDirectory(t), 'target')
  const path = lockPath(target)
  const real = fs.openSync
  let tries = 0
  replaceFs(t, {
    openSync: (...given) => {
      if (given[0] !== path || given[1] !== 'wx') return real(...given)
      tries += 1
      return refusing('ENOENT')()
    },
  })
  await assert.rejects(lockFile(target), { code: 'file-unwritable', message: /\(ENOENT\)/ })
  assert.equal(tries, 5)
})

test('a directory that goes away while a lock is taken is made anew', async (t) => {
  const target = join(temporaryDirectory(t), 'directory', 'target')
  const lock = await lockFile(target)
  assert.ok(existsSync(lock.path))
  lock.release()
})

test('a directory that takes no files', {
  skip: process.platform !== 'linux' && 'only Linux has /proc',
}, async () => {
  await assert.rejects(lockFile('/proc/target'), { code: 'file-unwritable' })
})
