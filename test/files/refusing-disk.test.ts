import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { ending, WriterProgram } from './writer-process.ts'

const NOBODY = 65534
const read = (path: string) => fs.readFileSync(path, 'utf8')

describe('a disk that refuses', () => {
  const program = new WriterProgram()
  before(() => program.build())
  after(() => program.remove())
  const isRoot = process.getuid?.() === 0
  /** Root may write anywhere, so there the writer becomes nobody. */
  const plainUser = isRoot ? { WRITER_UID: String(NOBODY) } : {}

  function userDirectory(t: { after: (cleanup: () => void) => void }): string {
    const directory = temporaryDirectory(t)
    fs.writeFileSync(join(directory, 'config'), '[default]\n')
    if (isRoot) {
      fs.chownSync(directory, NOBODY, NOBODY)
      fs.chownSync(join(directory, 'config'), NOBODY, NOBODY)
    }
    return directory
  }

  test('a read-only directory', async (t) => {
    const directory = userDirectory(t)
    fs.chmodSync(directory, 0o500)
    const { status, output } = await program.run([directory, 'dev'], plainUser)
    assert.equal(status, 6)
    const { code, message } = JSON.parse(output)
    assert.equal(code, 'file-unwritable')
    assert.equal(message, `Cannot write ${directory}/config: permission denied (EACCES).`)
    assert.deepEqual(fs.readdirSync(directory), ['config'])
    assert.equal(read(join(directory, 'config')), '[default]\n')
  })

  test('a file its owner made read-only', async (t) => {
    const directory = userDirectory(t)
    fs.chmodSync(join(directory, 'config'), 0o400)
    const { status, output } = await program.run([directory, 'dev'], plainUser)
    assert.deepEqual([status, JSON.parse(output).code], [6, 'file-unwritable'])
    assert.deepEqual(fs.readdirSync(directory), ['config'])
  })

  test('a file that must not be read', async (t) => {
    const directory = userDirectory(t)
    fs.chmodSync(join(directory, 'config'), 0o000)
    const { status, output } = await program.run([directory, 'dev'], plainUser)
    assert.deepEqual([status, JSON.parse(output).code], [6, 'file-unreadable'])
    assert.deepEqual(fs.readdirSync(directory), ['config'])
  })

  test('no room for the second file: both stay, nothing is left behind', async (t) => {
    const directory = userDirectory(t)
    const old = `[big]\n# ${'x'.repeat(9000)}\n`
    fs.writeFileSync(join(directory, 'credentials'), old)
    if (isRoot) fs.chownSync(join(directory, 'credentials'), NOBODY, NOBODY)
    const command = `ulimit -f 8; exec "$0" "$@"`
    const args = ['-c', command, process.execPath, program.path, directory, 'dev']
    const child = spawn('bash', args, { env: { ...process.env, ...plainUser } })
    const { status, output } = await ending(child)
    assert.equal(status, 6)
    const { code, message } = JSON.parse(output)
    assert.equal(code, 'file-unwritable')
    assert.match(message, /credentials: it would exceed the size limit for files \(EFBIG\)/)
    assert.deepEqual(fs.readdirSync(directory).sort(), ['config', 'credentials'])
    assert.equal(read(join(directory, 'config')), '[default]\n')
    assert.equal(read(join(directory, 'credentials')), old)
  })

  test("root by sudo keeps a file's owner, and so does its owner", async (t) => {
    const directory = userDirectory(t)
    const owner = fs.statSync(join(directory, 'config')).uid
    const env = isRoot ? { SUDO_UID: String(NOBODY) } : {}
    assert.equal((await program.run([directory, 'dev'], env)).status, 0)
    assert.equal(fs.statSync(join(directory, 'config')).uid, owner)
    assert.match(read(join(directory, 'config')), /profile dev/)
  })
})
