import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  comparableIssuer,
  isAbsenceKnown,
  issuerHostPath,
  parseOidcKey,
  providerIssuers,
  seenClaims,
  tokenContextKeys,
} from '../../../src/trust/policy/context-keys.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif

test('a CircleCI token: aud, sub and project-id reach IAM, nothing else', () => {
  const issuer = 'oidc.circleci.com/org/o1'
  const keys = tokenContextKeys({
    iss: `https://${issuer}`,
    aud: 'o1',
    sub: 'org/o1/project/p1/user/u1',
    'oidc.circleci.com/project-id': 'p1',
    'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    'oidc.circleci.com/context-ids': ['c1'],
    'oidc.circleci.com/ssh-rerun': false,
  })
  assert.deepEqual(Object.fromEntries(keys), {
    [`${issuer}:aud`]: ['o1'],
    [`${issuer}:oaud`]: ['o1'],
    [`${issuer}:sub`]: ['org/o1/project/p1/user/u1'],
    [`${issuer}:oidc.circleci.com/project-id`]: ['p1'],
  })
})

test('the key of the project id is written everywhere as IAM has it', () => {
  const claims = { iss: 'https://oidc.circleci.com/org/ORG', 'oidc.circleci.com/project-id': 'p1' }
  const [key = ''] = tokenContextKeys(claims).keys()
  assert.equal(key, 'oidc.circleci.com/org/org:oidc.circleci.com/project-id')
  const pages = ['docs', 'docs/errors', 'docs/findings'].flatMap((folder) =>
    readdirSync(folder).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  )
  const spans = ['README.md', ...pages].flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/`([^`\n]*circleci\.com\/project-id)`/g)].map(
      ([, span = '']) => span.toLowerCase(),
    ),
  )
  assert.deepEqual([...new Set(spans)], [key])
})

test('a GitHub token: the documented claims only', () => {
  const issuer = 'token.actions.githubusercontent.com'
  const keys = tokenContextKeys({
    iss: `https://${issuer}`,
    aud: 'sts.amazonaws.com',
    sub: 'repo:o/r:ref:refs/heads/main',
    repository: 'o/r',
    ref: 'refs/heads/main',
    runner_environment: 'github-hosted',
  })
  assert.deepEqual(
    [...keys.keys()].sort(),
    ['aud', 'oaud', 'ref', 'repository', 'sub'].map((name) => `${issuer}:${name}`),
  )
})

test('with azp, the aud key holds azp and oaud holds aud', () => {
  const keys = tokenContextKeys({
    iss: 'https://id.example',
    aud: ['api', 'info'],
    azp: 'app',
    sub: 's',
  })
  assert.deepEqual(keys.get('id.example:aud'), ['app'])
  assert.deepEqual(keys.get('id.example:oaud'), ['api', 'info'])
})

test('other issuers: no provider-specific claims, amr is a list, a trailing slash stays', () => {
  const keys = tokenContextKeys({
    iss: 'https://ID.example/',
    aud: 'a',
    sub: 's',
    amr: ['mfa', 'pwd'],
    repository: 'x',
    'oidc.circleci.com/project-id': 'p1',
  })
  assert.deepEqual(Object.fromEntries(keys), {
    'id.example/:aud': ['a'],
    'id.example/:oaud': ['a'],
    'id.example/:sub': ['s'],
    'id.example/:amr': ['mfa', 'pwd'],
  })
})

// The condition keys of AssumeRoleWithWebIdentity:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
const GITHUB =
  'actor actor_id enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id workflow'
const BUILDKITE =
  'build_branch cluster_id cluster_name organization_id organization_slug pipeline_id pipeline_slug'
const SEEN: readonly (readonly [issuer: string, claims: string])[] = [
  ['token.actions.githubusercontent.com', GITHUB],
  ['token.actions.githubusercontent.com/acme', GITHUB],
  ['token.actions.acme.ghe.com', GITHUB],
  ['github.com/enterprises/acme', GITHUB],
  [
    'gitlab.com',
    'namespace_id project_id pipeline_source ref_protected runner_environment user_access_level user_email user_id user_login',
  ],
  ['agent.buildkite.com', BUILDKITE],
  ['agent.acme.buildkite.dev', BUILDKITE],
  ['agent.acme.buildkite.site', BUILDKITE],
  ['accounts.google.com', 'google/organization_number'],
  ['idcs-0a1b.identity.oraclecloud.com', 'rpst_id'],
  ['oidc.circleci.com/org/o1', 'oidc.circleci.com/project-id'],
  ['www.amazon.com', 'app_id user_id'],
  ['graph.facebook.com', 'app_id id'],
  // Not in the list: GitLab and CircleCI on a host of one's own, and everything else.
  ['gitlab.example.com', ''],
  ['token.actions.githubusercontent.com.example', ''],
  ['circleci.example.com/org/o1', ''],
]
/** Others that only begin or end like these. */
const LOOK_ALIKES = SEEN.filter(([, claims]) => claims !== '').flatMap(([issuer]) => [
  [`${issuer}/x/y`, ''] as const,
  [`id.example.com/${issuer}`, ''] as const,
])
const everyClaim = SEEN.flatMap(([, claims]) => claims.split(' '))

for (const [issuer, claims] of [...SEEN, ...LOOK_ALIKES]) {
  test(`${issuer}: ${claims || 'no claims of its own'}`, () => {
    const token = Object.fromEntries([...everyClaim, 'project_path'].map((name) => [name, 'x']))
    const keys = [...tokenContextKeys({ iss: `https://${issuer}`, aud: 'a', sub: 's', ...token })]
    const names = ['aud', 'oaud', 'sub', ...claims.split(' ')].filter((name) => name !== '')
    assert.deepEqual(
      keys.map(([key]) => key).sort(),
      names.map((name) => `${issuer}:${name}`).sort(),
    )
    assert.deepEqual([...seenClaims(issuer)].sort(), [...names, 'amr'].sort())
  })
}

