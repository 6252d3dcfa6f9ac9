import assert from 'node:assert/strict'
import { test } from 'node:test'
import { homeWithSandbox, ROLE } from './in-process.ts'

const DOCTOR = ['doctor', '--role-arn', ROLE]

for (const [args, attempts] of [
  [[], 2],
  [['--max-attempts', '1'], 1],
  [['--max-attempts', '5'], 2],
] as const) {
  test(`AWS that does not answer is asked ${attempts} times with "${args.join(' ')}"`, async (t) => {
    const faults = [{ name: 'throttling', count: 9 }] as const
    const { home, sandbox } = await homeWithSandbox(t, { faults })
    const { code } = await home.run([...DOCTOR, ...args])
    assert.notEqual(code, 0)
    const exchanges = sandbox.requests.filter(
      ({ action }) => action === 'AssumeRoleWithWebIdentity',
    )
    assert.equal(exchanges.length, attempts)
  })
}
