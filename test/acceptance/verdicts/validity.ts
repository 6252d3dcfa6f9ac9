import {
  conditions,
  HOST,
  ORG,
  PROJECT,
  PROVIDER,
  policies,
  policyOf,
  SUB,
  statement,
  V1,
  type VerdictCase,
} from './case.ts'

const ALLOW = statement({ StringLike: { [`${HOST}:sub`]: '*' } })
const GITHUB = 'token.actions.githubusercontent.com'
const job = {
  iss: `https://${GITHUB}`,
  aud: 'sts.amazonaws.com',
  sub: 'repo:acme/website:ref:refs/heads/main',
  repository: 'acme/website',
  repository_id: '7',
  repository_owner_id: '8',
  actor: 'octocat',
  environment: 'production',
  ref: 'refs/heads/main',
  job_workflow_ref: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
  workflow: 'Deploy',
  runner_environment: 'github-hosted',
  repository_owner: 'acme',
}
const github = (condition: Readonly<Record<string, string>>) =>
  policyOf(
    statement(
      {
        StringEquals: Object.fromEntries(
          Object.entries(condition).map(([claim, value]) => [`${GITHUB}:${claim}`, value]),
        ),
        StringLike: { [`${GITHUB}:sub`]: 'repo:acme/website:*' },
      },
      { Principal: { Federated: PROVIDER.replace(HOST, GITHUB) } },
    ),
  )
const custom = (issuer: string, key = issuer) =>
  policyOf(
    statement(
      { StringEquals: { [`${key}:sub`]: 'job' } },
      { Principal: { Federated: PROVIDER.replace(HOST, issuer) } },
    ),
  )
const of = (issuer: string) => ({ iss: `https://${issuer}`, sub: 'job' })

