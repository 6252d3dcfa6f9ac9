import assert from 'node:assert/strict'
import { test } from 'node:test'
import { POLICY_FINDINGS, type PolicyFindingKind } from '../../../src/trust/check/findings.ts'
import { policyFindings } from '../../../src/trust/check/statement.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

const ORG = 'a6e1f8a0-5b7c-4c1d-9e2f-0123456789ab'
const PROJECT = '3c2d5e10-77aa-4f6b-8d0e-fedcba987654'
const USER = '8b1f0c52-2f64-4a39-b7c5-6d1e5b0a9f31'
const HOST = `oidc.circleci.com/org/${ORG}`
const SUBJECT = `org/${ORG}/project/${PROJECT}/user`
const BRANCH = 'vcs-origin/github.com/acme/site/vcs-ref/refs/heads/main'
const provider = (host: string) => `arn:aws:iam::111111111111:oidc-provider/${host}`
const aud = { [`${HOST}:aud`]: ORG }
const GITHUB = 'token.actions.githubusercontent.com'

function statement(condition: object | undefined, change: object = {}) {
  return {
    Effect: 'Allow',
    Principal: { Federated: provider(HOST) },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(condition ? { Condition: condition } : {}),
    ...change,
  }
}

const like = (value: string | string[], key = `${HOST}:sub`) =>
  statement({ StringEquals: aud, StringLike: { [key]: value } })
const github = (sub: string) =>
  statement(
    {
      StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' },
      StringLike: { [`${GITHUB}:sub`]: sub },
    },
    { Principal: { Federated: provider(GITHUB) } },
  )
const gitlab = (sub: string) =>
  statement(
    {
      StringEquals: { 'gitlab.com:aud': 'https://gitlab.com' },
      StringLike: { 'gitlab.com:sub': sub },
    },
    { Principal: { Federated: provider('gitlab.com') } },
  )

const trusting = (host: string, sub: string) =>
  statement(
    { StringEquals: { [`${host}:aud`]: 'x' }, StringLike: { [`${host}:sub`]: sub } },
    { Principal: { Federated: provider(host) } },
  )
const BUILDKITE = 'agent.buildkite.com'
const buildkite = (sub: string) => trusting(BUILDKITE, sub)
const bitbucket = (sub: string) =>
  trusting('api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc', sub)

/** The statement with further keys under `StringEquals`. */
const limited = (one: { Condition?: object }, more: object) => {
  const condition = (one.Condition ?? {}) as Record<string, object>
  return {
    ...one,
    Condition: { ...condition, StringEquals: { ...condition['StringEquals'], ...more } },
  }
}

