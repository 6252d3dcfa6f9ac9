import assert from 'node:assert/strict'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { commit, discard, type StagedFile, stageFile } from '../../src/files/staged.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { NEIGHBOUR, pretend, refusing, replaceFs, restoreFs, runAs } from './replaced-fs.ts'

const NEW = Buffer.from('new')
const OLD = Buffer.from('old')
const mode = (path: string) => fs.statSync(path).mode & 0o7777
const read = (path: string) => fs.readFileSync(path, 'utf8')

function file(t: TestContext, rights?: number): string {
  const path = join(temporaryDirectory(t), 'file')
  if (rights !== undefined) {
    fs.writeFileSync(path, OLD)
    fs.chmodSync(path, rights)
  }
  return path
}

/** All files beside a file, with their text. */
const around = (path: string) =>
  Object.fromEntries(
    fs.readdirSync(dirname(path)).map((name) => [name, read(join(dirname(path), name))]),
  )

describe('the rights of what takes the place of a file', () => {
  const cases: readonly (readonly [old: number | undefined, secret: boolean, now: number])[] = [
    [undefined, false, 0o600],
    [undefined, true, 0o600],
    [0o644, false, 0o644],
    [0o644, true, 0o600],
    [0o666, false, 0o664],
    [0o700, true, 0o700],
    [0o4755, false, 0o755],
  ]
  for (const [old, secret, now] of cases) {
    test(`${old?.toString(8) ?? 'no file'}, ${secret ? 'secret' : 'not secret'}`, (t) => {
      const path = file(t, old)
      const { temporary = '', backup } = stageFile(path, NEW, OLD, secret)
      assert.deepEqual([read(temporary), mode(temporary)], ['new', now])
      assert.equal(backup !== undefined, old !== undefined)
      if (backup) assert.deepEqual([read(backup), mode(backup)], ['old', 0o600])
      if (old !== undefined) assert.deepEqual([read(path), mode(path)], ['old', old])
    })
  }
})

test('what is to go is kept aside, so that it can be put back', (t) => {
  const path = file(t, 0o640)
  const { temporary, backup = '' } = stageFile(path, undefined, OLD, true)
  assert.equal(temporary, undefined)
  assert.deepEqual([read(backup), mode(backup)], ['old', 0o600])
})

test('what is new is on the disk before it takes the place of what was there', (t) => {
  const path = file(t, 0o600)
  const { fsyncSync } = fs
  const synced: number[] = []
  replaceFs(t, {
    fsyncSync: (fd) => {
      synced.push(fs.fstatSync(fd).ino)
      fsyncSync(fd)
    },
  })
  const { temporary = '' } = stageFile(path, NEW, OLD, false)
  assert.deepEqual(synced, [fs.statSync(temporary).ino])
})

test('it has the owner of the file in whose place it comes, if we may give it away', (t) => {
  const path = file(t, 0o600)
  pretend(t, { [path]: { uid: NEIGHBOUR, gid: 7 } })
  const owners: number[][] = []
  replaceFs(t, { fchownSync: (_, ...ids) => void owners.push(ids) })
  stageFile(path, NEW, OLD, false)
  assert.deepEqual(owners, [[NEIGHBOUR, 7]])
  replaceFs(t, { fchownSync: refusing('EPERM') })
  assert.equal(read(stageFile(path, NEW, OLD, false).temporary ?? ''), 'new')
})

describe('nothing is left behind where a file cannot be replaced', () => {
  const cases: readonly [name: string, functions: Partial<typeof fs>, code: string][] = [
    ['a file that its owner made read-only', { accessSync: refusing('EACCES') }, 'EACCES'],
    ['a directory that takes no files', { openSync: refusing('EROFS') }, 'EROFS'],
    ['a disk that fails', { fsyncSync: refusing('EIO') }, 'EIO'],
    ['a file system without rights', { fchmodSync: refusing('EPERM') }, 'EPERM'],
  ]
  for (const [name, functions, code] of cases) {
    test(name, (t) => {
      const path = file(t, 0o600)
      replaceFs(t, functions)
      const expected = { code: 'file-unwritable', message: new RegExp(`${path}: .*${code}`) }
      assert.throws(() => stageFile(path, NEW, OLD, false), expected)
      assert.deepEqual(around(path), { file: 'old' })
    })
  }

  test('a disk that is full before the old content is kept', (t) => {
    const path = file(t, 0o600)
    const { writeFileSync } = fs
    replaceFs(t, {
      writeFileSync: ((...given: Parameters<typeof writeFileSync>) =>
        typeof given[0] === 'string'
          ? refusing('ENOSPC')()
          : writeFileSync(...given)) as typeof writeFileSync,
    })
    assert.throws(() => stageFile(path, NEW, OLD, false), { message: /the disk is full/ })
    assert.deepEqual(around(path), { file: 'old' })
  })

  test("another user's file for secrets; one without secrets he may have", (t) => {
    const path = file(t, 0o666)
    runAs(t)
    pretend(t, { [path]: { uid: NEIGHBOUR } })
    assert.throws(() => stageFile(path, NEW, OLD, true), { code: 'file-unsafe' })
    assert.deepEqual(around(path), { file: 'old' })
    stageFile(path, NEW, OLD, false)
  })

  test('a read-only file that is to go: only its directory matters', (t) => {
    const path = file(t, 0o400)
    replaceFs(t, { accessSync: refusing('EACCES') })
    stageFile(path, undefined, OLD, false)
  })
})

