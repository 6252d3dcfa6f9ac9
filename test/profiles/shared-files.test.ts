import assert from 'node:assert/strict'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { replaceFiles } from '../../src/files/replace.ts'
import { commit, stageFile } from '../../src/files/staged.ts'
import { sharedFileLocations, withoutEmptyHome } from '../../src/profiles/locations.ts'
import { writeSharedFiles } from '../files/write-files.ts'
import { temporaryDirectory } from './temporary-home.ts'

const mode = (path: string) => fs.statSync(path).mode & 0o777
const read = (path: string) => fs.readFileSync(path, 'utf8')
const append = (text: string) => `${text}[x]\n`
const at = (directory: string) => ({
  config: join(directory, 'config'),
  credentials: join(directory, 'credentials'),
})

test('new files are 0600 in new directories of 0700', async (t) => {
  const home = temporaryDirectory(t)
  const files = at(join(home, 'a', '.aws'))
  assert.deepEqual(await writeSharedFiles(files, { config: append, credentials: append }), [
    files.config,
    files.credentials,
  ])
  assert.deepEqual([mode(files.config), mode(files.credentials)], [0o600, 0o600])
  assert.deepEqual([mode(join(home, 'a')), mode(join(home, 'a', '.aws'))], [0o700, 0o700])
  assert.deepEqual(fs.readdirSync(join(home, 'a', '.aws')).sort(), ['config', 'credentials'])
})

test('the config file keeps its mode, the credentials file loses group and others', async (t) => {
  const files = at(temporaryDirectory(t))
  for (const path of [files.config, files.credentials]) {
    fs.writeFileSync(path, '')
    fs.chmodSync(path, 0o664)
  }
  await writeSharedFiles(files, { config: append, credentials: append })
  assert.deepEqual([mode(files.config), mode(files.credentials)], [0o664, 0o600])
})

test('a file whose text stays is not touched', async (t) => {
  const files = at(temporaryDirectory(t))
  fs.writeFileSync(files.config, '[a]')
  fs.chmodSync(files.config, 0o644)
  const { ino, mtimeMs } = fs.statSync(files.config)
  const unchanged = (text: string) => text
  assert.deepEqual(await writeSharedFiles(files, { config: unchanged, credentials: unchanged }), [])
  const now = fs.statSync(files.config)
  assert.deepEqual({ ino: now.ino, mtimeMs: now.mtimeMs }, { ino, mtimeMs })
  assert.equal(fs.existsSync(files.credentials), false)
})

test('symbolic links stay and lead to the new content', async (t) => {
  const home = temporaryDirectory(t)
  const files = at(home)
  fs.mkdirSync(join(home, 'real'))
  fs.writeFileSync(join(home, 'real', 'config'), '[a]\n')
  fs.symlinkSync('real/config', join(home, 'link'))
  fs.symlinkSync('link', files.config)
  fs.symlinkSync('missing/directory/credentials', files.credentials)
  assert.deepEqual(await writeSharedFiles(files, { config: append, credentials: append }), [
    files.config,
    files.credentials,
  ])
  assert.equal(read(join(home, 'real', 'config')), '[a]\n[x]\n')
  assert.equal(read(join(home, 'missing', 'directory', 'credentials')), '[x]\n')
  assert.equal(fs.readlinkSync(files.config), 'link')
  assert.equal(fs.readlinkSync(files.credentials), 'missing/directory/credentials')
  assert.equal(mode(join(home, 'missing')), 0o700)
})

test('a link to a directory that does not exist yet', async (t) => {
  const home = temporaryDirectory(t)
  fs.symlinkSync('elsewhere', join(home, '.aws'))
  await writeSharedFiles(at(join(home, '.aws')), { config: append })
  assert.equal(read(join(home, 'elsewhere', 'config')), '[x]\n')
})

test('links in a circle are an error', async (t) => {
  const files = at(temporaryDirectory(t))
  fs.symlinkSync('config', files.config)
  await assert.rejects(writeSharedFiles(files, { config: append }), {
    code: 'file-unwritable',
    message: `Cannot write ${files.config}: its symbolic links form a loop (ELOOP).`,
  })
})

