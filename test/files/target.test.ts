import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { basename, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  makeDirectories,
  makeDirectoryOf,
  readTarget,
  refuseSpecialFile,
  refuseUnwritable,
  removeFile,
  resolveTarget,
  statTarget,
} from '../../src/files/target.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { ME, NEIGHBOUR, pretend, refusing, replaceFs, restoreFs, runAs } from './replaced-fs.ts'

/** A directory by the path that it really has, which is not that of its parent on every system. */
const directoryOf = (t: TestContext) => fs.realpathSync(temporaryDirectory(t))

describe('the path that a file really has', () => {
  const cases: readonly (readonly [path: string, target: string])[] = [
    ['file', 'file'],
    ['directory/../file', 'file'],
    ['missing/below', 'missing/below'],
    ['to-file', 'file'],
    ['twice', 'file'],
    ['to-directory/file', 'directory/file'],
    ['to-directory/missing/below', 'directory/missing/below'],
    ['to-missing', 'missing'],
    ['to-missing/a/b', 'missing/a/b'],
    ['directory/up', 'file'],
  ]
  for (const [path, target] of cases) {
    test(path, (t) => {
      const home = directoryOf(t)
      fs.mkdirSync(join(home, 'directory'))
      fs.writeFileSync(join(home, 'file'), '')
      for (const [link, to] of [
        ['to-file', 'file'],
        ['twice', join(home, 'to-file')],
        ['to-directory', 'directory'],
        ['to-missing', 'missing'],
        ['directory/up', '../file'],
      ] as const) {
        fs.symlinkSync(to, join(home, link))
      }
      assert.equal(resolveTarget(join(home, path)), join(home, target))
    })
  }

  test('is found through as many links as the system follows, and no more', {
    skip: process.platform !== 'linux' && 'path_resolution(7) of Linux: 40',
  }, (t) => {
    const home = directoryOf(t)
    const link = (number: number) => join(home, `link${number}`)
    fs.writeFileSync(join(home, 'link0'), 'text')
    for (let number = 1; number <= 41; number += 1) {
      fs.symlinkSync(basename(link(number - 1)), link(number))
    }
    assert.equal(fs.readFileSync(link(40), 'utf8'), 'text')
    assert.equal(resolveTarget(link(40)), link(0))
    assert.throws(() => fs.readFileSync(link(41)), { code: 'ELOOP' })
    assert.throws(() => resolveTarget(link(41)), {
      code: 'file-unwritable',
      message: `Cannot write ${link(41)}: its symbolic links form a loop (ELOOP).`,
    })
  })

  test('is not found by a link that another user planted', (t) => {
    const home = directoryOf(t)
    fs.mkdirSync(join(home, 'shared'))
    const link = join(home, 'shared', 'link')
    const directory = join(home, 'shared', 'directory')
    fs.symlinkSync('../file', link)
    fs.symlinkSync('..', directory)
    runAs(t)
    pretend(t, {
      [join(home, 'shared')]: { mode: 0o1777 },
      [link]: { uid: NEIGHBOUR },
      [directory]: { uid: NEIGHBOUR },
    })
    for (const path of [link, join(directory, 'file'), join(directory, 'new', 'file')]) {
      assert.throws(() => resolveTarget(path), { code: 'file-unsafe' }, path)
    }
  })

  test('directories are looked up once for several files', (t) => {
    const home = directoryOf(t)
    const { native } = fs.realpathSync
    let calls = 0
    t.mock.method(fs.realpathSync, 'native', (path: string) => {
      calls += 1
      return native(path)
    })
    const directories = new Map<string, string>()
    for (const name of ['a', 'b', 'c']) resolveTarget(join(home, name), directories)
    assert.equal(calls, 1)
  })
})