test('absence is known of what token and request carry, and of nothing else', () => {
  const known = [
    'gitlab.com:project_path',
    'id.example:sub',
    'https://id.example:sub',
    'vcs-ref',
    'https://id.example:sub',
    'sts:SourceIdentity',
    'sts:TransitiveTagKeys',
    'sts:ExternalId',
    'aws:TagKeys',
    'aws:RequestTag/team',
    'AWS:PrincipalTag/cost-center',
    'aws:SourceIdentity',
    'aws:PrincipalArn',
    'aws:PrincipalAccount',
    'saml:aud',
    'http://id.example:sub',
    'http:sub',
    // Claims and issuers whose names are like those below, at the end or in the middle.
    'id.example/sts:rolesessionname:sub',
    'sts:RoleSessionNames',
    'id.example:emails',
    'id.example/www.amazon.com:user_id',
    'id.example:work:email',
  ]
  const unknown = [
    'aws:SourceIp',
    'aws:FederatedProvider',
    'ec2:SourceInstanceARN',
    'sts:RoleSessionName',
    'sts:RoleAuthorizedByIdp',
    // A key of the User Guide that the Service Authorization Reference lacks.
    'id.example:email',
    'graph.facebook.com:app_id',
    'www.amazon.com:user_id',
    'aws:PrincipalAccounts',
    'aws:RequestTag',
    'ec2:aws:tagkeys',
    'ec2:sts:x',
    'a1-b2:x',
  ]
  assert.deepEqual([...known, ...unknown].filter(isAbsenceKnown), known)
})

// The issuer may have a port (RFC 3986); a claim may have colons and slashes, as CircleCI's do.
test('the keys of a token, taken apart', () => {
  const parts = (key: string) => {
    const { issuer, claim, hasScheme } = parseOidcKey(key) ?? {}
    return issuer === undefined ? undefined : [issuer, claim, ...(hasScheme ? ['scheme'] : [])]
  }
  for (const [key, expected] of [
    ['id.example:sub', ['id.example', 'sub']],
    [
      'oidc.circleci.com/org/o1:oidc.circleci.com/project-id',
      ['oidc.circleci.com/org/o1', 'oidc.circleci.com/project-id'],
    ],
    ['https://id.example:sub', ['id.example', 'sub', 'scheme']],
    ['HTTP://id.example/a:sub', ['id.example/a', 'sub', 'scheme']],
    ['id.example/https://x:sub', ['id.example/https', '//x:sub']],
    ['id.example:8443:sub', ['id.example:8443', 'sub']],
    ['id.example:8443/ci:sub', ['id.example:8443/ci', 'sub']],
    ['id.example:123456:sub', ['id.example', '123456:sub']],
    ['id.example:8443', ['id.example', '8443']],
    ['id.example:a:b', ['id.example', 'a:b']],
    ['id.example:a\nb', ['id.example', 'a\nb']],
    // No colon: a claim without its issuer.
    ['vcs-ref', ['', 'vcs-ref']],
    ['aws:SourceIp', undefined],
    ['sts:ExternalId', undefined],
    ['ec2_x-1:x', undefined],
  ] as const) {
    assert.deepEqual(parts(key), expected, key)
  }
})

test('issuers, as ARNs and as people write them', () => {
  const parsed = parseTrustPolicy({
    Statement: {
      Effect: 'Allow',
      Principal: {
        AWS: '111111111111',
        Federated: [
          'arn:aws:iam::111111111111:oidc-provider/id.example/ci',
          'arn:aws:iam::111111111111:saml-provider/ADFS',
          'accounts.google.com',
          'arn:aws-cn:iam::111111111111:oidc-provider/gitlab.com',
        ],
      },
      Action: 'sts:AssumeRoleWithWebIdentity',
    },
  })
  assert.ok('policy' in parsed)
  const [statement] = parsed.policy.statements
  assert.ok(statement)
  assert.deepEqual(providerIssuers(statement), ['id.example/ci', 'gitlab.com'])
  assert.deepEqual(providerIssuers({ ...statement, principal: undefined }), [])
  const role = { kind: 'AWS', value: 'arn:aws:iam::1:oidc-provider/x' }
  assert.deepEqual(
    providerIssuers({ ...statement, principal: { anyone: false, entries: [role] } }),
    [],
  )
  for (const [issuer, comparable] of [
    ['https://ID.example/CI//', 'id.example/ci'],
    ['HTTP://id.example', 'id.example'],
    ['id.example/https://x', 'id.example/https://x'],
  ] as const) {
    assert.equal(comparableIssuer(issuer), comparable)
  }
  for (const [issuer, hostPath] of [
    ['https://ID.example/CI/', 'ID.example/CI/'],
    ['http://id.example', 'id.example'],
    ['id.example/https://x', 'id.example/https://x'],
  ] as const) {
    assert.equal(issuerHostPath(issuer), hostPath)
  }
})

test('a claim that is absent or null gives no key', () => {
  const keys = tokenContextKeys({
    iss: 'https://id.example',
    sub: null,
    amr: undefined,
    azp: null,
    aud: 'a',
  })
  assert.deepEqual(
    [...keys],
    [
      ['id.example:aud', ['a']],
      ['id.example:oaud', ['a']],
    ],
  )
})
