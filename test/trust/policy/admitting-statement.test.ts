import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claims } from '../../../src/token/claims.ts'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { admittingStatement } from '../../../src/trust/policy/admitting-statement.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

const HOST = 'oidc.circleci.com/org/o1'
const V1: Claims = { iss: `https://${HOST}`, aud: 'o1', sub: 'org/o1/project/p1/user/u1' }
const V2: Claims = {
  ...V1,
  sub: `${V1.sub}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`,
}
const PLACE = { partition: 'aws', accountId: '111111111111' }

function verdict(statement: object, claims: Claims) {
  const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: [statement] })
  assert.ok('policy' in parsed)
  const { policy } = parsed
  return checkTrust({ policy, length: 0, claims, clientIds: [], now: new Date() }).verdict
}

test('CircleCI: the project by StringLike, the same from a V1 and a V2 token', () => {
  const expected = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${HOST}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { [`${HOST}:aud`]: 'o1' },
      StringLike: { [`${HOST}:sub`]: 'org/o1/project/p1/user/*' },
    },
  }
  assert.deepEqual(admittingStatement(V1, PLACE), expected)
  assert.deepEqual(admittingStatement(V2, PLACE), expected)
})

test('it admits V1 and V2 of any user and branch of the project, and nobody else', () => {
  const statement = admittingStatement(V2, PLACE)
  for (const claims of [V1, V2, { ...V1, sub: 'org/o1/project/p1/user/u2' }]) {
    assert.equal(verdict(statement, claims), 'allows', claims.sub)
  }
  for (const claims of [
    { ...V1, sub: 'org/o1/project/p2/user/u1' },
    { ...V1, sub: 'org/o2/project/p1/user/u1' },
    { ...V1, aud: 'o2' },
    { ...V1, iss: 'https://oidc.circleci.com/org/o2' },
  ]) {
    assert.equal(verdict(statement, claims), 'rejects', JSON.stringify(claims))
  }
})

// A project id never has these; a pattern made of them would admit other projects.
test('a subject with wildcards in it is taken as it is', () => {
  const claims = { ...V1, sub: 'org/o1/project/*/user/u1' }
  const statement = admittingStatement(claims, PLACE)
  assert.equal(verdict(statement, claims), 'allows')
  assert.equal(verdict(statement, V1), 'rejects')
})

const OTHERS: [claims: Claims, host: string][] = [
  [
    {
      iss: 'https://token.actions.githubusercontent.com',
      aud: 'sts.amazonaws.com',
      sub: 'repo:acme/site:ref:refs/heads/main',
    },
    'token.actions.githubusercontent.com',
  ],
  [
    {
      iss: 'https://gitlab.com',
      aud: 'https://gitlab.com',
      sub: 'project_path:acme/site:ref_type:branch:ref:main',
    },
    'gitlab.com',
  ],
]

for (const [claims, host] of OTHERS) {
  test(`${host}: exactly this subject`, () => {
    const statement = admittingStatement(claims, { ...PLACE, partition: 'aws-us-gov' })
    assert.deepEqual(statement, {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws-us-gov:iam::111111111111:oidc-provider/${host}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${host}:aud`]: claims.aud, [`${host}:sub`]: claims.sub } },
    })
  })
}

test('several audiences: any of them; with azp, the one that IAM compares', () => {
  const condition = (claims: Claims) =>
    (admittingStatement(claims, PLACE) as { Condition: { StringEquals: object } }).Condition
      .StringEquals
  assert.deepEqual(condition({ ...V1, aud: ['o1', 'sts.amazonaws.com'] }), {
    [`${HOST}:aud`]: ['o1', 'sts.amazonaws.com'],
  })
  assert.deepEqual(condition({ ...V1, aud: ['o1'] }), { [`${HOST}:aud`]: 'o1' })
  assert.deepEqual(condition({ ...V1, azp: 'client' }), { [`${HOST}:aud`]: 'client' })
})

test('a token with session tags and a source identity needs more actions', () => {
  const tagged = {
    ...V1,
    'https://aws.amazon.com/tags': { principal_tags: { team: ['web'] } },
    'https://aws.amazon.com/source_identity': 'ann',
  }
  const statement = admittingStatement(tagged, PLACE)
  assert.deepEqual((statement as { Action: unknown }).Action, [
    'sts:AssumeRoleWithWebIdentity',
    'sts:TagSession',
    'sts:SetSourceIdentity',
  ])
  assert.equal(verdict(statement, tagged), 'allows')
})