test('two paths to one file get both edits in one write', async (t) => {
  const home = temporaryDirectory(t)
  const files = { config: join(home, 'both'), credentials: join(home, 'link') }
  fs.symlinkSync('both', files.credentials)
  fs.writeFileSync(files.config, '')
  fs.chmodSync(files.config, 0o644)
  const edits = { config: (text: string) => `${text}[c]\n`, credentials: append }
  assert.deepEqual(await writeSharedFiles(files, edits), [files.config, files.credentials])
  assert.equal(read(files.config), '[c]\n[x]\n')
  assert.equal(mode(files.config), 0o600)
})

test('a file of two paths is secret if one of them is, whichever comes first', async (t) => {
  const path = join(temporaryDirectory(t), 'both')
  for (const secret of [true, false]) {
    fs.writeFileSync(path, '')
    fs.chmodSync(path, 0o644)
    const edit = (old: Buffer) => Buffer.concat([old, Buffer.from('x')])
    await replaceFiles([
      { path, edit, secret },
      { path, edit, secret: !secret },
    ])
    assert.deepEqual([read(path), mode(path)], ['xx', 0o600])
  }
})

test('what is no regular file is never replaced', async (t) => {
  const home = temporaryDirectory(t)
  fs.mkdirSync(join(home, 'directory'))
  for (const [path, kind] of [
    ['/dev/null', 'not a regular file'],
    [join(home, 'directory'), 'a directory, not a regular file'],
  ] as const) {
    await assert.rejects(
      writeSharedFiles({ ...at(home), config: path }, { config: append, credentials: append }),
      {
        code: 'file-unwritable',
        message: `Cannot write ${path}: it is ${kind}.`,
      },
    )
    const same = (text: string) => text
    assert.deepEqual(await writeSharedFiles({ ...at(home), config: path }, { config: same }), [])
  }
  assert.ok(fs.statSync('/dev/null').isCharacterDevice())
  assert.deepEqual(fs.readdirSync(home), ['directory'])
})

test('a part of the path that is a file', async (t) => {
  const home = temporaryDirectory(t)
  fs.writeFileSync(join(home, 'file'), '')
  await assert.rejects(writeSharedFiles(at(join(home, 'file', '.aws')), { config: append }), {
    code: 'file-unwritable',
    message: /a part of its path is not a directory \(ENOTDIR\)/,
  })
})

test('bytes that are not UTF-8 are an error with the line', async (t) => {
  const files = at(temporaryDirectory(t))
  const bytes = Buffer.from('[a]\nb = \xff\n', 'latin1')
  fs.writeFileSync(files.config, bytes)
  await assert.rejects(writeSharedFiles(files, { config: append, credentials: append }), {
    code: 'file-malformed',
    message: `${files.config}, line 2: it is not valid UTF-8.`,
  })
  assert.deepEqual(fs.readFileSync(files.config), bytes)
  assert.equal(fs.existsSync(files.credentials), false)
})

test('files of killed processes are removed, however young; those of other targets are not', async (t) => {
  const home = temporaryDirectory(t)
  const name = (target: string) => `.${target}.circleci-aws-oidc-${'a'.repeat(24)}.tmp`
  const others = [name('credentials'), '.config.circleci-aws-oidc-mine.tmp']
  for (const file of [name('config'), ...others]) fs.writeFileSync(join(home, file), '')
  await replaceFiles([{ path: join(home, 'config'), edit: () => Buffer.from('x'), secret: false }])
  assert.deepEqual(fs.readdirSync(home).sort(), [...others, 'config'].sort())
})

test('when one rename fails, files renamed before it get their old content and mode back', (t) => {
  const files = at(temporaryDirectory(t))
  fs.writeFileSync(files.config, 'old')
  fs.chmodSync(files.config, 0o640)
  const staged = [files.config, files.credentials].map((path) =>
    stageFile(path, Buffer.from('new'), Buffer.from('old'), true),
  )
  const backup = staged[0]?.backup ?? ''
  assert.equal(fs.statSync(backup).mode & 0o777, 0o600)
  fs.mkdirSync(files.credentials)
  assert.throws(() => commit(staged), { code: 'file-unwritable', message: /EISDIR/ })
  assert.equal(read(files.config), 'old')
  assert.equal(fs.statSync(files.config).mode & 0o777, 0o640)
})

