import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkIssuer, policyLiteral } from '../../../src/trust/subjects/coordinate.ts'
import { tokensLike } from '../../../src/trust/subjects/from-token.ts'
import {
  type Coordinates,
  partiesNamed,
  partyOf,
  trustedRole,
} from '../../../src/trust/subjects/party.ts'
import { together } from '../../../src/trust/subjects/trusted-tokens.ts'
import { circleci, github, gitlab, issuer, none, ORG, PROJECT, USER } from '../setup.ts'

const ROLE = 'arn:aws:iam::123456789012:role/x'
const ANY_USER = '????????-????-????-????-????????????'
const GITHUB = 'https://token.actions.githubusercontent.com'
const IDS =
  'Repositories created, renamed or transferred since July 15, 2026, and those that opted in, have ids in their subject and are not allowed. For them, pass --repository OWNER@ID/NAME@ID.'

// https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
test('CircleCI', () => {
  const project = `org/${ORG}/project/${PROJECT}`
  const vcsOrigin = 'github.com/acme/site'
  assert.deepEqual(circleci(), {
    kind: 'tokens',
    ci: 'circleci',
    issuer: `https://oidc.circleci.com/org/${ORG}`,
    audience: ORG,
    subjects: [`${project}/user/*`],
    warnings: [],
  })
  assert.deepEqual(circleci({ userId: USER }).subjects, [
    `${project}/user/${USER}`,
    `${project}/user/${USER}/*`,
  ])
  const onMain = circleci({
    vcsOrigin,
    branch: 'main',
    audience: 'a',
    issuer: 'https://ci.example/x',
  })
  assert.deepEqual([onMain.issuer, onMain.audience], ['https://ci.example/x', 'a'])
  assert.deepEqual(onMain.subjects, [
    `${project}/user/${ANY_USER}/vcs-origin/${vcsOrigin}/vcs-ref/refs/heads/main`,
  ])
  assert.deepEqual(onMain.warnings, [
    'Only V2 tokens name the repository and branch: CIRCLE_OIDC_TOKEN_V2, which is what assume-role uses by default.',
  ])
  assert.deepEqual(circleci({ vcsOrigin, userId: USER }).subjects, [
    `${project}/user/${USER}/vcs-origin/${vcsOrigin}/vcs-ref/*`,
  ])
  const any = circleci({ anyProject: true, projectId: undefined })
  assert.deepEqual(any.subjects, [`org/${ORG}/project/*`])
  assert.deepEqual(any.warnings, [
    `Every project of the CircleCI organization ${ORG} can assume this role.`,
  ])
})

// https://docs.github.com/actions/reference/security/oidc
test('GitHub', () => {
  assert.deepEqual(github({}), {
    kind: 'tokens',
    ci: 'github',
    issuer: GITHUB,
    audience: 'sts.amazonaws.com',
    subjects: ['repo:o/r:*'],
    warnings: [IDS],
  })
  const subject = (change: object) => github(change).subjects[0]
  assert.equal(subject({ ref: 'main' }), 'repo:o/r:ref:refs/heads/main')
  assert.equal(subject({ ref: 'refs/tags/v1' }), 'repo:o/r:ref:refs/tags/v1')
  assert.equal(subject({ ref: 'release/*' }), 'repo:o/r:ref:refs/heads/release/*')
  assert.equal(subject({ environment: 'a:b*' }), 'repo:o/r:environment:a%3Ab${*}')
  assert.equal(subject({ repository: 'o@1/r@2' }), 'repo:o@1/r@2:*')
  assert.deepEqual(github({ repository: 'o@1/r@2' }).warnings, [])
  assert.deepEqual(github({ issuer: 'https://ghe.example/_services/token' }).warnings, [])
  assert.deepEqual(github({ repository: 'o/*', anyProject: true }).warnings, [
    'Every repository of o can assume this role.',
    IDS,
  ])
  assert.equal(subject({ repository: 'o/*', anyProject: true }), 'repo:o/*')
})

// https://docs.gitlab.com/ci/secrets/id_token_authentication/
test('GitLab', () => {
  assert.deepEqual(gitlab({}), {
    kind: 'tokens',
    ci: 'gitlab',
    issuer: 'https://gitlab.com',
    audience: 'https://gitlab.com',
    subjects: ['project_path:g/p:*'],
    warnings: [],
  })
  const subject = (change: object) => gitlab(change).subjects[0]
  assert.equal(gitlab({ url: 'https://gitlab.example/' }).issuer, 'https://gitlab.example')
  assert.equal(subject({ ref: 'main' }), 'project_path:g/p:ref_type:branch:ref:main')
  assert.equal(subject({ ref: 'v1', refType: 'tag' }), 'project_path:g/p:ref_type:tag:ref:v1')
  assert.equal(subject({ ref: 'refs/tags/v1' }), 'project_path:g/p:ref_type:tag:ref:v1')
  assert.equal(
    subject({ ref: 'refs/heads/v1', refType: 'branch' }),
    'project_path:g/p:ref_type:branch:ref:v1',
  )
  const group = gitlab({ projectPath: 'g/*', anyProject: true })
  assert.deepEqual(group.subjects, ['project_path:g/*'])
  assert.deepEqual(group.warnings, [
    'Every project under g on https://gitlab.com can assume this role.',
  ])
})

