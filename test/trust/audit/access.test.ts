import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AccessReach, accessOf } from '../../../src/trust/audit/access.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
const CIRCLECI = `oidc.circleci.com/org/${ORG}`
const GITHUB = 'token.actions.githubusercontent.com'
const GITLAB = 'gitlab.com'
const TERRAFORM = 'app.terraform.io'
const BUILDKITE = 'agent.buildkite.com'
const ENTERPRISE = 'github.example.com/_services/token'

const statement = (issuer: string, condition: object, change: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${issuer}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: condition,
  ...change,
})

function access(...statements: readonly object[]) {
  const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: statements })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  return accessOf(parsed.policy)
}

const like = (issuer: string, value: string | readonly string[]) => ({
  StringLike: { [`${issuer}:sub`]: value },
})
const equals = (issuer: string, value: string) => ({ StringEquals: { [`${issuer}:sub`]: value } })
const jobs = (rest: string) => `org/${ORG}/project/${PROJECT}/user/${rest}`
const PROJECT_ID = { [`${CIRCLECI}:oidc.circleci.com/project-id`]: PROJECT }
const SITE = 'vcs-origin/github.com/acme/site/vcs-ref'

/** What the subject of a CI is made of is in its documentation; whose jobs a condition allows follows from that. */
const SUBJECTS: readonly (readonly [
  issuer: string,
  condition: object,
  reach: AccessReach,
  ...who: readonly string[],
])[] = [
  // https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
  [CIRCLECI, {}, 'organization', `every project of ${CIRCLECI}`],
  [
    CIRCLECI,
    like(CIRCLECI, `org/${ORG}/project/*`),
    'organization',
    `every project of ${CIRCLECI}`,
  ],
  [
    CIRCLECI,
    like(CIRCLECI, `org/${ORG}/project/*/vcs-ref/refs/heads/main`),
    'organization',
    `every project of organization ${ORG}`,
  ],
  [CIRCLECI, like(CIRCLECI, '*'), 'organization', `every project of ${CIRCLECI}`],
  [CIRCLECI, like(CIRCLECI, `*/${SITE}/*`), 'organization', `every project of ${CIRCLECI}`],
  [CIRCLECI, like(CIRCLECI, jobs('*')), 'project', `project ${PROJECT}`],
  [CIRCLECI, equals(CIRCLECI, jobs('u1')), 'project', `project ${PROJECT}`],
  [
    CIRCLECI,
    like(CIRCLECI, jobs(`*/${SITE}/refs/heads/main`)),
    'branch',
    `project ${PROJECT}, branch main of github.com/acme/site`,
  ],
  [
    CIRCLECI,
    like(CIRCLECI, jobs(`*/${SITE}/refs/tags/v*`)),
    'branch',
    `project ${PROJECT}, refs/tags/v* of github.com/acme/site`,
  ],
  [
    CIRCLECI,
    like(CIRCLECI, jobs(`*/${SITE}/*`)),
    'project',
    `project ${PROJECT}, * of github.com/acme/site`,
  ],
  [CIRCLECI, { StringEquals: PROJECT_ID }, 'project', `oidc.circleci.com/project-id ${PROJECT}`],
  [
    CIRCLECI,
    { StringEquals: { ...PROJECT_ID, [`${CIRCLECI}:aud`]: ORG } },
    'project',
    `oidc.circleci.com/project-id ${PROJECT}`,
  ],
  [CIRCLECI, { StringNotEquals: PROJECT_ID }, 'organization', `every project of ${CIRCLECI}`],
  // https://docs.github.com/actions/reference/security/oidc
  [GITHUB, {}, 'everyone', `everyone who uses ${GITHUB}`],
  [GITHUB, like(GITHUB, '*'), 'everyone', `everyone who uses ${GITHUB}`],
  [GITHUB, like(GITHUB, 'repo:acme*'), 'everyone', `everyone who uses ${GITHUB}`],
  [GITHUB, like(GITHUB, 'repo:acme/*'), 'organization', 'acme/*'],
  [GITHUB, like(GITHUB, 'repo:acme/site:*'), 'project', 'acme/site:*'],
  [GITHUB, like(GITHUB, 'repo:acme/site:ref:*'), 'project', 'acme/site:ref:*'],
  [GITHUB, like(GITHUB, 'repo:acme/site:ref:refs/*'), 'project', 'acme/site:ref:refs/*'],
  [
    GITHUB,
    like(GITHUB, 'repo:acme/site:ref:refs/heads/*'),
    'project',
    'acme/site:ref:refs/heads/*',
  ],
  [
    GITHUB,
    like(GITHUB, 'repo:acme/site:ref:refs/tags/?*'),
    'project',
    'acme/site:ref:refs/tags/?*',
  ],
  [
    GITHUB,
    like(GITHUB, 'repo:acme/site:ref:refs/heads/r*'),
    'branch',
    'acme/site:ref:refs/heads/r*',
  ],
  [
    GITHUB,
    like(GITHUB, 'repo:acme/*:ref:refs/heads/main'),
    'organization',
    'acme/*:ref:refs/heads/main',
  ],
  [
    GITHUB,
    equals(GITHUB, 'repo:acme/site:ref:refs/heads/main'),
    'branch',
    'acme/site:ref:refs/heads/main',
  ],
  [
    GITHUB,
    equals(GITHUB, 'repo:acme/site:environment:prod'),
    'branch',
    'acme/site:environment:prod',
  ],
  [GITHUB, equals(GITHUB, 'repo:acme/site:pull_request'), 'branch', 'acme/site:pull_request'],
  [GITHUB, like(GITHUB, 'repo:acme/a${*}b:environment:?'), 'project', 'acme/a${*}b:environment:?'],
  // These were meant as wildcards, but no subject has them.
  [GITHUB, equals(GITHUB, 'repo:acme/*'), 'nobody'],
  [GITHUB, equals(GITHUB, 'repo:acme/site:ref:refs/heads/?'), 'nobody'],
  [
    GITHUB,
    like(GITHUB, ['repo:acme/a:*', 'repo:acme/b:ref:refs/heads/main', 'repo:acme/a:*']),
    'project',
    ...['acme/a:*', 'acme/b:ref:refs/heads/main'],
  ],
  [GITHUB, like(GITHUB, ['repo:acme/a:*', 'repo:acme/*']), 'organization', 'acme/*'],
  [
    GITHUB,
    { StringEquals: { [`${GITHUB}:repository_owner_id`]: ['123', '456'] } },
    'organization',
    'repository_owner_id 123 or 456',
  ],
  [
    GITHUB,
    { StringEquals: { [`${GITHUB}:repository_id`]: '7', [`${GITHUB}:environment`]: 'prod' } },
    'project',
    'repository_id 7, environment prod',
  ],
  [GITHUB, { StringEquals: { [`${GITHUB}:environment`]: 'prod' } }, 'everyone', 'environment prod'],
  [
    GITHUB,
    { 'ForAnyValue:StringNotEquals': { [`${GITHUB}:environment`]: 'prod' } },
    'everyone',
    `everyone who uses ${GITHUB}`,
  ],
  // https://docs.gitlab.com/ci/secrets/id_token_authentication/
  [GITLAB, like(GITLAB, 'project_path:acme/*'), 'organization', 'acme/*'],
  [
    GITLAB,
    equals(GITLAB, 'project_path:acme/site:ref_type:branch:ref:main'),
    'branch',
    'acme/site:ref_type:branch:ref:main',
  ],
  // https://buildkite.com/docs/agent/v3/cli-oidc#claims
  [
    BUILDKITE,
    like(BUILDKITE, 'organization:acme:pipeline:site:*'),
    'project',
    'organization:acme:pipeline:site:*',
  ],
  [ENTERPRISE, {}, 'organization', `every project of ${ENTERPRISE}`],
  [ENTERPRISE, like(ENTERPRISE, 'repo:*'), 'organization', `every project of ${ENTERPRISE}`],
]

