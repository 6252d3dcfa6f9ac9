import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRoleArn } from '../../src/plans/named-role.ts'

const ROLE = 'arn:aws:iam::111111111111:role/deploy'

test('a role ARN may stand in a variable', () => {
  const env = { TARGET: ROLE, EMPTY: '', NAME: 'deploy' }
  for (const text of ['TARGET', '$TARGET', '${TARGET}', ROLE]) {
    assert.equal(readRoleArn(text, env), ROLE)
  }
  assert.equal(
    readRoleArn('arn:aws:iam::111111111111:role/$NAME', env),
    'arn:aws:iam::111111111111:role/deploy',
  )
  for (const text of ['EMPTY', 'NOWHERE', '$NOWHERE', '${EMPTY}']) {
    assert.throws(() => readRoleArn(text, env), { code: 'unset-variable', message: /--role-arn/ })
  }
})