const good = like(`${SUBJECT}/*`)
const CASES: readonly (readonly [
  name: string,
  statement: object,
  ...kinds: PolicyFindingKind[],
])[] = [
  ['audience and project by subject', good],
  [
    'audience and project by id (AWS: "Available keys for AWS OIDC federation", CircleCI)',
    statement({ StringEquals: { ...aud, [`${HOST}:oidc.circleci.com/project-id`]: PROJECT } }),
  ],
  [
    'any subject beside the project id',
    statement({
      StringEquals: { ...aud, [`${HOST}:oidc.circleci.com/project-id`]: PROJECT },
      StringLike: { [`${HOST}:sub`]: `org/${ORG}/*` },
    }),
  ],
  ['a GitHub repository', github('repo:acme/site:*')],
  ['a GitLab project', gitlab('project_path:acme/site:ref_type:branch:ref:*')],
  [
    'a chained role',
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111111111111:role/x' },
      Action: 'sts:AssumeRole',
    },
  ],
  ['no condition', statement(undefined), 'no-condition'],
  [
    'no condition for GitHub',
    statement(undefined, { Principal: { Federated: provider(GITHUB) } }),
    'no-condition',
    'missing-control',
  ],
  ['no audience', statement({ StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` } }), 'no-audience'],
  ['no subject', statement({ StringEquals: aud }), 'no-subject'],
  [
    'a GitHub statement for everyone',
    statement(
      { StringEquals: { [`${GITHUB}:aud`]: 'x' } },
      { Principal: { Federated: provider(GITHUB) } },
    ),
    'no-subject',
    'missing-control',
  ],
  [
    'Pulumi Cloud without an audience',
    statement(
      { StringLike: { 'api.pulumi.com/oidc:sub': 'pulumi:deploy:org:acme:project:site:*' } },
      { Principal: { Federated: provider('api.pulumi.com/oidc') } },
    ),
    'no-audience',
    'missing-control',
  ],
  [
    'a GitHub repository by its id alone',
    statement(
      { StringEquals: { [`${GITHUB}:aud`]: 'x', [`${GITHUB}:repository_id`]: '456' } },
      { Principal: { Federated: provider(GITHUB) } },
    ),
    'missing-control',
  ],
  // A wildcard in one key opens what it says; another key may still limit it.
  [
    'any audience',
    statement({ StringLike: { [`${HOST}:aud`]: '*', [`${HOST}:sub`]: `${SUBJECT}/*` } }),
    'no-audience',
  ],
  [
    'any of a list of audiences',
    statement({ StringLike: { [`${HOST}:aud`]: [ORG, '**'], [`${HOST}:sub`]: `${SUBJECT}/*` } }),
    'no-audience',
  ],
  [
    'any project, and any project id',
    statement({
      StringEquals: aud,
      StringLike: {
        [`${HOST}:sub`]: `org/${ORG}/project/*`,
        [`${HOST}:oidc.circleci.com/project-id`]: '*',
      },
    }),
    'any-project',
  ],
  [
    'any project id',
    statement({
      StringEquals: aud,
      StringLike: { [`${HOST}:oidc.circleci.com/project-id`]: '3c2d*' },
    }),
    'any-project',
  ],
  [
    'one project by its subject, and any project id',
    statement({
      StringEquals: aud,
      StringLike: {
        [`${HOST}:sub`]: `${SUBJECT}/*`,
        [`${HOST}:oidc.circleci.com/project-id`]: '*',
      },
    }),
  ],
  [
    'any subject and repository of GitHub',
    statement(
      {
        StringEquals: { [`${GITHUB}:aud`]: 'x' },
        StringLike: { [`${GITHUB}:sub`]: 'repo:*', [`${GITHUB}:repository`]: '*' },
      },
      { Principal: { Federated: provider(GITHUB) } },
    ),
    'any-project',
  ],
  [
    'any subject beside the project id of GitLab',
    limited(gitlab('*'), { 'gitlab.com:project_id': '1' }),
  ],
  [
    'any project of a GitLab group',
    limited(gitlab('*'), { 'gitlab.com:namespace_id': '1' }),
    'any-project',
  ],
  ['a Buildkite pipeline', buildkite('organization:acme:pipeline:site:ref:refs/heads/main:*')],
  ['every pipeline of Buildkite', buildkite('organization:acme:*'), 'any-project'],
  [
    'a pipeline of that name in any organization',
    limited(buildkite('organization:*'), { [`${BUILDKITE}:pipeline_slug`]: 'site' }),
    'any-project',
  ],
  [
    'a pipeline by name in an organization by id',
    limited(buildkite('organization:*'), {
      [`${BUILDKITE}:pipeline_slug`]: 'site',
      [`${BUILDKITE}:organization_id`]: 'o1',
    }),
  ],
  ['a Bitbucket repository', bitbucket('{5b8e2d14-7f36-4a9c-8d01-3e4f5a6b7c8d}:*')],
  ['a step of any Bitbucket repository', bitbucket('*:{5b8e2d14}'), 'any-project'],
  [
    'a GitHub owner by id',
    statement(
      { StringEquals: { [`${GITHUB}:aud`]: 'x', [`${GITHUB}:repository_owner_id`]: '7' } },
      { Principal: { Federated: provider(GITHUB) } },
    ),
    'any-project',
    'missing-control',
  ],
  [
    'any provider',
    statement(
      { StringEquals: aud, StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` } },
      {
        Principal: { Federated: '*' },
      },
    ),
    'anyone-principal',
  ],
  ['every project', like(`org/${ORG}/project/*`), 'any-project'],
  ['every project of every organization', like('*'), 'any-project'],
  ['half a project id', like(`org/${ORG}/project/3c2d*`), 'any-project'],
  ['every repository of an owner', github('repo:acme/*'), 'any-project'],
  ['repositories that begin alike', github('repo:acme/site*'), 'any-project'],
  [
    'every project of a group',
    gitlab('project_path:acme/*:ref_type:branch:ref:main'),
    'any-project',
  ],
  ['anyone', statement(undefined, { Principal: '*' }), 'invalid-policy', 'no-condition'],
  [
    'any AWS principal',
    { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
    'anyone-principal',
  ],
  ['every action', { ...good, Action: 'sts:*' }, 'broad-action'],
  ['sts:AssumeRole for a provider', { ...good, Action: 'sts:AssumeRole' }, 'wrong-action'],
  [
    'NotPrincipal',
    { ...good, Principal: undefined, NotPrincipal: { AWS: '111111111111' } },
    'invalid-policy',
  ],
  [
    'IfExists on the project id',
    statement({
      StringEquals: aud,
      StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` },
      StringEqualsIfExists: { [`${HOST}:oidc.circleci.com/project-id`]: PROJECT },
    }),
    'passes-when-absent',
  ],
  [
    'ForAllValues',
    statement({
      StringEquals: aud,
      StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` },
      'ForAllValues:StringEquals': { [`${HOST}:amr`]: 'x' },
    }),
    'passes-when-absent',
  ],
  [
    'a branch behind user/*',
    like(`${SUBJECT}/*/${BRANCH}`),
    'wildcard-before-branch',
    'v2-only-subject',
  ],
  [
    'a branch behind a user of fixed length',
    like(`${SUBJECT}/????????-????-????-????-????????????/${BRANCH}`),
    'v2-only-subject',
  ],
  [
    'StringEquals with a wildcard',
    statement({ StringEquals: { ...aud, [`${HOST}:sub`]: `${SUBJECT}/*` } }),
    'equals-with-wildcard',
  ],
  [
    'StringLike without one',
    like(`${SUBJECT}/${USER}`),
    'like-without-wildcard',
    'v1-only-subject',
  ],
  [
    'V1 exactly',
    statement({ StringEquals: { ...aud, [`${HOST}:sub`]: `${SUBJECT}/${USER}` } }),
    'v1-only-subject',
  ],
  [
    'V2 exactly',
    statement({ StringEquals: { ...aud, [`${HOST}:sub`]: `${SUBJECT}/${USER}/${BRANCH}` } }),
    'v2-only-subject',
  ],
  [
    'V1 and V2',
    statement({
      StringEquals: {
        ...aud,
        [`${HOST}:sub`]: [`${SUBJECT}/${USER}`, `${SUBJECT}/${USER}/${BRANCH}`],
      },
    }),
  ],
  [
    'vcs-ref',
    {
      ...good,
      Condition: {
        ...good.Condition,
        StringEqualsIgnoreCase: { [`${HOST}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' },
      },
    },
    'key-not-seen',
  ],
  [
    'context-ids',
    {
      ...good,
      Condition: {
        ...good.Condition,
        'ForAnyValue:StringEquals': { [`${HOST}:oidc.circleci.com/context-ids`]: 'x' },
      },
    },
    'key-not-seen',
  ],
  [
    'a claim without its issuer',
    { ...good, Condition: { ...good.Condition, StringNotEquals: { sub: 'x' } } },
    'key-not-seen',
  ],
  [
    'claims of gitlab.com that AWS lists',
    limited(gitlab('project_path:acme/site:*'), {
      'gitlab.com:namespace_id': '12345',
      'gitlab.com:project_id': '67890',
      'gitlab.com:ref_protected': 'true',
    }),
  ],
  [
    'a claim of gitlab.com that AWS does not list',
    limited(gitlab('project_path:acme/site:*'), { 'gitlab.com:project_path': 'acme/site' }),
    'key-not-seen',
  ],
  [
    'keys of AWS and its services, and an email address',
    limited(good, {
      'sts:SourceIdentity': 'ci',
      'aws:TagKeys': 'team',
      'ec2:SourceInstanceARN': 'x',
      [`${HOST}:email`]: 'a@b.example',
    }),
  ],
  ['https:// in a key', like(`${SUBJECT}/*`, `https://${HOST}:sub`), 'scheme-in-key'],
  [
    'https:// in the provider',
    { ...good, Principal: { Federated: provider(`https://${HOST}`) } },
    'scheme-in-key',
  ],
  ['an issuer with a port', trusting('ci.example:8443/oidc', 'job:*'), 'issuer-with-port'],
  [
    'a subject that any repository can have',
    {
      ...github('x'),
      Condition: {
        StringEquals: {
          [`${GITHUB}:aud`]: 'sts.amazonaws.com',
          [`${GITHUB}:sub`]: 'environment:prod',
        },
      },
    },
    'unowned-subject',
  ],
  [
    'the same, with the owner in a key of its own',
    {
      ...github('x'),
      Condition: {
        StringEquals: {
          [`${GITHUB}:aud`]: 'sts.amazonaws.com',
          [`${GITHUB}:sub`]: 'environment:prod',
          [`${GITHUB}:repository_owner_id`]: '7',
        },
      },
    },
  ],
  ['a slash in a key', like(`${SUBJECT}/*`, `${HOST}/:sub`), 'trailing-slash'],
  [
    'a slash in the provider',
    { ...good, Principal: { Federated: provider(`${HOST}/`) } },
    'trailing-slash',
  ],
  [
    'the key of another organization',
    like(`${SUBJECT}/*`, `oidc.circleci.com/org/${USER}:sub`),
    'issuer-mismatch',
  ],
  [
    'large letters in the provider',
    { ...good, Principal: { Federated: provider(HOST.toUpperCase()) } },
    'wrong-case',
  ],
  [
    'large letters in the subject',
    like(`${SUBJECT.toUpperCase().replace('ORG', 'org')}/*`),
    'any-project',
    'wrong-case',
  ],
  ['a policy variable', like(`${SUBJECT}/\${aws:username}/*`), 'policy-variable'],
  ['an escaped character', like(`${SUBJECT}/*/\${$}{x}`)],
  [
    'a claim of GitHub that ends like sub',
    limited(github('repo:acme/site:*'), { [`${GITHUB}:actor`]: 'x' }),
  ],
  [
    'a negated condition on the repository',
    {
      ...github('repo:acme/site:*'),
      Condition: {
        ...github('repo:acme/site:*').Condition,
        StringNotEquals: { [`${GITHUB}:actor`]: 'x' },
      },
    },
    'passes-when-absent',
  ],
  [
    'a negated condition on sub, which every token has',
    { ...good, Condition: { ...good.Condition, StringNotLike: { [`${HOST}:sub`]: '*/main*' } } },
  ],
  [
    'a negated condition on oaud',
    { ...good, Condition: { ...good.Condition, StringNotEquals: { [`${HOST}:oaud`]: 'x' } } },
    'passes-when-absent',
  ],
  [
    'IfExists on a key of the request',
    { ...good, Condition: { ...good.Condition, StringEqualsIfExists: { 'aws:SourceVpc': 'x' } } },
  ],
  [
    'IfExists in a Deny',
    { ...good, Effect: 'Deny', Condition: { StringEqualsIfExists: { [`${HOST}:sub`]: 'x' } } },
  ],
  ['a wide subject in a Deny, and one that is negated', { ...like('org/*'), Effect: 'Deny' }],
  [
    'a wide negated subject',
    { ...good, Condition: { ...good.Condition, StringNotLike: { [`${HOST}:sub`]: 'org/*' } } },
  ],
  [
    'the audience as it was given',
    statement({
      StringEquals: { [`${HOST}:oaud`]: ORG },
      StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` },
    }),
  ],
  [
    'a key that begins like the audience',
    statement({
      StringEquals: { [`${HOST}:audience`]: ORG },
      StringLike: { [`${HOST}:sub`]: `${SUBJECT}/*` },
    }),
    'no-audience',
    'key-not-seen',
  ],
  ['NotAction', { ...good, Action: undefined, NotAction: 'sts:TagSession' }, 'broad-action'],
  [
    'NotAction that lists it',
    { ...good, Action: undefined, NotAction: 'sts:Assume*' },
    'wrong-action',
  ],
  [
    'a service',
    { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
  [
    'a service beside any AWS principal, for tokens',
    { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRoleWithWebIdentity' },
    'anyone-principal',
  ],
  [
    'a SAML provider',
    {
      Effect: 'Allow',
      Principal: { Federated: 'arn:aws:iam::111111111111:saml-provider/ADFS' },
      Action: 'sts:AssumeRoleWithSAML',
    },
  ],
  [
    'HTTP in the provider',
    { ...good, Principal: { Federated: provider(`http://${HOST}`) } },
    'scheme-in-key',
  ],
  ['an issuer on this machine', trusting('localhost:8443', 'job:*')],
  ['an issuer on this machine, by address', trusting('127.0.0.1:8443/x', 'job:*')],
  ['a port and nothing behind', trusting('ci.example:8443', 'job:*'), 'issuer-with-port'],
  ['large letters in an issuer that may have them', trusting('ID.example/CI', 'job:*')],
  [
    'large letters in the path of GitLab',
    trusting('gitlab.com/X', 'project_path:a/b:*'),
    'wrong-case',
  ],
  ['large letters behind gitlab.com', trusting('gitlab.com.Example', 'project_path:a/b:*')],
  ['large letters after another host', trusting('id.example/gitlab.com/X', 'project_path:a/b:*')],
  [
    'large letters in a branch are as they are',
    like(`${SUBJECT}/${USER}/vcs-origin/github.com/Acme/Site/vcs-ref/refs/heads/Main*`),
    'v2-only-subject',
  ],
  [
    'Deny for a slash',
    { ...good, Effect: 'Deny', Principal: { Federated: provider(`${HOST}/`) } },
    'trailing-slash',
  ],
  [
    'several actions, one of them wide',
    { ...good, Action: ['sts:AssumeRoleWithWebIdentity', 'sts:Tag*'] },
    'broad-action',
  ],
  ['two actions', { ...good, Action: ['sts:TagSession', 'sts:AssumeRoleWithWebIdentity'] }],
  ['a Deny without conditions', { ...statement(undefined), Effect: 'Deny' }],
]

for (const [name, one, ...kinds] of CASES) {
  test(`${name}: ${kinds.join(', ') || 'nothing'}`, () => {
    const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: [one] })
    assert.ok('policy' in parsed, JSON.stringify(parsed))
    const found = policyFindings(parsed.policy)
    assert.deepEqual(
      [...new Set(found.map(({ kind }) => kind))].sort(),
      [...kinds].sort(),
      JSON.stringify(found, null, 1),
    )
    for (const { path, detail } of found)
      assert.ok(path.startsWith('Statement[0]') && detail !== '')
  })
}

