import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import { errorCode, reason, shownPath, unreadable, unwritable } from '../../src/files/failure.ts'

const failure = (code: unknown, message = 'the message') =>
  Object.assign(new Error(message), { code })

// errno(3)
const WORDS: readonly (readonly [cause: unknown, words: string])[] = [
  [failure('ENOENT'), 'no such file or directory (ENOENT)'],
  [failure('EACCES'), 'permission denied (EACCES)'],
  [failure('EPERM'), 'operation not permitted (EPERM)'],
  [failure('EISDIR'), 'it is a directory (EISDIR)'],
  [failure('ENXIO'), 'ENXIO'],
  [failure(20), 'the message'],
  [failure(undefined), 'the message'],
  [new Error('it is a FIFO'), 'it is a FIFO'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
]
for (const [cause, words] of WORDS) {
  test(`why it failed: ${words}`, () => assert.equal(reason(cause), words))
}

test('only an error of the system has a code', () => {
  assert.equal(errorCode(failure('ENOENT')), 'ENOENT')
  for (const other of [undefined, null, 'ENOENT', { code: 'ENOENT' }, failure(20), new Error()]) {
    assert.equal(errorCode(other), undefined)
  }
})

test('a path is shown with the variable that names it', (t) => {
  const before = { ...process.env }
  t.after(() => {
    process.env = before
  })
  process.env = { ...before, AWS_CONFIG_FILE: '/a', BASH_ENV: '' }
  assert.equal(shownPath('/a'), '/a (AWS_CONFIG_FILE)')
  assert.equal(shownPath('/a/b'), '/a/b')
  assert.equal(shownPath(''), '')
  Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: '/s', BASH_ENV: '/b' })
  assert.equal(shownPath('/s'), '/s (AWS_SHARED_CREDENTIALS_FILE)')
  assert.equal(shownPath('/b'), '/b (BASH_ENV)')
})

test('what can be done about a file that cannot be written depends on why', () => {
  const nextFor = (code: string) => unwritable('/a', failure(code)).next ?? ''
  assert.match(nextFor('ENOSPC'), /^Free some space/)
  assert.match(nextFor('EDQUOT'), /^Free some space/)
  assert.match(nextFor('ENOTDIR'), /HOME: one of the directories in it is a file/)
  assert.match(nextFor('EBUSY'), /^Mount the directory instead/)
  for (const cause of [failure('EACCES'), new Error('odd')]) {
    assert.match(unwritable('/a', cause).next ?? '', /^Make the file and its directory writable/)
  }
})

test('an error that says more stays as it is', () => {
  const known = new OidcError('timed-out', { what: 'The command was not done.' })
  assert.equal(unreadable('/a', known), known)
  assert.equal(unwritable('/a', known), known)
})

test('a file that cannot be read: the path, the cause, and a code of its own where asked', () => {
  const { code, message, next } = unreadable('/a', failure('EACCES'))
  assert.deepEqual(
    [code, message],
    ['file-unreadable', "/a can't be read: permission denied (EACCES)."],
  )
  assert.match(next ?? '', /readable for this user/)
  assert.equal(
    unreadable('/a', failure('EACCES'), 'Next.', 'token-not-found').code,
    'token-not-found',
  )
})
