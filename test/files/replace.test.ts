import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lockFile, lockPath } from '../../src/files/lock.ts'
import {
  checkReplaceable,
  type FileChange,
  fileRemoval,
  replaceFiles,
} from '../../src/files/replace.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { leaveLock } from './left-lock.ts'
import { NEIGHBOUR, pretend, refusing, replaceFs, runAs } from './replaced-fs.ts'

const homeOf = (t: TestContext) => fs.realpathSync(temporaryDirectory(t))
const read = (path: string) => fs.readFileSync(path, 'utf8')
/** An edit that adds a text. */
const adding = (path: string, text: string, more: Partial<FileChange> = {}): FileChange => ({
  ...{ path, secret: false, ...more },
  edit: more.edit ?? ((content) => Buffer.concat([content, Buffer.from(text)])),
})
const keeping = (path: string, more: Partial<FileChange> = {}) =>
  adding(path, '', { edit: (content) => content, ...more })

test('what is to stay is neither written nor locked, and no directory is made for it', async (t) => {
  const home = homeOf(t)
  const path = join(home, 'missing', 'file')
  assert.deepEqual(await replaceFiles([keeping(path), fileRemoval(path)]), [])
  assert.deepEqual(fs.readdirSync(home), [])
})

test('a file of ours that is to go goes, and is told of once', async (t) => {
  const home = homeOf(t)
  const path = join(home, 'file')
  fs.writeFileSync(path, 'text')
  assert.deepEqual(await replaceFiles([fileRemoval(path)]), [path])
  assert.deepEqual(await replaceFiles([fileRemoval(path)]), [])
  assert.deepEqual(fs.readdirSync(home), [])
})

test('another user may not own what is secret; what is for others, he may', async (t) => {
  const path = join(homeOf(t), 'file')
  fs.writeFileSync(path, 'theirs')
  runAs(t)
  pretend(t, { [path]: { uid: NEIGHBOUR } })
  for (const edits of [
    [adding(path, 'x')],
    [fileRemoval(path)],
    [adding(path, 'x', { forOthers: true }), adding(path, 'x')],
    [adding(path, 'x'), adding(path, 'x', { forOthers: true })],
  ]) {
    await assert.rejects(replaceFiles(edits), { code: 'file-unsafe' })
  }
  assert.equal(read(path), 'theirs')
  const forOthers = adding(path, '!', { forOthers: true })
  await replaceFiles([forOthers, forOthers])
  assert.equal(read(path), 'theirs!!')
})

describe('a program, which is run, is written anew where others could have written it', () => {
  for (const [mode, program, anew] of [
    [0o600, true, false],
    [0o666, true, true],
    [0o666, false, false],
  ] as const) {
    test(`${mode.toString(8)}, ${program ? 'a program' : 'another file'}`, async (t) => {
      const path = join(homeOf(t), 'file')
      fs.writeFileSync(path, 'text')
      fs.chmodSync(path, mode)
      runAs(t)
      for (const edits of [
        [keeping(path, { program })],
        [keeping(path, { program }), keeping(path)],
      ]) {
        const { ino } = fs.statSync(path)
        const changed = await replaceFiles(edits)
        assert.deepEqual(changed, anew ? [path] : [])
        assert.equal(fs.statSync(path).ino !== ino, anew)
        fs.chmodSync(path, mode)
      }
      assert.equal(read(path), 'text')
    })
  }
})

test('two edits of one file follow each other, also where the first removes it', async (t) => {
  const path = join(homeOf(t), 'file')
  fs.writeFileSync(path, 'old')
  const seen: unknown[] = []
  const second = adding(path, '', {
    edit: (content, exists) => {
      seen.push([String(content), exists])
      return Buffer.from('new')
    },
  })
  assert.deepEqual(await replaceFiles([fileRemoval(path), second]), [path])
  assert.deepEqual(seen, [['', false]])
  assert.equal(read(path), 'new')
  seen.length = 0
  await replaceFiles([adding(path, '!'), second])
  assert.deepEqual(seen, [['new!', true]])
})