test('every kind of finding has a case here', () => {
  const needsMore: PolicyFindingKind[] = ['too-long', 'audience-not-registered', 'claim-of-aws']
  const covered = new Set([...CASES.flatMap(([, , ...kinds]) => kinds), ...needsMore])
  assert.deepEqual([...covered].sort(), Object.keys(POLICY_FINDINGS).sort())
})

test('the key of the project id, however it was meant', () => {
  const right = `${HOST}:oidc.circleci.com/project-id`
  for (const key of ['oidc.circleci.com/project-id', `${HOST}:project-id`, `${HOST}/project-id`]) {
    const one = limited(good, { [key]: PROJECT })
    const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: [one] })
    assert.ok('policy' in parsed)
    const found = policyFindings(parsed.policy).find(({ kind }) => kind === 'key-not-seen')
    assert.ok(found?.fix?.includes(right), JSON.stringify(found))
  }
})

/** What is said of the one statement: kind, place, and what stands there. */
function details(one: object, ...kinds: PolicyFindingKind[]) {
  const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: [one] })
  assert.ok('policy' in parsed)
  return policyFindings(parsed.policy)
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ path, detail, fix }) => [path, detail, ...(fix === undefined ? [] : [fix])])
}

test('where, and what stands there', () => {
  const at = (operator: string, key: string) => `Statement[0].Condition.${operator}["${key}"]`
  const sub = `${HOST}:sub`
  const seen = `it sees aud, oaud, sub, amr, oidc.circleci.com/project-id`
  const none = statement(undefined)
  assert.deepEqual(details(none, 'no-condition'), [
    ['Statement[0]', `whoever has a token of ${HOST}`],
  ])
  const bare = statement({ StringLike: { 'aws:x': 'a*' } })
  assert.deepEqual(details(bare, 'no-audience', 'no-subject'), [
    ['Statement[0].Condition', `no condition on ${HOST}:aud`],
    ['Statement[0].Condition', `no condition on ${HOST}:sub`],
  ])
  const any = statement({ StringLike: { 'aws:x': 'a*' } }, { Principal: { Federated: '*' } })
  assert.deepEqual(details(any, 'no-audience', 'anyone-principal'), [
    ['Statement[0].Principal', 'the principal is "*"'],
    ['Statement[0].Condition', 'no condition on ISSUER:aud'],
  ])
  assert.deepEqual(
    details({ ...good, Action: ['sts:AssumeRole', 'sts:TagSession'] }, 'wrong-action'),
    [['Statement[0].Action', `sts:AssumeRole, sts:TagSession for ${HOST}`]],
  )
  assert.deepEqual(
    details({ ...good, Action: undefined, NotAction: 'sts:TagSession' }, 'broad-action'),
    [['Statement[0].NotAction', 'NotAction']],
  )
  const unseen = (operator: string, key: string) =>
    details(
      { ...good, Condition: { ...good.Condition, [operator]: { [key]: 'x' } } },
      'key-not-seen',
    )
  assert.deepEqual(unseen('StringEqualsIgnoreCase', `${HOST}:actor`), [
    [at('StringEqualsIgnoreCase', `${HOST}:actor`), `${HOST}:actor; of ${HOST} ${seen}`],
  ])
  assert.deepEqual(unseen('StringNotEquals', 'actor'), [
    [at('StringNotEquals', 'actor'), 'actor; negated, the condition limits nothing'],
  ])
  assert.deepEqual(unseen('StringEqualsIgnoreCase', 'xproject-id'), [
    [at('StringEqualsIgnoreCase', 'xproject-id'), 'xproject-id'],
  ])
  const fix = `The key of the project id is ${HOST}:oidc.circleci.com/project-id.`
  assert.deepEqual(unseen('StringEqualsIgnoreCase', 'project-id'), [
    [at('StringEqualsIgnoreCase', 'project-id'), 'project-id', fix],
  ])
  assert.deepEqual(unseen('StringEqualsIgnoreCase', 'project-ids'), [
    [at('StringEqualsIgnoreCase', 'project-ids'), 'project-ids'],
  ])
  const onGithub = limited(github('repo:acme/site:*'), { 'project-id': 'x' })
  assert.equal(details(onGithub, 'key-not-seen')[0]?.length, 2)
  assert.deepEqual(details(like(['org/*', 'x*'], sub), 'any-project'), [
    [at('StringLike', sub), '"org/*"'],
    [at('StringLike', sub), '"x*"'],
  ])
  assert.deepEqual(
    details(like(`${SUBJECT}/*`, `oidc.circleci.com/org/${USER}:sub`), 'issuer-mismatch'),
    [
      [
        at('StringLike', `oidc.circleci.com/org/${USER}:sub`),
        `oidc.circleci.com/org/${USER}:sub, but the provider is ${HOST}`,
      ],
    ],
  )
  assert.deepEqual(details(good, 'issuer-mismatch'), [])
  assert.deepEqual(
    details(
      statement({ StringEquals: { ...aud, [sub]: ['a*', 'b', 'c?'] } }),
      'equals-with-wildcard',
    ),
    [[at('StringEquals', sub), '"a*", "c?"']],
  )
})