test('any issuer', () => {
  assert.deepEqual(issuer({}), {
    kind: 'tokens',
    ci: 'ci',
    issuer: 'https://id.example/ci',
    audience: 'sts.amazonaws.com',
    subjects: ['job:deploy'],
    warnings: [],
  })
  assert.deepEqual(issuer({ subject: undefined, anyProject: true }).subjects, ['*'])
  assert.deepEqual(issuer({ subject: '*', anyProject: true }).warnings, [
    'Every project of https://id.example/ci whose subject matches "*" can assume this role.',
  ])
  // ${…} would be a policy variable, ${*} and ${$} are escapes: reference_policies_variables.html
  assert.deepEqual(issuer({ subject: 'a${x}b${*}c${$}d$e' }).subjects, ['a${$}{x}b${*}c${$}d$e'])
})

const REFUSED: readonly (readonly [message: string, make: () => unknown])[] = [
  ['--project-id and --any-project cannot be combined.', () => circleci({ anyProject: true })],
  ...['branch', 'vcsOrigin', 'userId'].map(
    (name) =>
      [
        '--branch, --vcs-origin or --user-id and --any-project cannot be combined.',
        () => circleci({ anyProject: true, projectId: undefined, [name]: 'x' }),
      ] as const,
  ),
  ['--project-id is missing.', () => circleci({ projectId: undefined })],
  ['--vcs-origin is missing.', () => circleci({ branch: 'main' })],
  ['--ref and --environment cannot be combined.', () => github({ ref: 'a', environment: 'b' })],
  [
    '--ref or --environment and --any-project cannot be combined.',
    () => github({ repository: 'o/*', anyProject: true, ref: 'a' }),
  ],
  [
    '--ref or --environment and --any-project cannot be combined.',
    () => github({ repository: 'o/*', anyProject: true, environment: 'a' }),
  ],
  ['--ref is missing.', () => gitlab({ refType: 'tag' })],
  [
    '--ref and --any-project cannot be combined.',
    () => gitlab({ projectPath: 'g/*', anyProject: true, ref: 'a' }),
  ],
  [
    '--ref refs/tags/v1 and --ref-type branch cannot be combined.',
    () => gitlab({ ref: 'refs/tags/v1', refType: 'branch' }),
  ],
  ['--audience is missing.', () => issuer({ audience: undefined })],
  ['--subject is missing.', () => issuer({ subject: undefined })],
  [
    '--subject "project_path:*" trusts everyone who uses https://gitlab.com.',
    () => issuer({ issuer: 'https://gitlab.com', subject: 'project_path:*' }),
  ],
  ['--subject "*" trusts more than one project.', () => issuer({ subject: '*' })],
  [
    `--org-id is "${'x'.repeat(120)}", but it must be a UUID in lower case, as in the organization or project settings.`,
    () => circleci({ orgId: 'x'.repeat(121) }),
  ],
  [
    `--trusts-role is "${'x'.repeat(120)}", which is not the ARN of a role.`,
    () => trustedRole('x'.repeat(121), undefined),
  ],
  ['A role needs somebody to trust.', () => together([])],
]
for (const [message, make] of REFUSED) {
  test(`refused: ${message.slice(0, 80)}`, () => assert.throws(make, { message }))
}

test('255 characters are taken', () => {
  assert.ok(issuer({ subject: 'x'.repeat(255) }))
  assert.throws(() => issuer({ subject: 'x'.repeat(256) }), { code: 'invalid-usage' })
})

test('an issuer to connect to may have a port', () => {
  for (const url of [
    'https://ci.example:8443',
    'https://ci.example:8443/x',
    'https://ci.example/x',
  ]) {
    assert.equal(checkIssuer(url), url)
  }
  for (const url of [
    'https://ci.example:x',
    'https://ci.example:123456',
    'http://ci.example:80',
    'https://ci.example:80x',
  ]) {
    assert.throws(() => checkIssuer(url), { message: /^--issuer is/ })
  }
})

