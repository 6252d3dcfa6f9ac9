import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseIni } from '../../src/profiles/ini.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { ending, WriterProgram } from './writer-process.ts'

const USERS_CONFIG = '# mine\n[default]\ns3 =\n  max_concurrent_requests = 5\n'

const read = (directory: string, name: string) => readFileSync(join(directory, name), 'utf8')
const sections = async (text: string) =>
  (await parseIni(text, 'file')).sections.map(({ name }) => name)

/** Every section is whole: all the keys of one profile, and no other. */
async function assertWhole(credentials: string) {
  for (const { name, options } of (await parseIni(credentials, 'credentials')).sections) {
    const keys = options.map(({ key }) => key)
    assert.deepEqual(
      keys,
      ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'],
      name,
    )
    assert.ok(credentials.includes(`aws_session_token = token-of-${name}==\n`), name)
  }
}

describe('processes that write at the same time', () => {
  const program = new WriterProgram()
  before(() => program.build())
  after(() => program.remove())

  test('100 of them lose no profile', async (t) => {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, 'config'), USERS_CONFIG)
    const names = Array.from({ length: 100 }, (_, i) => `p${i}`)
    const endings = await Promise.all(names.map((name) => program.run([directory, name])))

    assert.deepEqual(
      endings.filter(({ status }) => status !== 0),
      [],
    )
    assert.deepEqual((await sections(read(directory, 'credentials'))).sort(), names.toSorted())
    assert.deepEqual(
      (await sections(read(directory, 'config'))).sort(),
      ['default', ...names.map((name) => `profile ${name}`)].sort(),
    )
    assert.ok(read(directory, 'config').startsWith(USERS_CONFIG))
    await assertWhole(read(directory, 'credentials'))
    assert.deepEqual(readdirSync(directory).sort(), ['config', 'credentials'])
  })

  test('killed at any moment, they leave whole files and no lasting lock', {
    timeout: 60_000,
  }, async (t) => {
    const home = temporaryDirectory(t)
    const end = Date.now() + 14_000
    let kills = 0
    let orphanedLocks = 0
    const rounds = async (lane: string) => {
      for (let round = 0; Date.now() < end; round += 1) {
        const directory = join(home, `${lane}-${round}`)
        mkdirSync(directory)
        writeFileSync(join(directory, 'config'), USERS_CONFIG)
        const victims = ['a', 'b'].map((name) => program.start([directory, name, '40']))
        const endings = victims.map(ending)
        // Every other kill strikes while they write, the rest anywhere from their start on.
        const started = round % 2 === 0 ? join(directory, 'credentials') : directory
        for (let i = 0; i < 200 && !existsSync(started); i += 1) await sleep(10)
        await sleep(Math.random() * (round % 2 === 0 ? 80 : 300))
        for (const victim of victims) victim.kill('SIGKILL')
        const ended = await Promise.all(endings)
        kills += ended.filter(({ signal }) => signal === 'SIGKILL').length

        assert.ok(read(directory, 'config').startsWith(USERS_CONFIG))
        const left = readdirSync(directory)
        if (left.some((name) => name.endsWith('.lock'))) orphanedLocks += 1
        const old = left.includes('credentials') ? read(directory, 'credentials') : ''
        await assertWhole(old)

        const next = await program.run([directory, 'survivor'])
        assert.deepEqual(next, { status: 0, signal: null, output: '' })
        const now = read(directory, 'credentials')
        assert.ok(now.startsWith(old), 'what was written before the kill is still there')
        assert.deepEqual(await sections(now), [...(await sections(old)), 'survivor'])
        assert.deepEqual(
          readdirSync(directory).filter((name) => name.endsWith('.lock')),
          [],
        )
      }
    }
    await Promise.all(Array.from({ length: 4 }, (_, i) => rounds(`lane${i}`)))
    assert.ok(kills >= 12, `only ${kills} kills`)
    assert.ok(orphanedLocks >= 3, `only ${orphanedLocks} of them left a lock`)
  })
})
