import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockFile, lockPath } from '../../src/files/lock.ts'
import { parseIni } from '../../src/profiles/ini.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { ending, WriterProgram } from './writer-process.ts'

const ID = '0123456789abcdef01234567'

/** A lock file as another process would have left it. */
function leaveLock(path: string, { pid = process.pid, host = hostname(), ageSeconds = 0 }) {
  writeFileSync(path, JSON.stringify({ pid, host, id: ID }))
  const time = Date.now() / 1000 - ageSeconds
  utimesSync(path, time, time)
}

const deadProcess = () => spawnSync(process.execPath, ['-e', '0']).pid

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

const waitedFor = [
  ['of a live process', { pid: process.pid, ageSeconds: 20 }],
  ['on another host', { pid: 2 ** 22 + 1, host: 'elsewhere', ageSeconds: 20 }],
  ['of a live process, its clock ahead', { pid: process.pid, ageSeconds: -20 }],
  ['just taken', { pid: deadProcess(), ageSeconds: 0 }],
] as const
for (const [name, lock] of waitedFor) {
  test(`a lock ${name} is waited for`, async (t) => {
    const target = join(temporaryDirectory(t), 'credentials')
    leaveLock(lockPath(target), lock)
    await assert.rejects(lockFile(target, 150), {
      code: 'file-locked',
      message: new RegExp(
        `^${target} has been locked by process ${lock.pid} on \\S+ for \\d+(\\.\\d+)? s\\.$`,
      ),
      why: `${lockPath(target)} was there for the 0.15 s we waited.`,
    })
    assert.equal(JSON.parse(readFileSync(lockPath(target), 'utf8')).id, ID)
  })
}

const takenOver = [
  ['of a dead process', { pid: deadProcess(), ageSeconds: 3 }],
  ['of a dead process, its clock ahead', { pid: deadProcess(), ageSeconds: -3600 }],
  ['half a minute old', { ageSeconds: 31 }],
  ['half a minute old on another host', { host: 'elsewhere', ageSeconds: 31 }],
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
  const time = Date.now() / 1000 - 3
  utimesSync(lockPath(target), time, time)
  ;(await lockFile(target, 1000)).release()
})

test('a pipe in place of a lock file keeps nobody waiting for its other end', async (t) => {
  const target = join(temporaryDirectory(t), 'credentials')
  assert.equal(spawnSync('mkfifo', [lockPath(target)]).status, 0)
  await assert.rejects(lockFile(target, 150), { code: 'file-locked' })
})

test('a file of the user named like a lock is neither waited for nor touched', async (t) => {
  const target = join(temporaryDirectory(t), 'yarn')
  writeFileSync(`${target}.lock`, 'precious')
  utimesSync(`${target}.lock`, 0, 0)
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
  before(() => program.build())
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
    const written = parseIni(readFileSync(join(directory, 'credentials'), 'utf8'), 'credentials')
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
  const old = new Date(Date.now() - 60_000)
  utimesSync(lock.path, old, old)
  await sleep(5_500)
  assert.ok(Date.now() - statSync(lock.path).mtimeMs < 5_000)
  lock.release()
  assert.equal(existsSync(lock.path), false)
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