describe('another program that writes meanwhile', () => {
  /** Between our reading and our renaming: while the new content goes to the disk. */
  async function written(t: TestContext, times: number, meanwhile: (path: string) => void) {
    const path = join(temporaryDirectory(t), 'config')
    fs.writeFileSync(path, 'theirs\n')
    const real = fs.fsyncSync
    let calls = 0
    t.mock.method(fs, 'fsyncSync', (fd: number) => {
      calls += 1
      if (calls <= times) meanwhile(path)
      real(fd)
    })
    syncBuiltinESMExports()
    t.after(() => {
      t.mock.restoreAll()
      syncBuiltinESMExports()
    })
    const edit = (content: Buffer) => Buffer.concat([content, Buffer.from('ours\n')])
    await replaceFiles([{ path, secret: false, edit }])
    assert.deepEqual(fs.readdirSync(join(path, '..')), ['config'])
    return fs.readFileSync(path, 'utf8')
  }

  test('what it adds stays', async (t) => {
    const text = await written(t, 2, (path) => fs.appendFileSync(path, 'more\n'))
    assert.equal(text, 'theirs\nmore\nmore\nours\n')
  })

  test('a file that it truncated and filled again is read again', async (t) => {
    const text = await written(t, 1, (path) => fs.writeFileSync(path, 'others\n'))
    assert.equal(text, 'others\nours\n')
  })

  test('a file that it removed is made anew', async (t) => {
    assert.equal(await written(t, 1, (path) => fs.unlinkSync(path)), 'ours\n')
  })

  test('when it never ends, nothing is changed', async (t) => {
    await assert.rejects(
      written(t, Number.POSITIVE_INFINITY, (path) => fs.appendFileSync(path, 'x')),
      { code: 'file-locked', message: /kept changing/ },
    )
  })
})

describe('where the files are', () => {
  test('in ~/.aws', () => {
    assert.deepEqual(sharedFileLocations({ HOME: '/home/me' }), {
      config: '/home/me/.aws/config',
      credentials: '/home/me/.aws/credentials',
    })
  })
  test('where the variables say, "~/" expanded', () => {
    const env = { HOME: '/home/me', AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: '/tmp/k' }
    assert.deepEqual(sharedFileLocations(env), { config: '/home/me/c', credentials: '/tmp/k' })
  })
  test('signs that no tool expands stay', () => {
    const env = { HOME: '/h', AWS_CONFIG_FILE: '/a~/~b', AWS_SHARED_CREDENTIALS_FILE: '/$/a$-' }
    assert.deepEqual(sharedFileLocations(env), { config: '/a~/~b', credentials: '/$/a$-' })
  })
  test('an empty HOME is none: the home is that of the account', (t) => {
    const { HOME } = process.env
    t.after(() => {
      process.env['HOME'] = HOME
    })
    delete process.env['HOME']
    for (const env of [{ HOME: '' }, {}]) {
      const { config } = sharedFileLocations(withoutEmptyHome(env))
      assert.equal(config, join(userInfo().homedir, '.aws', 'config'))
    }
    assert.deepEqual(withoutEmptyHome({ HOME: '', A: '' }), { A: '' })
    assert.deepEqual(withoutEmptyHome({ HOME: '/h' }), { HOME: '/h' })
  })
  for (const path of ['$HOME/c', '~me/c', '/a/${B}']) {
    test(`not at ${path}, which tools read differently`, () => {
      assert.throws(() => sharedFileLocations({ HOME: '/h', AWS_CONFIG_FILE: path }), {
        code: 'invalid-usage',
        message: `AWS_CONFIG_FILE is "${path}", which AWS tools resolve to different paths.`,
      })
    })
  }
})