describe('what is read of a file', () => {
  test('that is there, and whether it still is', (t) => {
    const path = join(directoryOf(t), 'file')
    fs.writeFileSync(path, 'text', { mode: 0o600 })
    const file = readTarget(path)
    assert.deepEqual([String(file.content), file.exists, file.isLoose], ['text', true, false])
    assert.equal(file.isCurrent(), true)
    const { atime, mtime } = fs.statSync(path)
    fs.writeFileSync(`${path}.new`, 'text')
    fs.utimesSync(`${path}.new`, atime, mtime)
    fs.renameSync(`${path}.new`, path)
    assert.equal(file.isCurrent(), false, 'another file in its place')
    fs.unlinkSync(path)
    assert.equal(file.isCurrent(), false, 'none in its place')
  })

  test('that is missing, and whether it still is', (t) => {
    const path = join(directoryOf(t), 'file')
    const file = readTarget(path)
    assert.deepEqual([file.content.length, file.exists, file.isLoose], [0, false, false])
    assert.equal(file.isCurrent(), true)
    fs.writeFileSync(path, '')
    assert.equal(file.isCurrent(), false)
  })

  test('that goes away while it is read', (t) => {
    const path = join(directoryOf(t), 'file')
    fs.writeFileSync(path, 'text')
    replaceFs(t, { openSync: refusing('ENOENT') })
    assert.equal(readTarget(path).content.length, 0)
  })

  test('that others could write, or that another user owns', (t) => {
    const path = join(directoryOf(t), 'file')
    fs.writeFileSync(path, '')
    runAs(t)
    for (const [facts, isLoose] of [
      [{ uid: ME, mode: 0o644 }, false],
      [{ uid: ME, mode: 0o666 }, true],
      [{ uid: NEIGHBOUR, mode: 0o600 }, true],
    ] as const) {
      pretend(t, { [path]: facts })
      assert.equal(readTarget(path).isLoose, isLoose)
      restoreFs()
    }
  })

  test('that is no regular file: nothing, and nobody waits', (t) => {
    const path = join(directoryOf(t), 'pipe')
    assert.equal(spawnSync('mkfifo', [path]).status, 0)
    for (const one of ['/dev/null', path]) {
      const { content, exists, isCurrent } = readTarget(one)
      assert.deepEqual([content.length, exists, isCurrent()], [0, true, true])
    }
  })

  test('in whose place a pipe was put a moment ago: nobody waits', (t) => {
    const home = directoryOf(t)
    fs.writeFileSync(join(home, 'file'), '')
    const before = fs.lstatSync(join(home, 'file'))
    assert.equal(spawnSync('mkfifo', [join(home, 'pipe')]).status, 0)
    replaceFs(t, { lstatSync: (() => before) as unknown as typeof fs.lstatSync })
    assert.equal(readTarget(join(home, 'pipe')).content.length, 0)
  })

  test('of more than 10 MB: nothing, and why', (t) => {
    const path = join(directoryOf(t), 'file')
    fs.writeFileSync(path, '')
    fs.truncateSync(path, 10_000_000)
    assert.equal(readTarget(path).content.length, 10_000_000)
    fs.truncateSync(path, 10_000_001)
    assert.throws(() => readTarget(path), {
      code: 'file-unreadable',
      message: `${path} can't be read: it has more than 10 MB.`,
    })
  })

  test('below what is a file: why', (t) => {
    const path = join(directoryOf(t), 'file')
    fs.writeFileSync(path, '')
    assert.throws(() => statTarget(join(path, 'below')), {
      code: 'file-unreadable',
      message: `${path}/below can't be read: a part of its path is not a directory (ENOTDIR).`,
    })
  })

  test('is closed again, also where reading fails', (t) => {
    const path = join(directoryOf(t), 'file')
    fs.writeFileSync(path, 'text')
    const { closeSync } = fs
    let closed = 0
    const counting = (fd: number) => {
      closed += 1
      closeSync(fd)
    }
    replaceFs(t, { closeSync: counting })
    readTarget(path)
    replaceFs(t, { readFileSync: refusing('EIO') })
    assert.throws(() => readTarget(path), { code: 'file-unreadable', message: /\(EIO\)/ })
    assert.equal(closed, 2)
  })
})

test('what is no regular file is refused, and where a link leads to is said', (t) => {
  const home = directoryOf(t)
  const file = join(home, 'file')
  fs.writeFileSync(file, '')
  refuseSpecialFile(file)
  refuseSpecialFile(join(home, 'missing'))
  for (const [target, path, says] of [
    [home, home, 'it is a directory, not a regular file'],
    ['/dev/null', '/dev/null', 'it is not a regular file'],
    ['/dev/null', '/dev/../dev/null', 'it is not a regular file'],
    ['/dev/null', '/link', 'it leads to /dev/null, which is not a regular file'],
    [home, '/link', `it leads to ${home}, which is a directory, not a regular file`],
  ] as const) {
    assert.throws(() => refuseSpecialFile(target, path), {
      code: 'file-unwritable',
      message: `Cannot write ${path}: ${says}.`,
    })
  }
  assert.throws(() => refuseSpecialFile(home), { message: /it is a directory/ })
})