test('text as a policy takes it literally', () => {
  assert.equal(policyLiteral('a*b?c${d}e$f'), 'a${*}b${?}c${$}{d}e$f')
})

test('another role', () => {
  assert.deepEqual(trustedRole(ROLE, 'ext'), { kind: 'role', roleArn: ROLE, externalId: 'ext' })
  assert.deepEqual(trustedRole(ROLE, undefined), {
    kind: 'role',
    roleArn: ROLE,
    externalId: undefined,
  })
})

describe('by coordinates', () => {
  const given = (change: Partial<Coordinates>): Coordinates =>
    ({
      ...{ 'project-id': [], 'project-path': [], repository: [], ref: [], branch: [] },
      ...{ 'vcs-origin': [], 'any-project': false },
      ...change,
    }) as Coordinates
  const subjects = (change: Partial<Coordinates>) => {
    const party = partyOf(given(change))
    return party.kind === 'tokens' ? party.subjects : []
  }
  const OTHER = USER

  test('one for each project, branch, repository and path', () => {
    const project = (id: string) => `org/${ORG}/project/${id}/user`
    assert.deepEqual(subjects({ 'org-id': ORG, 'project-id': [PROJECT, OTHER] }), [
      `${project(PROJECT)}/*`,
      `${project(OTHER)}/*`,
    ])
    const of = (id: string, origin: string, branch: string) =>
      `${project(id)}/${ANY_USER}/vcs-origin/${origin}/vcs-ref/refs/heads/${branch}`
    const both = { 'org-id': ORG, 'project-id': [PROJECT, OTHER], branch: ['main', 'dev'] }
    assert.deepEqual(subjects({ ...both, 'vcs-origin': ['h/o/a', 'h/o/b'] }), [
      ...[of(PROJECT, 'h/o/a', 'main'), of(PROJECT, 'h/o/a', 'dev')],
      ...[of(OTHER, 'h/o/b', 'main'), of(OTHER, 'h/o/b', 'dev')],
    ])
    assert.deepEqual(subjects({ ...both, branch: ['main'], 'vcs-origin': ['h/o/a'] }), [
      ...[of(PROJECT, 'h/o/a', 'main'), of(OTHER, 'h/o/a', 'main')],
    ])
    assert.throws(() => subjects({ ...both, 'vcs-origin': ['h/o/a', 'h/o/b', 'h/o/c'] }), {
      message: '--vcs-origin has 3 repositories for 2 projects.',
    })
    assert.deepEqual(subjects({ repository: ['o/a', 'o/b'], ref: ['main', 'dev'] }), [
      ...['repo:o/a:ref:refs/heads/main', 'repo:o/a:ref:refs/heads/dev'],
      ...['repo:o/b:ref:refs/heads/main', 'repo:o/b:ref:refs/heads/dev'],
    ])
    assert.deepEqual(subjects({ 'project-path': ['g/a', 'g/b'] }), [
      ...['project_path:g/a:*', 'project_path:g/b:*'],
    ])
    const party = partyOf(given({ repository: ['o/a', 'o/a'] }))
    assert.deepEqual(party.kind === 'tokens' && [party.subjects, party.warnings], [
      ['repo:o/a:*'],
      [IDS],
    ])
  })

  test('a role, and any issuer', () => {
    assert.deepEqual(partyOf(given({ 'trusts-role': ROLE, 'external-id': 'ext' })), {
      kind: 'role',
      roleArn: ROLE,
      externalId: 'ext',
    })
    assert.deepEqual(subjects({ issuer: 'https://id.example', audience: 'a', subject: 'job:x' }), [
      'job:x',
    ])
  })

  test('which kind is meant', () => {
    assert.deepEqual(partiesNamed({}), [])
    assert.deepEqual(partiesNamed({ issuer: 'x' }), ['issuer'])
    assert.deepEqual(partiesNamed({ issuer: 'x', 'org-id': ORG }), ['org-id'])
    assert.deepEqual(partiesNamed({ repository: ['o/r'], 'org-id': ORG }), ['org-id', 'repository'])
    assert.deepEqual(partiesNamed({ repository: [] }), [])
    assert.throws(() => partyOf(given({ repository: ['o/r'], 'org-id': ORG })), {
      message: '--org-id and --repository cannot be combined.',
    })
    assert.throws(() => partyOf(given({})), { message: /^No trusted entity is given/ })
    assert.throws(() => partyOf(given({ repository: ['o/r'], 'user-id': USER })), {
      message: '--user-id does not apply with --repository.',
      next: 'Leave one of them out. With --repository you can use --ref, --environment, --any-project, --issuer, --audience.',
    })
  })
})