describe('who can assume a role', () => {
  for (const [issuer, condition, reach, ...who] of SUBJECTS) {
    test(`${issuer.split('/')[0]}: ${JSON.stringify(condition)}`, () => {
      assert.deepEqual(access(statement(issuer, condition)), [
        { issuer, reach, isConditional: false, who },
      ])
    })
  }

  // Two patterns that only a subject of the right shape fits: a stranger's has that of the CI.
  for (const [issuer, start, end] of [
    [CIRCLECI, `org/${ORG}/project/*`, '*/user/*/vcs-origin/*/vcs-ref/refs/heads/*'],
    [GITHUB, 'repo:*', '*/*:ref:refs/heads/*'],
    ['token.actions.acme.ghe.com', 'repo:*', '*/*:ref:refs/heads/*'],
    [GITLAB, 'project_path:*', '*/*:ref_type:branch:ref:*'],
    [BUILDKITE, 'organization:*', '*:pipeline:*:ref:refs/heads/*:commit:*:step:*'],
    [TERRAFORM, 'organization:*', '*:project:*:workspace:*:run_phase:apply'],
    // Names that begin like one's own are free to take.
    [GITHUB, 'repo:acme*', '*/*:ref:refs/heads/*'],
    [GITLAB, 'project_path:acme*', '*/*:ref_type:branch:ref:*'],
  ] as const) {
    test(`a stranger's subject of ${issuer.split('/')[0]}: ${start}`, () => {
      const condition = {
        StringLike: { [`${issuer}:sub`]: start },
        StringLikeIfExists: { [`${issuer}:sub`]: end },
      }
      const isOfOne = issuer === CIRCLECI || issuer.endsWith('ghe.com')
      const [{ reach } = {}] = access(statement(issuer, condition))
      assert.equal(reach, isOfOne ? 'organization' : 'everyone')
    })
  }

  test('each organization of CircleCI has an issuer of its own', () => {
    const other = `org/71c9e5a8-3b40-4d26-a1f7-c8e2d6b40953/project/*`
    const [{ reach, who } = {}] = access(statement(CIRCLECI, like(CIRCLECI, other)))
    assert.deepEqual([reach, who?.length], ['organization', 1])
  })
})

