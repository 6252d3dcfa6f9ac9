import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claims } from '../../../src/token/claims.ts'
import { type Form, generate, setupNotes } from '../../../src/trust/generate/generate.ts'
import type { RoleSetup } from '../../../src/trust/roles/setup.ts'
import { tokensLike } from '../../../src/trust/subjects/from-token.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import {
  ACCOUNT,
  circleci,
  github,
  gitlab,
  issuer,
  none,
  ORG,
  PROJECT,
  setupFor,
  USER,
} from '../setup.ts'

const FORMS: Form[] = ['trust-policy', 'aws-cli', 'terraform', 'cloudformation']
test('scenario S1: audience and any user of one CircleCI project', () => {
  const policy = JSON.parse(generate('trust-policy', setupFor(circleci())).text)
  const host = `oidc.circleci.com/org/${ORG}`
  assert.deepEqual(policy, {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { [`${host}:aud`]: ORG },
          StringLike: { [`${host}:sub`]: `org/${ORG}/project/${PROJECT}/user/*` },
        },
      },
    ],
  })
})

test('a subject without wildcards is compared with StringEquals (S5)', () => {
  const { text } = generate(
    'trust-policy',
    setupFor(gitlab({ ref: 'main' }), { partition: 'aws-cn' }),
  )
  const [statement] = JSON.parse(text).Statement
  assert.equal(statement.Principal.Federated, `arn:aws-cn:iam::${ACCOUNT}:oidc-provider/gitlab.com`)
  assert.deepEqual(statement.Condition, {
    StringEquals: {
      'gitlab.com:aud': 'https://gitlab.com',
      'gitlab.com:sub': 'project_path:g/p:ref_type:branch:ref:main',
    },
  })
})

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
test('what IAM would take for a variable is escaped, wildcards only where they are meant', () => {
  assert.deepEqual(github({ environment: 'a*${b}?' }).subjects, [
    'repo:o/r:environment:a${*}${$}{b}${?}',
  ])
  assert.deepEqual(github({ ref: 'release/*' }).subjects, ['repo:o/r:ref:refs/heads/release/*'])
  assert.deepEqual(issuer({ subject: 'a*${b}${*}' }).subjects, ['a*${$}{b}${*}'])
})

const BAD_ROLES: readonly (readonly [option: string, change: Partial<RoleSetup>])[] = [
  ['account-id', { accountId: '1234' }],
  ['role-name', { roleName: 'a b' }],
  ['role-name', { roleName: '$(x)' }],
  ['partition', { partition: "aws'" }],
  ['policy-arns', { policyArns: ['ReadOnlyAccess'] }],
  ['policy-arns', { policyArns: ['arn:aws-cn:iam::aws:policy/ReadOnlyAccess'] }],
  ['tags', { tags: new Map([['aws:x', 'y']]) }],
  ['tags', { tags: new Map([['x', '$(y)']]) }],
  ['thumbprints', { thumbprints: ['a9:53'] }],
  ['thumbprints', { thumbprints: Array(6).fill('a'.repeat(40)) }],
  ['max-session-duration', { maxSessionDuration: 900 }],
]
for (const [option, change] of BAD_ROLES) {
  test(`no form takes --${option} ${JSON.stringify(Object.values(change)[0])}`, () => {
    for (const form of FORMS) {
      assert.throws(() => generate(form, setupFor(circleci(), change)), {
        code: 'invalid-usage',
        message: new RegExp(`--${option}`),
      })
    }
  })
}

test('a policy beyond 2048 characters is refused in every form (IAM quotas)', () => {
  const party = {
    ...circleci(),
    subjects: Array.from({ length: 30 }, (_, at) => `${at}/`.padEnd(70, 'x')),
  }
  for (const form of FORMS) {
    assert.throws(() => generate(form, setupFor(party)), /characters; IAM accepts at most 2048/)
  }
})

