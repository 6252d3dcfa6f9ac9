import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import { readLastingFile, readTextFile } from '../../src/files/read.ts'

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

test('what AWS tools read after us is no pipe', async () => {
  assert.equal(String(await readLastingFile(path)), 'text\n')
  await assert.rejects(readLastingFile(fifo('lasting')), { message: 'it is a FIFO' })
})
