import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parseIni } from '../../src/profiles/ini.ts'
import { ending, WriterProgram } from '../files/writer-process.ts'
import { temporaryDirectory } from '../profiles/temporary-home.ts'
import { pathOf, without } from '../tools/programs.ts'
import { random, seed, size } from './size.ts'

const CONFIG = '# mine\n[default]\ns3 =\n  max_concurrent_requests = 5\n'
const CREDENTIALS = '[mine]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'

/** The calls of the system that change files, and those that stand between them. */
const CALLS = [
  ...['openat', 'read', 'write', 'pwrite64', 'close', 'fsync', 'rename', 'unlink', 'rmdir'],
  ...['fchmod', 'fchown', 'mkdir', 'readlink', 'fstat', 'lstat', 'statx', 'access'],
]
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** A call of a program: the n-th of that name by its main thread. */
interface Call {
  readonly name: string
  readonly number: number
}

describe('a signal at a call of the system', { skip: without('strace') }, () => {
  const program = new WriterProgram()
  let calls: readonly Call[] = []
  before(async () => {
    await program.build()
    calls = callsOf(program)
  })
  after(() => program.remove())

  test('leaves whole files and no lock; a kill leaves nothing once the next run is done', {
    timeout: 3_600_000,
  }, async (t) => {
    const home = temporaryDirectory(t)
    const hits = new Map<string, number>()
    const next = random(seed)
    const count = size(24, 2_000)
    let [started, struck] = [0, 0]
    const lane = async () => {
      // Some runs are done before the call comes: they make one call of a name less than the traced one.
      while (struck < count && started < 2 * count) {
        const directory = join(home, String(started))
        const signal = SIGNALS[started % SIGNALS.length] ?? 'SIGKILL'
        const call = calls[Math.floor(next() * calls.length)] ?? { name: 'rename', number: 1 }
        started += 1
        prepare(directory)
        const ended = await traced(program, directory, signal, call)
        const what = `${signal} at ${call.name} ${call.number}`
        if (ended.signal === signal) {
          struck += 1
          hits.set(signal, (hits.get(signal) ?? 0) + 1)
        } else assert.equal(ended.status, 0, `${what}: ${ended.output}`)

        await assertWhole(directory, what)
        if (signal !== 'SIGKILL') assert.deepEqual(leftIn(directory), [], what)
        const copies = leftIn(directory).filter((name) => /credentials.*\.tmp$/.test(name))
        for (const name of copies)
          assert.equal(statSync(join(directory, name)).mode & 0o077, 0, what)

        const after = await program.run([directory, 'survivor'])
        assert.deepEqual(after, { status: 0, signal: null, output: '' }, what)
        await assertWhole(directory, what)
        assert.deepEqual(leftIn(directory), [], what)
        assert.equal(statSync(join(directory, 'credentials')).mode & 0o777, 0o600, what)
      }
    }
    await Promise.all([lane(), lane(), lane()])
    assert.ok(struck >= count, `only ${struck} of ${started} signals struck`)
    for (const signal of SIGNALS) {
      const few = count / SIGNALS.length / 3
      assert.ok((hits.get(signal) ?? 0) >= few, `${signal} struck ${hits.get(signal)} times only`)
    }
    t.diagnostic(`${struck} of ${started} struck: ${JSON.stringify(Object.fromEntries(hits))}`)
  })

  function prepare(directory: string): void {
    mkdirSync(directory)
    writeFileSync(join(directory, 'config'), CONFIG)
    writeFileSync(join(directory, 'credentials'), CREDENTIALS)
    chmodSync(join(directory, 'credentials'), 0o644)
  }

  /** All that the main thread calls from the first lock on. */
  function callsOf({ path }: WriterProgram): readonly Call[] {
    const directory = join(program.directory, 'traced')
    prepare(directory)
    const trace = join(program.directory, 'trace')
    const args = ['-f', '-o', trace, '-e', `trace=${CALLS.join(',')}`, process.execPath, path]
    const { status } = spawnSync(pathOf('strace'), [...args, directory, 'dev'])
    assert.equal(status, 0)
    const lines = readFileSync(trace, 'utf8').split('\n')
    const [main] = /^\d+/.exec(lines[0] ?? '') ?? []
    const counts = new Map<string, number>()
    const found: Call[] = []
    let begun = false
    for (const line of lines.filter((one) => one.startsWith(`${main} `))) {
      const name = /^\d+ +(\w+)\(/.exec(line)?.[1]
      if (name === undefined) continue
      const number = (counts.get(name) ?? 0) + 1
      counts.set(name, number)
      begun ||= line.includes('.config.circleci-aws-oidc')
      if (begun) found.push({ name, number })
    }
    assert.ok(found.length > 50, `only ${found.length} calls`)
    return found
  }
})

async function traced(
  { path }: WriterProgram,
  directory: string,
  signal: NodeJS.Signals,
  { name, number }: Call,
) {
  const inject = `inject=${name}:signal=${signal}:when=${number}`
  const args = ['-f', '-o', '/dev/null', '-e', `trace=${name}`, '-e', inject]
  const child = spawn(pathOf('strace'), [...args, process.execPath, path, directory, 'dev'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return ending(child)
}

function leftIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => !['config', 'credentials'].includes(name))
}

/** What was there is there, and what came is there as a whole. */
async function assertWhole(directory: string, what: string): Promise<void> {
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  assert.ok(read('config').startsWith(CONFIG), what)
  assert.ok(read('credentials').startsWith(CREDENTIALS), what)
  const [, ...ours] = (await parseIni(read('credentials'), 'credentials')).sections
  for (const { name, options } of ours) {
    assert.equal(options.length, 3, `${what}: ${name}`)
    assert.ok(read('credentials').includes(`aws_session_token = token-of-${name}==\n`), what)
  }
}