test('an account id is needed where the policy names the provider, not in templates', () => {
  const setup = setupFor(circleci(), { accountId: undefined })
  assert.throws(() => generate('trust-policy', setup), /--account-id is missing/)
  assert.throws(() => generate('aws-cli', setup), /--account-id is missing/)
  assert.ok(generate('terraform', setup).text && generate('cloudformation', setup).text)
})

const sub = `org/${ORG}/project/${PROJECT}/user/${USER}/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/x`
const circleciClaims = {
  iss: `https://oidc.circleci.com/org/${ORG}`,
  aud: ORG,
  sub,
}
const GITHUB = 'https://token.actions.githubusercontent.com'
// https://docs.github.com/actions/reference/security/oidc#immutable-subject-claims
const immutable = {
  iss: GITHUB,
  aud: 'x',
  sub: 'repo:acme@123/website@456:ref:refs/heads/main',
  repository: 'acme/website',
}
// https://buildkite.com/docs/agent/v3/cli-oidc#claims
const buildkite = {
  iss: 'https://agent.buildkite.com',
  aud: 'x',
  sub: 'organization:acme:pipeline:website:ref:refs/heads/main:commit:9f3a:step:deploy',
}
// https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
const bitbucket = {
  iss: 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
  aud: 'ari:cloud:bitbucket::workspace/1',
  sub: '{3fa7c6f4-0d1e-4c7b-9a55-5b3a7a9f0b11}:{0b0f8f5e-0000-4c55-8f5a-d3c1a2b4e6f7}',
}
const FROM_TOKEN: readonly (readonly [claims: Claims, narrowing: object, subject: string])[] = [
  [circleciClaims, {}, `org/${ORG}/project/${PROJECT}/user/*`],
  [
    { ...circleciClaims, iss: `https://ci.example/org/${ORG}` },
    {},
    `org/${ORG}/project/${PROJECT}/user/*`,
  ],
  [
    circleciClaims,
    { branch: 'main' },
    `org/${ORG}/project/${PROJECT}/user/????????-????-????-????-????????????/vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main`,
  ],
  [circleciClaims, { anyProject: true }, `org/${ORG}/project/*`],
  [
    {
      iss: 'https://gitlab.com',
      aud: 'x',
      sub: 'project_path:g/p:ref_type:tag:ref:v1',
      project_path: 'g/p',
    },
    {},
    'project_path:g/p:*',
  ],
  [
    {
      iss: 'https://token.actions.githubusercontent.com',
      aud: 'x',
      sub: 'repo:o/r:pull_request',
      repository: 'o/r',
    },
    {},
    'repo:o/r:*',
  ],
  [immutable, {}, 'repo:acme@123/website@456:*'],
  [immutable, { ref: 'main' }, 'repo:acme@123/website@456:ref:refs/heads/main'],
  [immutable, { environment: 'prod' }, 'repo:acme@123/website@456:environment:prod'],
  [immutable, { anyProject: true }, 'repo:acme@123/*'],
  [buildkite, {}, 'organization:acme:pipeline:website:*'],
  [buildkite, { anyProject: true }, 'organization:acme:*'],
  [bitbucket, {}, '{3fa7c6f4-0d1e-4c7b-9a55-5b3a7a9f0b11}:*'],
  // A subject of GitHub's that was customized: exactly this one.
  [
    {
      iss: 'https://token.actions.githubusercontent.com',
      aud: 'x',
      sub: 'repository_id:7*',
      repository: 'o/r',
    },
    {},
    'repository_id:7${*}',
  ],
  [{ iss: 'https://id.example', aud: 'x', sub: 'job:${a}' }, {}, 'job:${$}{a}'],
]
for (const [claims, narrowing, subject] of FROM_TOKEN) {
  test(`like the token ${JSON.stringify(claims).slice(0, 80)}: ${subject}`, () => {
    assert.deepEqual(tokensLike(claims, { ...none, ...narrowing }).subjects, [subject])
  })
}

