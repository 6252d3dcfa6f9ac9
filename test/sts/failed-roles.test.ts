import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import { failedRoles, SourceFailed } from '../../src/sts/assume-roles.ts'

const denied = new OidcError('access-denied', {
  what: 'AWS refuses it.',
  likely: 'The trust policy.',
  next: 'Compare them.',
})
const away = new OidcError('aws-unreachable', { what: 'No way there.', next: 'Check the network.' })

test('the only profile: its own error', () => {
  assert.equal(failedRoles([{ profile: 'a', error: denied }], 1), denied)
})

test('one of several: a line for it, and what else its error says', () => {
  const error = failedRoles([{ profile: 'a', error: denied }], 3)
  assert.equal(error.code, 'access-denied')
  assert.equal(
    error.message,
    '1 of 3 profiles failed, so nothing was written.\n  a: access-denied: AWS refuses it.',
  )
  assert.deepEqual([error.likely, error.next], ['The trust policy.', 'Compare them.'])
})

test('a source and what hangs on it: both are named, the cause is told once', () => {
  const error = failedRoles(
    [
      { profile: 'a', error: away },
      { profile: 'b', error: new SourceFailed('a', away) },
    ],
    2,
  )
  assert.equal(error.exitCode, 5)
  assert.match(
    error.message,
    /^ {2}a: aws-unreachable: No way there\.\n {2}b: its source profile "a" failed$/m,
  )
  assert.equal(error.next, 'Check the network.')
})

test('several causes: a line each, the code of the first', () => {
  const error = failedRoles(
    [
      { profile: 'a', error: away },
      { profile: 'b', error: denied },
      { profile: 'c', error: new TypeError('x is undefined') },
    ],
    3,
  )
  assert.equal(error.code, 'aws-unreachable')
  assert.match(error.message, /^3 of 3 profiles failed/)
  assert.match(error.message, /^ {2}c: internal-error: .*TypeError: x is undefined$/m)
})
