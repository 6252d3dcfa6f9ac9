import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRenewableSources, type Renewing } from '../../src/plans/sources.ts'

const KINDS = ['static', 'refresh', 'token-file'] as const

const from = (name: string): Renewing['source'] => ({ kind: 'profile', name })
const token: Renewing['source'] = { kind: 'token' }

for (const source of KINDS) {
  for (const credentials of KINDS) {
    const refused = credentials === 'refresh' && source !== 'refresh'
    test(`${credentials} from ${source}: ${refused ? 'refused' : 'taken'}`, () => {
      const check = () =>
        checkRenewableSources([
          { profile: 'base', source: token, credentials: source },
          { profile: 'dev', source: from('base'), credentials },
        ])
      if (!refused) return check()
      assert.throws(check, {
        code: 'invalid-profiles-file',
        message: 'The profile "dev" renews itself, but its source "base" does not.',
      })
    })
  }
}

test('every profile that would end is named; a source of the shared files is the user’s own', () => {
  const check = () =>
    checkRenewableSources([
      { profile: 'base', source: token, credentials: 'static' },
      { profile: 'a', source: from('base'), credentials: 'refresh' },
      { profile: 'b', source: from('a'), credentials: 'refresh' },
      { profile: 'c', source: from('base'), credentials: 'refresh' },
      { profile: 'd', source: { kind: 'shared-profile', name: 'x' }, credentials: 'refresh' },
    ])
  assert.throws(check, {
    message:
      'The profile "a" renews itself, but its source "base" does not.\nThe profile "c" renews itself, but its source "base" does not.',
  })
})