/** Documents that IAM does not store. */
export const VALIDITY: readonly VerdictCase[] = [
  ...policies('grammar', [
    ['no JSON', 'invalid', '{"Version": "2012-10-17",'],
    ['a comma too many', 'invalid', '{"Version": "2012-10-17", "Statement": [],}'],
    ['a list', 'invalid', '[]'],
    ['a string', 'invalid', '"Allow"'],
    ['no statement', 'invalid', { Version: '2012-10-17' }],
    ['an empty list of statements', 'invalid', policyOf()],
    ['a statement that is a string', 'invalid', policyOf('Allow')],
    ['an element that is none', 'invalid', policyOf({ ...ALLOW, Conditions: {} })],
    ['small letters', 'invalid', policyOf({ ...ALLOW, condition: {} })],
    ['a Resource', 'invalid', policyOf({ ...ALLOW, Resource: '*' })],
    ['an element of the document that is none', 'invalid', { ...policyOf(ALLOW), Name: 'x' }],
    ['an Id', 'allows', { ...policyOf(ALLOW), Id: 'trust' }],
    ['a condition that is a list', 'invalid', policyOf({ ...ALLOW, Condition: [] })],
    ['an operator with a string', 'invalid', policyOf(statement({ StringLike: `${HOST}:sub` }))],
    [
      'a value that is an object',
      'invalid',
      policyOf(statement({ StringLike: { [`${HOST}:sub`]: {} } })),
    ],
    [
      'a value that is null',
      'invalid',
      policyOf(statement({ StringLike: { [`${HOST}:sub`]: null } })),
    ],
  ]),
  ...policies('effect', [
    ['in small letters', 'invalid', policyOf({ ...ALLOW, Effect: 'allow' })],
    ['a word that is none', 'invalid', policyOf({ ...ALLOW, Effect: 'Permit' })],
    ['missing', 'invalid', policyOf({ ...ALLOW, Effect: undefined })],
    ['a boolean', 'invalid', policyOf({ ...ALLOW, Effect: true })],
  ]),
  ...policies('sid', [
    ['letters and digits', 'allows', policyOf({ ...ALLOW, Sid: 'Project1' })],
    ['a blank', 'invalid', policyOf({ ...ALLOW, Sid: 'the project' })],
    ['a hyphen', 'invalid', policyOf({ ...ALLOW, Sid: 'the-project' })],
    ['twice the same', 'invalid', policyOf({ ...ALLOW, Sid: 'A' }, { ...ALLOW, Sid: 'A' })],
  ]),
  ...policies('createRole', [
    [
      'a dash beyond U+00FF',
      'invalid',
      policyOf(statement({ StringLike: { [`${HOST}:sub`]: 'org–*' } })),
    ],
  ]),
  ...policies('checks', [
    [
      'a key twice in an operator, in two cases',
      'invalid',
      policyOf(statement({ StringEquals: { [`${HOST}:aud`]: ORG, [`${HOST}:AUD`]: ORG } })),
    ],
    [
      'a key under two operators',
      'allows',
      policyOf(
        statement({ StringEquals: { [`${HOST}:aud`]: ORG }, StringLike: { [`${HOST}:aud`]: '*' } }),
      ),
    ],
  ]),
  ...conditions('keys', [
    [
      'the project id, under its whole name',
      'allows',
      { StringEquals: { [`${HOST}:oidc.circleci.com/project-id`]: PROJECT } },
    ],
    [
      'another project id',
      'rejects',
      { StringEquals: { [`${HOST}:oidc.circleci.com/project-id`]: ORG } },
    ],
    [
      'the project id without the issuer',
      'rejects',
      { StringEquals: { 'oidc.circleci.com/project-id': PROJECT } },
    ],
    [
      'vcs-ref, which is no key',
      'rejects',
      { StringEquals: { [`${HOST}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' } },
    ],
    [
      'vcs-origin, which is no key',
      'rejects',
      { StringEquals: { [`${HOST}:oidc.circleci.com/vcs-origin`]: 'github.com/acme/website' } },
    ],
    [
      'org-id, which is no key',
      'rejects',
      { StringEquals: { [`${HOST}:oidc.circleci.com/org-id`]: ORG } },
    ],
    [
      'ssh-rerun, which is no key',
      'rejects',
      { Bool: { [`${HOST}:oidc.circleci.com/ssh-rerun`]: 'false' } },
    ],
    ['iss, which is no key', 'rejects', { StringEquals: { [`${HOST}:iss`]: `https://${HOST}` } }],
    ['a key of another issuer', 'rejects', { StringEquals: { 'gitlab.com:sub': SUB } }],
    ['a key with https://', 'rejects', { StringEquals: { [`https://${HOST}:sub`]: SUB } }],
    ['a key with a slash', 'rejects', { StringEquals: { [`${HOST}/:sub`]: SUB } }],
    ['a claim without an issuer', 'rejects', { StringEquals: { sub: SUB } }],
    [
      'azp in the place of aud',
      'rejects',
      { StringEquals: { [`${HOST}:aud`]: ORG } },
      { azp: 'app' },
    ],
    ['azp under aud', 'allows', { StringEquals: { [`${HOST}:aud`]: 'app' } }, { azp: 'app' }],
    [
      'a V1 token and its subject',
      'allows',
      { StringEquals: { [`${HOST}:sub`]: V1 } },
      { sub: V1 },
    ],
  ]),
  ...policies('sts', [
    ['GitHub: repository', 'allows', github({ repository: 'acme/website' }), job],
    ['GitHub: another repository', 'rejects', github({ repository: 'acme/api' }), job],
    ['GitHub: actor', 'allows', github({ actor: 'octocat' }), job],
    ['GitHub: environment', 'allows', github({ environment: 'production' }), job],
    ['GitHub: ref', 'allows', github({ ref: 'refs/heads/main' }), job],
    ['GitHub: repository_owner_id', 'rejects', github({ repository_owner_id: '9' }), job],
    ['GitHub: job_workflow_ref', 'allows', github({ job_workflow_ref: job.job_workflow_ref }), job],
    [
      'GitHub: runner_environment is no key',
      'rejects',
      github({ runner_environment: 'github-hosted' }),
      job,
    ],
    ['GitHub: repository_owner is no key', 'rejects', github({ repository_owner: 'acme' }), job],
    ['an issuer of its own', 'allows', custom('ci.example.com'), of('ci.example.com')],
    ['an issuer with a path', 'allows', custom('ci.example.com/oidc'), of('ci.example.com/oidc')],
    ['an issuer without its path', 'rejects', custom('ci.example.com'), of('ci.example.com/oidc')],
  ]),
  ...conditions('global', [
    ['aws:SourceIp', 'undecided', { StringLike: { 'aws:SourceIp': '203.*' } }],
    ['aws:UserAgent', 'undecided', { StringLike: { 'aws:UserAgent': '*' } }],
    ['aws:SourceVpc', 'undecided', { StringEquals: { 'aws:SourceVpc': 'vpc-1' } }],
    ['aws:PrincipalOrgID', 'undecided', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }],
    ['aws:RequestedRegion', 'undecided', { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }],
    ['aws:PrincipalArn', 'rejects', { StringLike: { 'aws:PrincipalArn': '*' } }],
    ['sts:RoleSessionName', 'undecided', { StringLike: { 'sts:RoleSessionName': 'deploy-*' } }],
    ['sts:ExternalId', 'rejects', { StringEquals: { 'sts:ExternalId': 'acme' } }],
    ['saml:aud', 'rejects', { StringEquals: { 'saml:aud': 'x' } }],
  ]),
]