describe('several files change together, or none', () => {
  /** Four files: one is replaced, one goes, one is new, and the last fails where asked. */
  function staged(t: TestContext) {
    const home = temporaryDirectory(t)
    const path = (name: string) => join(home, name)
    for (const name of ['changed', 'gone', 'last']) fs.writeFileSync(path(name), name)
    fs.chmodSync(path('changed'), 0o640)
    fs.chmodSync(path('gone'), 0o644)
    const stage = (name: string, content: Buffer | undefined) =>
      stageFile(path(name), content, Buffer.from(name), false)
    const files = [
      stage('changed', NEW),
      stage('gone', undefined),
      stageFile(path('new'), NEW, Buffer.alloc(0), false),
      stage('last', NEW),
    ] as const
    const cleanUp = () => {
      for (const one of files) discard(one)
    }
    return { files, path, cleanUp }
  }

  /** Lets the last rename fail, and those that `alsoFailing` says. */
  function failing(
    t: TestContext,
    [, , , last]: readonly StagedFile[],
    alsoFailing = (_from: string) => false,
  ) {
    const { renameSync } = fs
    replaceFs(t, {
      renameSync: (from, to) => {
        if (from === last?.temporary || alsoFailing(String(from))) refusing('EBUSY')()
        renameSync(from, to)
      },
    })
  }

  test('all', (t) => {
    const { files, path, cleanUp } = staged(t)
    commit(files)
    cleanUp()
    assert.deepEqual(around(path('last')), { changed: 'new', new: 'new', last: 'new' })
    assert.equal(mode(path('changed')), 0o640)
  })

  test('none: each is as it was, with its rights', (t) => {
    const { files, path, cleanUp } = staged(t)
    failing(t, files)
    assert.throws(() => commit(files), {
      code: 'file-unwritable',
      message: `Cannot write ${path('last')}: it cannot be replaced while something is mounted on it (EBUSY).`,
    })
    cleanUp()
    assert.deepEqual(around(path('last')), { changed: 'changed', gone: 'gone', last: 'last' })
    assert.deepEqual([mode(path('changed')), mode(path('gone'))], [0o640, 0o644])
  })

  test('none: what is put back is on the disk, and its owner’s', (t) => {
    const { files, path } = staged(t)
    const { ino } = fs.statSync(files[0].backup ?? '')
    const given: [ino: number, uid: number][] = []
    const synced: number[] = []
    failing(t, files)
    replaceFs(t, {
      fchownSync: (fd, uid) => void given.push([fs.fstatSync(fd).ino, uid]),
      fsyncSync: (fd) => void synced.push(fs.fstatSync(fd).ino),
    })
    assert.throws(() => commit(files), { code: 'file-unwritable' })
    assert.equal(fs.statSync(path('changed')).ino, ino)
    assert.ok(synced.includes(ino))
    assert.deepEqual(given.at(0), [ino, fs.statSync(path('changed')).uid])
    assert.equal(given.length, 2)
  })

  test('where what was there cannot be put back either, the error says where it is kept', (t) => {
    const { files, path, cleanUp } = staged(t)
    const [{ backup: changed = '' }, { backup: gone = '' }] = files
    failing(t, files, (from) => from === changed || from === gone)
    assert.throws(
      () => commit(files),
      (error: Error & { code?: string; next?: string }) => {
        assert.equal(error.code, 'file-unwritable')
        assert.match(error.message, /files written before it could not be restored either/)
        assert.equal(error.next, `Restore them yourself from ${changed} and ${gone}.`)
        return true
      },
    )
    restoreFs()
    cleanUp()
    assert.deepEqual([read(changed), read(gone)], ['changed', 'gone'])
    assert.equal(fs.readdirSync(path('')).length, 4, 'changed, last and the two that are kept')
  })

  test('a new file that cannot be taken back again has nothing to be restored from', (t) => {
    const { files, path } = staged(t)
    failing(t, files)
    const { unlinkSync } = fs
    replaceFs(t, {
      unlinkSync: (at) => (at === path('new') ? refusing('EBUSY')() : unlinkSync(at)),
    })
    assert.throws(() => commit(files), { message: /^Cannot write .*last: .*\(EBUSY\)\.$/ })
    assert.equal(read(path('changed')), 'changed')
  })
})

test('what cannot be discarded is left to the next run', (t) => {
  const path = file(t, 0o600)
  const staged = stageFile(path, NEW, OLD, false)
  replaceFs(t, { unlinkSync: refusing('EACCES') })
  discard(staged)
  assert.equal(Object.keys(around(path)).length, 3)
  restoreFs()
  discard(staged)
  discard(staged)
  assert.deepEqual(around(path), { file: 'old' })
})