describe('whether a file can be written', () => {
  const { W_OK, X_OK } = fs.constants
  /** The places and the rights that this user does not have there. */
  const cases: readonly (readonly [lacking: Record<string, number>, path: string, can: boolean])[] =
    [
      [{}, 'file', true],
      [{}, 'missing/below', true],
      [{ file: W_OK }, 'file', false],
      [{ file: W_OK }, 'other', true],
      [{ file: X_OK }, 'file', true],
      [{ '': W_OK }, 'file', false],
      [{ '': X_OK }, 'file', false],
      [{ '': W_OK }, 'missing/below', false],
    ]
  for (const [lacking, path, can] of cases) {
    test(`${path}, without ${JSON.stringify(lacking)}`, (t) => {
      const home = directoryOf(t)
      fs.writeFileSync(join(home, 'file'), '')
      const refused = new Map(
        Object.entries(lacking).map(([name, mode]) => [join(home, name), mode]),
      )
      replaceFs(t, {
        accessSync: (at, mode = 0) => {
          if ((refused.get(String(at)) ?? 0) & mode) refusing('EACCES')()
        },
      })
      const target = join(home, path)
      if (can) return refuseUnwritable(target)
      assert.throws(() => refuseUnwritable(target), {
        code: 'file-unwritable',
        message: `Cannot write ${target}: permission denied (EACCES).`,
      })
    })
  }

  for (const [directory, can] of [
    ...(['/proc', '/proc/self', '/sys', '/sys/fs'] as const).map((one) => [one, false] as const),
    ...(['/process', '/system', '/home/proc'] as const).map((one) => [one, true] as const),
  ]) {
    test(`${directory}: ${can ? 'as its rights say' : 'never, not even by root'}`, (t) => {
      const home = fs.lstatSync(directoryOf(t))
      replaceFs(t, {
        accessSync: () => {},
        lstatSync: (() => home) as unknown as typeof fs.lstatSync,
      })
      if (can) refuseUnwritable(`${directory}/file`)
      else
        assert.throws(() => refuseUnwritable(`${directory}/file`), { message: /no files can be/ })
    })
  }
})

describe('directories are made', () => {
  test('with those above, and left alone where they are', (t) => {
    const home = directoryOf(t)
    makeDirectories(join(home, 'a', 'b'), 0o700)
    for (const name of ['a', 'a/b']) {
      assert.equal(fs.statSync(join(home, name)).mode & 0o777, 0o700)
    }
    makeDirectories(join(home, 'a', 'b'), 0o755)
    assert.equal(fs.statSync(join(home, 'a/b')).mode & 0o777, 0o700)
    fs.symlinkSync('a', join(home, 'link'))
    makeDirectories(join(home, 'link'), 0o700)
    makeDirectoryOf(join(home, 'new', 'file'))
    assert.equal(fs.statSync(join(home, 'new')).mode & 0o777, 0o700)
    assert.equal(fs.existsSync(join(home, 'new', 'file')), false)
  })

  test('not in the place of a file, nor of a link to nothing', (t) => {
    const home = directoryOf(t)
    fs.writeFileSync(join(home, 'file'), '')
    fs.symlinkSync('nothing', join(home, 'link'))
    for (const name of ['file', 'link']) {
      assert.throws(() => makeDirectories(join(home, name), 0o700), { code: 'EEXIST' })
      assert.throws(() => makeDirectoryOf(join(home, name, 'below')), { code: 'file-unwritable' })
    }
    assert.throws(() => makeDirectories(join(home, 'file', 'below'), 0o700), { code: 'ENOTDIR' })
  })

  test('also where another process removes one that was in the way', (t) => {
    const path = join(directoryOf(t), 'a')
    const { mkdirSync } = fs
    let calls = 0
    replaceFs(t, {
      mkdirSync: ((...given: Parameters<typeof mkdirSync>) => {
        calls += 1
        return calls === 1 ? refusing('EEXIST')() : mkdirSync(...given)
      }) as typeof mkdirSync,
    })
    makeDirectories(path, 0o700)
    assert.deepEqual([calls, fs.statSync(path).isDirectory()], [2, true])
  })

  test('where none can be, the error says so', (t) => {
    const home = directoryOf(t)
    replaceFs(t, { mkdirSync: refusing('ENOENT') })
    assert.throws(() => makeDirectories(join(home, 'a'), 0o700), {
      message: `no directory can be created in ${home}`,
    })
    replaceFs(t, { mkdirSync: refusing('EACCES') })
    assert.throws(() => makeDirectories(join(home, 'a'), 0o700), { code: 'EACCES' })
  })
})

test('a file is removed if it is there; what cannot be removed is told of', (t) => {
  const home = directoryOf(t)
  const path = join(home, 'file')
  fs.writeFileSync(path, '')
  removeFile(path)
  assert.equal(fs.existsSync(path), false)
  removeFile(path)
  replaceFs(t, { unlinkSync: refusing('EACCES') })
  assert.throws(() => removeFile(path), { code: 'EACCES' })
})