const FROM_OFFICE = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }
const OF_ACME = like(GITHUB, 'repo:acme/site:*')
const anyone = (principal: unknown, condition: object) =>
  statement(GITHUB, condition, { Principal: principal })
const deny = (condition: object) => statement(GITHUB, condition, { Effect: 'Deny' })

describe('who can assume a role, by all its statements', () => {
  test('what only AWS knows makes the answer conditional', () => {
    const [office] = access(statement(GITHUB, { ...OF_ACME, ...FROM_OFFICE }))
    assert.deepEqual([office?.reach, office?.isConditional], ['project', true])
    const main = like(GITHUB, 'repo:acme/site:ref:refs/heads/main')
    const [both] = access(
      statement(GITHUB, { ...OF_ACME, ...FROM_OFFICE }),
      statement(GITHUB, main),
    )
    assert.deepEqual([both?.reach, both?.isConditional], ['project', false])
    const [nobody] = access(statement(GITHUB, { ...equals(GITHUB, 'repo:acme/*'), ...FROM_OFFICE }))
    assert.deepEqual([nobody?.reach, nobody?.isConditional], ['nobody', false])
  })

  test('what a Deny leaves to others', () => {
    const others = { StringNotLike: { [`${GITHUB}:sub`]: 'repo:acme/*' } }
    const [left] = access(statement(GITHUB, {}), deny(others))
    assert.deepEqual([left?.reach, left?.who], ['organization', ['acme/*']])
    const [without] = access(statement(GITHUB, OF_ACME), deny({}))
    assert.deepEqual([without?.reach, without?.who], ['nobody', []])
    const acme = { StringLike: { [`${GITHUB}:sub`]: 'repo:acme/*' } }
    const [rest] = access(statement(GITHUB, OF_ACME), deny(acme))
    assert.equal(rest?.reach, 'nobody')
  })

  test('conditions on another issuer are no conditions', () => {
    const [github, gitlab, ...more] = access(
      statement(GITHUB, like(GITHUB, 'repo:acme/site:*')),
      statement(GITLAB, like(GITLAB, 'project_path:acme/*')),
    )
    assert.deepEqual([github?.issuer, github?.who], [GITHUB, ['acme/site:*']])
    assert.deepEqual([gitlab?.issuer, gitlab?.who], [GITLAB, ['acme/*']])
    assert.deepEqual(more, [])
  })

  test('of a principal that is everyone, the issuers of the conditions', () => {
    const condition = {
      ...OF_ACME,
      StringEquals: { 'aws:PrincipalTag/a': 'b', 'sts:ExternalId': 'c' },
    }
    for (const principal of ['*', { AWS: '*' }, { Federated: '*' }]) {
      const found = access(anyone(principal, condition))
      assert.deepEqual(
        found.map(({ issuer }) => issuer),
        [GITHUB],
      )
    }
    const named = statement(GITLAB, { ...OF_ACME, ...like(GITLAB, 'project_path:acme/*') })
    assert.deepEqual(
      access(named).map(({ issuer }) => issuer),
      [GITLAB],
    )
  })

  test('a Deny alone, an account, a service: nobody of a CI', () => {
    for (const one of [
      deny({}),
      anyone({ AWS: 'arn:aws:iam::111111111111:root' }, {}),
      anyone({ Service: 'ec2.amazonaws.com' }, {}),
    ]) {
      assert.deepEqual(access({ ...one }), [])
    }
  })

  for (const [key, value] of [
    ['aud', 'https://example.com/*'],
    ['aud', 'a?c'],
    ['aud', 'a${*}c'],
    ['oaud', 'sts.amazonaws.com'],
  ]) {
    test(`an audience of the policy: ${key} ${value}`, () => {
      const condition = {
        StringLike: { [`${GITHUB}:${key}`]: value, [`${GITHUB}:sub`]: 'repo:acme/site:*' },
      }
      const [found] = access(statement(GITHUB, condition))
      assert.deepEqual([found?.reach, found?.who], ['project', ['acme/site:*']])
    })
  }
})