describe('like a token', () => {
  const like = (claims: object, narrowing: object = {}) =>
    tokensLike({ iss: GITHUB, aud: 'a', ...claims }, { ...none, ...narrowing })
  const subject = (...what: Parameters<typeof like>) => like(...what).subjects[0]
  const V1 = {
    iss: `https://oidc.circleci.com/org/${ORG}`,
    sub: `org/${ORG}/project/${PROJECT}/user/${USER}`,
  }
  const repo = { sub: 'repo:o/r:ref:refs/heads/main', repository: 'o/r' }
  const group = {
    iss: 'https://gitlab.com',
    sub: 'project_path:g/h/p:ref_type:branch:ref:main',
    project_path: 'g/h/p',
  }
  const bitbucket = 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc'

  test('its project, or as many as are asked for', () => {
    assert.equal(subject(V1), `org/${ORG}/project/${PROJECT}/user/*`)
    assert.equal(subject(V1, { anyProject: true }), `org/${ORG}/project/*`)
    assert.equal(subject(group), 'project_path:g/h/p:*')
    assert.equal(subject(group, { anyProject: true }), 'project_path:g/h/*')
    assert.equal(subject(repo), 'repo:o/r:*')
    assert.equal(subject(repo, { anyProject: true }), 'repo:o/*')
    assert.equal(subject({ ...repo, sub: 'repo:o@1/r@2:pull_request' }), 'repo:o@1/r@2:*')
    assert.deepEqual(like(repo).warnings, [])
    assert.notDeepEqual(like(repo, { anyProject: true }).warnings, [])
    const pipeline = 'organization:acme:pipeline:site:ref:refs/heads/main:commit:x:step:y'
    const buildkite = { iss: 'https://agent.buildkite.com', sub: pipeline }
    assert.equal(subject(buildkite), 'organization:acme:pipeline:site:*')
    assert.equal(subject(buildkite, { anyProject: true }), 'organization:acme:*')
    assert.equal(subject({ iss: bitbucket, sub: '{r}:{s}' }), '{r}:*')
    assert.equal(subject({ iss: 'https://id.example', sub: 'job:*' }), 'job:${*}')
    assert.equal(subject({ iss: 'https://id.example', sub: 'job:x' }, { anyProject: true }), '*')
  })

  test('a form that is not the default is taken as it is', () => {
    for (const claims of [
      { ...group, sub: `x${group.sub}` },
      { ...repo, repository: 'o/other' },
      { ...repo, iss: 'https://id.example', sub: 'x-repo:o/r:y' },
      { iss: 'https://id.example', sub: 'x-organization:acme:pipeline:site:ref:' },
      { iss: bitbucket, sub: 'x{r}:{s}' },
    ]) {
      assert.equal(subject(claims), claims.sub)
    }
  })

  test('narrowed down to a ref or an environment', () => {
    assert.equal(subject(repo, { ref: 'dev' }), 'repo:o/r:ref:refs/heads/dev')
    for (const sub of ['repo:o/r:environment:prod', 'repo:o/r:pull_request', 'repo:o/r:ref:x']) {
      assert.equal(subject({ ...repo, sub }, { environment: 'prod' }), 'repo:o/r:environment:prod')
    }
    for (const [narrowing, option] of [
      [{ ref: 'dev' }, 'ref'],
      [{ environment: 'prod' }, 'environment'],
    ] as const) {
      for (const end of [
        'job_workflow_ref:x',
        'ref:x:actor:y',
        'xenvironment:y',
        'pull_request:x',
      ]) {
        assert.throws(() => like({ ...repo, sub: `repo:o/r:${end}` }, narrowing), {
          message: `--${option} can't narrow down the token's subject "repo:o/r:${end}".`,
        })
      }
    }
    assert.throws(() => like(V1, { branch: 'main' }), {
      message: '--branch needs a token that names the repository, but this one does not.',
    })
  })

  test('what can not be told', () => {
    for (const claims of [
      { iss: GITHUB, sub: 'environment:prod' },
      { iss: 'https://id.example', sub: 'x', project_path: 'g/p' },
      { iss: 'https://id.example', sub: 'x', repository: 'o/r' },
    ]) {
      assert.throws(() => like(claims, { anyProject: true }), {
        message: `--any-project can't find the organization in the token's subject "${claims.sub}".`,
        why: `It does not have the default form of ${claims.iss}.`,
      })
    }
    assert.throws(() => like({ ...repo, aud: ['a', 'b'] }), {
      message: 'The token has 2 audiences (a, b), but a policy needs exactly one.',
    })
    assert.equal(like({ ...repo, aud: undefined }).audience, 'sts.amazonaws.com')
  })
})