const UNTOLD: readonly Claims[] = [
  { iss: GITHUB, aud: 'x', sub: 'repository_owner:acme:job_workflow_ref:x', repository: 'acme/a' },
  { iss: `${GITHUB}/acme`, aud: 'x', sub: 'repository_id:7', repository: 'acme/a' },
  { iss: GITHUB, aud: 'x', sub: 'repo:evil/website:x', repository: 'acme/website' },
  { iss: 'https://accounts.google.com', aud: 'x', sub: '123' },
  { iss: 'https://gitlab.com', aud: 'x', sub: 'project_id:7', project_path: 'acme/a' },
  { iss: 'https://agent.buildkite.com', aud: 'x', sub: 'pipeline:a:organization:acme' },
]
for (const claims of UNTOLD) {
  test(`every project of whom? ${claims.sub} of ${claims.iss}`, () => {
    assert.throws(() => tokensLike(claims, { ...none, anyProject: true }), {
      code: 'invalid-usage',
      message: /--any-project can't find the organization/,
    })
  })
}

test("every token of an issuer of one's own", () => {
  const claims = { iss: 'https://jenkins.example/oidc', aud: 'x', sub: 'job/a' }
  const tokens = tokensLike(claims, { ...none, anyProject: true })
  assert.deepEqual([tokens.subjects, tokens.warnings.length], [['*'], 1])
})

test('a branch needs a token that names the repository', () => {
  const v1 = {
    iss: circleciClaims.iss,
    aud: ORG,
    sub: `org/${ORG}/project/${PROJECT}/user/${USER}`,
  }
  assert.throws(() => tokensLike(v1, { ...none, branch: 'main' }), /--branch needs a token/)
})

test('GitLab takes whole refs, GitHub only those of branches and tags', () => {
  const gitlabSubject = (change: object) => gitlab(change).subjects[0]
  assert.equal(
    gitlabSubject({ ref: 'refs/heads/main' }),
    'project_path:g/p:ref_type:branch:ref:main',
  )
  assert.equal(gitlabSubject({ ref: 'refs/tags/v1' }), 'project_path:g/p:ref_type:tag:ref:v1')
  assert.equal(
    gitlabSubject({ ref: 'refs/heads/release/*', refType: 'branch' }),
    'project_path:g/p:ref_type:branch:ref:release/*',
  )
  assert.deepEqual(github({ ref: 'refs/tags/v1' }).subjects, ['repo:o/r:ref:refs/tags/v1'])
  assert.throws(() => gitlab({ ref: 'refs/tags/v1', refType: 'branch' }), /cannot be combined/)
  for (const make of [github, gitlab]) {
    assert.throws(() => make({ ref: 'refs/pull/7/merge' }), /only branches and tags/)
  }
})

test('GitHub: with ids or without, and who is left out', () => {
  assert.deepEqual(github({ repository: 'o@1/r@2', ref: 'main' }).subjects, [
    'repo:o@1/r@2:ref:refs/heads/main',
  ])
  assert.deepEqual(github({ repository: 'o@1/r@2' }).warnings, [])
  assert.match(github({}).warnings.join(), /OWNER@ID\/NAME@ID/)
  assert.deepEqual(github({ issuer: 'https://github.example/_services/token' }).warnings, [])
  assert.deepEqual(tokensLike({ ...immutable, sub: 'repo:acme/website:x' }, none).warnings, [])
})

test('a wide party is warned of, a chained role reminded of its permission', () => {
  assert.deepEqual(setupNotes(setupFor(circleci())), [])
  const wide = setupNotes(setupFor(circleci({ projectId: undefined, anyProject: true })))
  assert.match(wide.join(), /Every project of the CircleCI organization/)
  assert.match(
    setupNotes(setupFor(issuer({ subject: '*', anyProject: true }))).join(),
    /Every project of https:\/\/id\.example\/ci whose subject matches "\*"/,
  )
  const role = trustedRole('arn:aws:iam::111111111111:role/a', undefined)
  assert.match(setupNotes(setupFor(role)).join(), /needs the permission sts:AssumeRole/)
})
