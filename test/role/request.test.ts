import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAccount } from '../../src/role/request.ts'

const WHOSE = 'The role arn:aws:iam::111111111111:role/deploy'

test('no list allows every account, a list those in it', () => {
  assert.doesNotThrow(() => checkAccount('111111111111', [], WHOSE))
  assert.doesNotThrow(() => checkAccount('111111111111', ['222222222222', '111111111111'], WHOSE))
})

test('another account is refused, both named', () => {
  const error = { code: 'account-not-allowed', exitCode: 2 }
  assert.throws(() => checkAccount('111111111111', ['222222222222'], WHOSE), {
    ...error,
    message: 'Account 111111111111 is not allowed here.',
    why: `${WHOSE} belongs to it; --allowed-account-ids allows 222222222222 only.`,
  })
  assert.throws(() => checkAccount('111111111111', ['222222222222', '333333333333'], WHOSE), {
    ...error,
    message: 'Account 111111111111 is not allowed here.',
    why: `${WHOSE} belongs to it; --allowed-account-ids allows 222222222222, 333333333333 only.`,
  })
})

// Unquoted in YAML, 012345678901 and 111111111111 may arrive in other forms.
for (const id of ['1.11111111111e+11', '11111111111', '1111-1111-1111', 'prod']) {
  test(`${id} is not an account id, even beside the right one`, () => {
    assert.throws(() => checkAccount('111111111111', ['111111111111', id], WHOSE), {
      code: 'invalid-usage',
      message: `"${id}" in the allowed account ids is not an account id.`,
      next: 'Account ids have 12 digits; in YAML, quote them.',
    })
  })
}