test('an edit is asked once for what stays the same, and again for what others wrote', async (t) => {
  const path = join(homeOf(t), 'file')
  const seen: unknown[] = []
  const edit = async (content: Buffer, exists: boolean) => {
    seen.push([String(content), exists])
    return Buffer.concat([content, Buffer.from('x')])
  }
  await replaceFiles([adding(path, '', { edit })])
  assert.deepEqual(seen, [['', false]])
  seen.length = 0
  fs.unlinkSync(path)
  const lock = await lockFile(path)
  const replaced = replaceFiles([adding(path, '', { edit })])
  await sleep(50)
  // As empty as none, but there.
  fs.writeFileSync(path, '')
  lock.release()
  await replaced
  assert.deepEqual(seen, [
    ['', false],
    ['', true],
  ])
})

test('files that need no change now are locked, too, where they can be written', async (t) => {
  const home = homeOf(t)
  const paths = ['a', 'b', 'c'].map((name) => join(home, name))
  const [changed = '', same = '', readOnly = ''] = paths
  for (const path of [same, readOnly]) fs.writeFileSync(path, 'x')
  const { accessSync } = fs
  replaceFs(t, {
    accessSync: (path, mode) => (path === readOnly ? refusing('EACCES')() : accessSync(path, mode)),
  })
  const locked: string[][] = []
  const look = (content: Buffer) => {
    locked.push(fs.readdirSync(home).filter((name) => name.endsWith('.lock')))
    return Buffer.concat([content, Buffer.from('x')])
  }
  const missing = join(home, 'missing', 'd')
  await replaceFiles(() => [
    adding(changed, '', { edit: look }),
    ...[same, readOnly, missing, home].map((path) => keeping(path)).slice(0, 3),
  ])
  assert.deepEqual(
    locked.at(-1),
    [lockPath(changed), lockPath(same)].map((path) => path.slice(home.length + 1)),
  )
  assert.deepEqual(fs.readdirSync(home).sort(), ['a', 'b', 'c'])
})

test('what is to change is asked again once the locks are held', async (t) => {
  const home = homeOf(t)
  const [one, other] = [join(home, 'one'), join(home, 'other')]
  let asked = 0
  const changed = await replaceFiles(() => {
    asked += 1
    // Before the second time, another process made a file of ours in a place not locked yet.
    return asked === 1 ? [adding(one, 'x')] : [adding(one, 'x'), adding(other, 'y')]
  })
  assert.deepEqual(changed, [one, other])
  assert.deepEqual([read(one), read(other)], ['x', 'y'])
  assert.deepEqual(fs.readdirSync(home).sort(), ['one', 'other'])
  assert.ok(asked > 2)
})

test('a lock lost before the files are replaced: nothing is', async (t) => {
  const home = homeOf(t)
  const path = join(home, 'file')
  fs.writeFileSync(path, 'old')
  const { fsyncSync } = fs
  replaceFs(t, {
    fsyncSync: (fd) => {
      leaveLock(lockPath(path))
      fsyncSync(fd)
    },
  })
  await assert.rejects(replaceFiles([adding(path, 'new')]), {
    code: 'file-locked',
    message: `The lock ${lockPath(path)} was taken over by another process before we could write.`,
  })
  assert.equal(read(path), 'old')
  assert.deepEqual(fs.readdirSync(home).sort(), [lockPath(path).slice(home.length + 1), 'file'])
})

test('whether files can be replaced is known without changing any', async (t) => {
  const home = homeOf(t)
  const path = join(home, 'file')
  await checkReplaceable([adding(path, 'x'), keeping('/dev/null')])
  assert.deepEqual(fs.readdirSync(home), [])
  replaceFs(t, { accessSync: refusing('EROFS') })
  await checkReplaceable([keeping(path)])
  await assert.rejects(checkReplaceable([adding(path, 'x')]), {
    code: 'file-unwritable',
    message: `Cannot write ${path}: the file system is read-only (EROFS).`,
  })
})

test('a directory is never meant, not even where nothing is to change', async (t) => {
  const home = homeOf(t)
  const path = join(home, 'file')
  await assert.rejects(replaceFiles([adding(path, 'x'), keeping(home)]), {
    code: 'file-unwritable',
    message: `Cannot write ${home}: it is a directory, not a regular file.`,
  })
  await replaceFiles([adding(path, 'x'), keeping('/dev/null')])
  assert.equal(read(path), 'x')
})
