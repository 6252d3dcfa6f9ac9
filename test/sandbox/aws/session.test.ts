import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sessions } from '../../../src/sandbox/aws/session.ts'
import { readWorld } from '../../../src/sandbox/index.ts'

const world = readWorld({})
const [role = assert.fail()] = world.accounts.flatMap(({ roles }) => roles)
const requested = {
  arn: 'arn:aws-cn:iam::111111111111:role/team/circleci-oidc',
  ...{ partition: 'aws-cn', account: '111111111111', resource: 'team/circleci-oidc' },
}
const REQUEST = {
  ...{ role, requested, name: 'job-42', durationSeconds: 900 },
  ...{ tags: new Map([['a', 'b']]), transitiveTagKeys: ['a'], sourceIdentity: 'ann' },
  providerArn: 'arn:aws-cn:iam::111111111111:oidc-provider/ci.example',
}

test('a session is what was asked for, and its key finds it', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 21, 12, 0, 0, 900) })
  const sessions = new Sessions(world)
  const session = sessions.issue(REQUEST)
  const { accessKeyId, secretAccessKey, sessionToken, userId, ...rest } = session
  assert.deepEqual(rest, {
    issuedAt: new Date('2026-11-21T12:00:00Z'),
    expiration: new Date('2026-11-21T12:15:00Z'),
    ...{ partition: 'aws-cn', account: '111111111111', roleArn: requested.arn },
    // "without the path": reference_identifiers.html, assumed-role
    arn: 'arn:aws-cn:sts::111111111111:assumed-role/circleci-oidc/job-42',
    ...{ tags: REQUEST.tags, transitiveTagKeys: ['a'], sourceIdentity: 'ann' },
    providerArn: REQUEST.providerArn,
  })
  assert.equal(sessions.find(accessKeyId), session)
  assert.equal(sessions.find('ASIAAAAAAAAAAAAAAAAA'), undefined)
  assert.match(userId, /^AROA[A-Z2-7]{17}:job-42$/)
  assert.match(secretAccessKey, /^[\w/+]{40}$/)
  assert.match(sessionToken, /^(?=.*\/)(?=.*\+)[\w/+]{600,}=$/)
})

test('credentials are of one session, a role id of all sessions of a role', () => {
  const sessions = new Sessions(world)
  const all = Array.from({ length: 20 }, (_, at) =>
    sessions.issue({ ...REQUEST, name: `job-${at}` }),
  )
  for (const name of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const) {
    assert.equal(new Set(all.map((one) => one[name])).size, 20)
  }
  const other = sessions.issue({
    ...REQUEST,
    requested: { ...requested, arn: `${requested.arn}-2` },
  })
  const ids = [...all, other].map(({ userId }) => userId.split(':')[0])
  assert.deepEqual([new Set(ids.slice(0, 20)).size, new Set(ids).size], [1, 2])
})

test('the lifetime that the world gives, in place of the one asked for', () => {
  const session = new Sessions(readWorld({ credentialsLifetimeSeconds: 5 })).issue(REQUEST)
  assert.equal(session.expiration.getTime() - session.issuedAt.getTime(), 5000)
})
