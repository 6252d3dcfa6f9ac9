import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { OidcError } from '../../src/errors.ts'
import { readLastingFile, readStdin, readTextFile } from '../../src/files/read.ts'

const directory = mkdtempSync(join(tmpdir(), 'read-'))
after(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'file')
writeFileSync(path, 'text\n')

/** A named pipe. */
function fifo(name: string): string {
  const pipe = join(directory, name)
  execFileSync('mkfifo', [pipe])
  return pipe
}

test('the text of a file', async () => {
  assert.equal(await readTextFile(path, { what: 'The policy' }), 'text\n')
})

test('the text of a pipe', async () => {
  const pipe = fifo('pipe')
  const written = once(spawn('sh', ['-c', 'echo piped > "$0"', pipe]), 'exit')
  assert.equal(await readTextFile(pipe, { what: 'The policy' }), 'piped\n')
  assert.deepEqual(await written, [0, null])
})

const UNREADABLE: readonly (readonly [path: string, why: string])[] = [
  [`${path}.none`, 'no such file or directory (ENOENT)'],
  [`${path}/below`, 'a part of its path is not a directory (ENOTDIR)'],
  [directory, 'it is a directory (EISDIR)'],
  ['/dev/zero', 'it has more than 10 MB'],
]
for (const [name, why] of UNREADABLE) {
  test(`why it can't be read: ${why}`, async () => {
    await assert.rejects(readTextFile(name, { what: 'The policy' }), {
      code: 'file-unreadable',
      message: `The policy ${name} can't be read: ${why}.`,
      next: 'Check the path; a relative one starts at the working directory.',
    })
  })
}

test('the caller says with what code, and what to do next', async () => {
  const reading = { what: 'The token file', code: 'token-not-found', next: 'Write it.' } as const
  await assert.rejects(readTextFile('/none', reading), {
    code: 'token-not-found',
    next: 'Write it.',
  })
})

test('a pipe that nobody writes to is given up with the signal', async () => {
  const reading = { what: 'The policy', signal: AbortSignal.timeout(50) }
  await assert.rejects(readTextFile(fifo('silent'), reading), {
    message: `The policy ${join(directory, 'silent')} can't be read: nobody wrote to this FIFO in time.`,
  })
})

test('an error that says more, such as that of the time limit, stays as it is', async () => {
  const timedOut = new OidcError('timed-out', { what: 'The command was not done.' })
  const reading = { what: 'The policy', signal: AbortSignal.abort(timedOut) }
  await assert.rejects(readTextFile(path, reading), timedOut)
})

test('nothing that is given up stays open', {
  skip: process.platform !== 'linux' && 'only Linux has /proc',
}, async () => {
  const silent = fifo('closed')
  const open = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      const link = join('/proc/self/fd', fd)
      return [path, silent].includes(existsSync(link) ? readlinkSync(link) : '')
    })
  const given = (signal: AbortSignal) => ({ what: 'The policy', signal })
  for (const [name, signal] of [
    [silent, AbortSignal.timeout(20)],
    [silent, AbortSignal.abort(new Error('no time left'))],
    [path, AbortSignal.abort(new Error('no time left'))],
  ] as const) {
    await assert.rejects(readTextFile(name, given(signal)))
  }
  await assert.rejects(readTextFile(path, { what: 'The policy', maximumBytes: 1 }))
  await assert.rejects(readLastingFile(silent))
  for (let i = 0; i < 50 && open().length > 0; i += 1) await sleep(10)
  assert.deepEqual(open(), [])
})

test('what AWS tools read after us is no pipe', async () => {
  assert.equal(String(await readLastingFile(path)), 'text\n')
  await assert.rejects(readLastingFile(fifo('lasting')), { message: 'it is a FIFO' })
})

describe('what is piped in', () => {
  function piped(t: TestContext, ...chunks: (string | Buffer)[]): Readable {
    const { stdin } = process
    const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
    Object.defineProperty(process, 'stdin', { value: stream, configurable: true })
    t.after(() => Object.defineProperty(process, 'stdin', { value: stdin, configurable: true }))
    return stream
  }

  test('is a text, also where its chunks part a character', async (t) => {
    const [first, second] = [Buffer.from('aé').subarray(0, 2), Buffer.from('é').subarray(1)]
    piped(t, first, second)
    assert.equal(await readStdin({ what: 'The policy' }), 'aé')
  })

  test('is at most as long as what it is for', async (t) => {
    piped(t, '12345', '67890')
    assert.equal(await readStdin({ what: 'The policy', maximumBytes: 10 }), '1234567890')
    piped(t, '12345', '678901')
    await assert.rejects(readStdin({ what: 'The policy', maximumBytes: 10 }), {
      code: 'file-unreadable',
      message: "The policy from stdin can't be read: it has more than 0.00001 MB.",
      next: 'Check the command whose output is piped in.',
    })
  })

  test('is waited for until the signal, whose reason is the error', async (t) => {
    const stdin = new PassThrough()
    piped(t)
    Object.defineProperty(process, 'stdin', { value: stdin, configurable: true })
    const timedOut = new OidcError('timed-out', { what: 'The command was not done.' })
    const stopping = new AbortController()
    const reading = readStdin({ what: 'The policy', signal: stopping.signal })
    stopping.abort(timedOut)
    await assert.rejects(reading, timedOut)
    assert.equal(stdin.destroyed, true)
    const { code, next } = { code: 'token-not-found', next: 'Pipe it in.' } as const
    const failed = Readable.from([]).destroy(new Error('broken'))
    Object.defineProperty(process, 'stdin', { value: failed, configurable: true })
    await assert.rejects(readStdin({ what: 'The token', code, next }), {
      ...{ code, next, message: "The token from stdin can't be read: broken." },
    })
  })
})

test('a long text is whole, and nobody listens for its signal any more', async () => {
  const text = 'é'.repeat(100_001)
  const long = join(directory, 'long')
  writeFileSync(long, text)
  const { signal } = new AbortController()
  assert.equal(await readTextFile(long, { what: 'The policy', signal }), text)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const limited = { what: 'The policy', maximumBytes: 200_001 }
  await assert.rejects(readTextFile(long, limited), { message: /it has more than 0\.200001 MB\.$/ })
  assert.equal(await readTextFile(long, { ...limited, maximumBytes: 200_002 }), text)
})
