import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTrust } from '../../../src/trust/check/check.ts'
import { whyRejected } from '../../../src/trust/check/rejection.ts'
import { parseTrustPolicy } from '../../../src/trust/policy/policy.ts'
import { ORG, PROJECT, USER } from '../setup.ts'

const HOST = `oidc.circleci.com/org/${ORG}`
const PROVIDER = `arn:aws:iam::111111111111:oidc-provider/${HOST}`
const V1 = `org/${ORG}/project/${PROJECT}/user/${USER}`
const MAIN = `${V1}/vcs-origin/github.com/acme/website/vcs-ref/refs/heads/main`
const CLAIMS = { iss: `https://${HOST}`, aud: ORG, sub: MAIN }
const GITHUB = 'token.actions.githubusercontent.com'

const statement = (condition: object | undefined, change: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(condition ? { Condition: condition } : {}),
  ...change,
})
const aud = { [`${HOST}:aud`]: ORG }
const like = (sub: string | string[], change: object = {}) =>
  statement({ StringEquals: aud, StringLike: { [`${HOST}:sub`]: sub } }, change)

interface Options {
  readonly claims?: object
  readonly role?: { readonly partition: string; readonly accountId: string }
}

function rejected(statements: readonly object[], { claims, role }: Options = {}) {
  const parsed = parseTrustPolicy({ Version: '2012-10-17', Statement: statements })
  assert.ok('policy' in parsed, JSON.stringify(parsed))
  const { policy } = parsed
  const report = checkTrust({
    policy,
    length: 500,
    claims: { ...CLAIMS, ...claims },
    clientIds: [],
    role,
    now: new Date('2026-03-01T12:00:00Z'),
  })
  assert.equal(report.verdict, 'rejects')
  const { meant, causes } = whyRejected(policy, report)
  return {
    meant: meant?.index,
    causes: causes.map(({ title, lines, finding, fix }) => [title, lines, finding?.kind, fix]),
  }
}

type Cause = readonly [
  title: string,
  lines: readonly string[],
  finding?: string | undefined,
  fix?: string | undefined,
]
const CASES: readonly (readonly [
  name: string,
  statements: readonly object[],
  causes: readonly Cause[],
  options?: Options,
])[] = [
  [
    'only a Deny',
    [statement(undefined, { Effect: 'Deny', Principal: { AWS: '111111111111' } })],
    [['no statement allows anything', [], undefined, 'Add a statement with "Effect": "Allow".']],
  ],
  [
    'a Deny that applies, after an Allow that does',
    [
      like(`${V1}/*`),
      statement(
        { StringLike: { [`${HOST}:sub`]: ['*/main', '*/dev'] }, Null: { [`${HOST}:amr`]: 'true' } },
        { Effect: 'Deny' },
      ),
    ],
    [
      [
        'statement 2 denies it by StringLike on sub',
        [
          `StringLike ${HOST}:sub`,
          '  policy  "*/main" or "*/dev"',
          `  token   "${MAIN}"`,
          `Null ${HOST}:amr`,
          '  policy  "true"',
          '  token   has none',
        ],
        undefined,
        'An explicit deny overrides every allow: change the condition of statement 2 if this job should have the role, or use another role.',
      ],
    ],
  ],
  [
    'a Deny without a condition',
    [like(`${V1}/*`), statement(undefined, { Effect: 'Deny' })],
    [
      [
        'statement 2 denies it',
        [],
        undefined,
        'An explicit deny overrides every allow: change the condition of statement 2 if this job should have the role, or use another role.',
      ],
    ],
  ],
  [
    'another audience',
    [statement({ StringEquals: { [`${HOST}:aud`]: ['a', 'b'], [`${HOST}:sub`]: MAIN } })],
    [
      [
        'it requires another audience (statement 1)',
        [`StringEquals ${HOST}:aud`, '  policy  "a" or "b"', `  token   "${ORG}"`],
      ],
    ],
  ],
  [
    'another branch; of several patterns the nearest',
    [like([`org/${USER}/*`, MAIN.replace('main', 'dev'), `org/${ORG}/project/${USER}/*`])],
    [
      [
        'it requires another branch (statement 1)',
        [
          `StringLike ${HOST}:sub`,
          '  policy  vcs-ref/refs/heads/dev',
          '  token   vcs-ref/refs/heads/main',
        ],
      ],
    ],
  ],
  [
    'a wildcard under StringEquals',
    [statement({ StringEquals: { ...aud, [`${HOST}:sub`]: `${V1}/*` } })],
    [
      [
        'StringEquals reads a wildcard as a plain character (statement 1)',
        [`StringEquals ${HOST}:sub`, `  policy  "${V1}/*"`, `  token   "${MAIN}"`],
        'equals-with-wildcard',
      ],
    ],
  ],
  [
    'a subject of a V1 token',
    [statement({ StringEquals: { ...aud, [`${HOST}:sub`]: V1 } })],
    [
      [
        'it has the subject of a V1 token, but the job sends a V2 token (statement 1)',
        [`StringEquals ${HOST}:sub`, `  policy  ${V1}`, `  token   ${MAIN}`],
        'v1-only-subject',
      ],
    ],
  ],
  [
    'a subject of a V2 token',
    [statement({ StringEquals: { ...aud, [`${HOST}:sub`]: MAIN } })],
    [
      [
        'it has the subject of a V2 token, but the job sends a V1 token (statement 1)',
        [`StringEquals ${HOST}:sub`, `  policy  ${MAIN}`, `  token   ${V1}`],
        'v2-only-subject',
      ],
    ],
    { claims: { sub: V1 } },
  ],
  [
    'a key that IAM never sees',
    [statement({ StringEquals: { ...aud, [`${HOST}:subject`]: MAIN } })],
    [
      [
        'IAM never sees this key (statement 1)',
        [
          `StringEquals ${HOST}:subject`,
          `  policy  "${MAIN}"`,
          '  token   has none',
          `  meant   ${HOST}:sub`,
        ],
        'key-not-seen',
      ],
    ],
  ],
  [
    'https:// in a key',
    [statement({ StringEquals: { [`https://${HOST}:aud`]: ORG, [`${HOST}:sub`]: MAIN } })],
    [
      [
        'https:// is not part of a condition key or provider ARN (statement 1)',
        [
          `StringEquals https://${HOST}:aud`,
          `  policy  "${ORG}"`,
          '  token   has none',
          `  meant   ${HOST}:aud`,
        ],
        'scheme-in-key',
      ],
    ],
  ],
  [
    'a key of the branch',
    [
      statement({
        StringEquals: { ...aud, [`${HOST}:oidc.circleci.com/vcs-ref`]: 'refs/heads/main' },
      }),
    ],
    [
      [
        'IAM never sees this key (statement 1)',
        [
          `StringEquals ${HOST}:oidc.circleci.com/vcs-ref`,
          '  policy  "refs/heads/main"',
          '  token   has none',
        ],
        'key-not-seen',
      ],
    ],
  ],
  [
    'another action',
    [like(`${V1}/*`, { Action: 'sts:AssumeRole' })],
    [
      [
        'statement 1 does not allow sts:AssumeRoleWithWebIdentity',
        ['Action allows sts:AssumeRole; the request is sts:AssumeRoleWithWebIdentity'],
        'wrong-action',
        'Add sts:AssumeRoleWithWebIdentity to its actions.',
      ],
    ],
  ],
  [
    'NotAction lists it, and the subject is another',
    [like(`org/${USER}/*`, { Action: undefined, NotAction: 'sts:*' })],
    [
      [
        'statement 1 does not allow sts:AssumeRoleWithWebIdentity',
        ['Action NotAction lists sts:*'],
        'wrong-action',
        'Add sts:AssumeRoleWithWebIdentity to its actions.',
      ],
      [
        'the subject has another form (statement 1)',
        [`StringLike ${HOST}:sub`, `  policy  org/${USER}/*`, `  token   ${MAIN}`],
      ],
    ],
  ],
  [
    'the provider of another issuer',
    [like(`${V1}/*`, { Principal: { Federated: PROVIDER.replace(HOST, GITHUB) } })],
    [
      [
        'the principal is not the provider of this token (statement 1)',
        ['Principal', `  policy  ${PROVIDER.replace(HOST, GITHUB)}`, `  token   ${PROVIDER}`],
        undefined,
        'Name the provider of the token under Federated.',
      ],
    ],
  ],
  [
    'the provider of another account',
    [like(`${V1}/*`, { Principal: { Federated: ['accounts.google.com', PROVIDER] } })],
    [
      [
        'the provider is in account 111111111111, but the role is in 222222222222 (statement 1)',
        [
          'Principal',
          `  policy  accounts.google.com, ${PROVIDER}`,
          `  token   ${PROVIDER.replace('111111111111', '222222222222')}`,
        ],
        undefined,
        'Name the provider of the token under Federated.',
      ],
    ],
    { role: { partition: 'aws', accountId: '222222222222' } },
  ],
  [
    'the provider of another partition',
    [like(`${V1}/*`, { Principal: { Federated: PROVIDER } })],
    [
      [
        'the provider is in partition aws, but the role is in aws-cn (statement 1)',
        ['Principal', `  policy  ${PROVIDER}`, `  token   ${PROVIDER.replace('aws:', 'aws-cn:')}`],
        undefined,
        'Name the provider of the token under Federated.',
      ],
    ],
    { role: { partition: 'aws-cn', accountId: '111111111111' } },
  ],
  [
    'https:// in the provider',
    [like(`${V1}/*`, { Principal: { Federated: PROVIDER.replace(HOST, `https://${HOST}`) } })],
    [
      [
        'https:// is not part of a condition key or provider ARN (statement 1)',
        [
          'Principal',
          `  policy  ${PROVIDER.replace(HOST, `https://${HOST}`)}`,
          `  token   ${PROVIDER}`,
        ],
        'scheme-in-key',
        'Name the provider of the token under Federated.',
      ],
    ],
    { role: { partition: 'aws', accountId: '111111111111' } },
  ],
  [
    'conditions on the request',
    [
      statement({
        StringEquals: {
          'sts:ExternalId': 'x',
          'aws:RequestTag/team': 'ci',
          [`${HOST}:amr`]: 'mfa',
          short: 'x',
        },
        DateLessThan: { 'aws:CurrentTime': '2026-01-01' },
      }),
    ],
    [
      [
        'the request has no sts:ExternalId (statement 1)',
        ['StringEquals sts:ExternalId', '  policy  "x"', '  token   has none'],
        undefined,
        'Change the condition on sts:ExternalId, or make the request match it.',
      ],
      [
        'the request has no aws:RequestTag/team (statement 1)',
        ['StringEquals aws:RequestTag/team', '  policy  "ci"', '  token   has none'],
        undefined,
        'Change the condition on aws:RequestTag/team, or make the request match it.',
      ],
      [
        'the request has no amr (statement 1)',
        [`StringEquals ${HOST}:amr`, '  policy  "mfa"', '  token   has none'],
      ],
      [
        'IAM never sees this key (statement 1)',
        ['StringEquals short', '  policy  "x"', '  token   has none'],
        'key-not-seen',
      ],
      [
        'it requires another aws:CurrentTime (statement 1)',
        [
          'DateLessThan aws:CurrentTime',
          '  policy  "2026-01-01"',
          '  token   "2026-03-01T12:00:00.000Z"',
        ],
        undefined,
        'Change the condition on aws:CurrentTime, or make the request match it.',
      ],
    ],
  ],
]

for (const [name, statements, causes, options] of CASES) {
  test(`why: ${name}`, () => {
    const whole = causes.map(([title, lines, finding, fix]) => [title, lines, finding, fix])
    assert.deepEqual(rejected(statements, options).causes, whole)
  })
}

// By issuer, then by what does not match, then by how much of a value does.
const CLOSEST: readonly (readonly [name: string, closest: number, ...statements: object[]])[] = [
  [
    'the issuer of the token before one on another host, and before another organization',
    2,
    statement(undefined, { Principal: { Federated: PROVIDER.replace(HOST, GITHUB) } }),
    statement(undefined, { Principal: { Federated: PROVIDER.replace(ORG, USER) } }),
    like(`org/${USER}/*`, { Action: 'sts:AssumeRole' }),
  ],
  [
    'another organization before another host',
    1,
    statement(undefined, { Principal: { Federated: PROVIDER.replace(HOST, GITHUB) } }),
    like('x', { Principal: { Federated: PROVIDER.replace(ORG, USER) } }),
  ],
  [
    'the one with fewer mismatches',
    1,
    statement({ StringEquals: { [`${HOST}:aud`]: 'x', [`${HOST}:sub`]: `${MAIN}x` } }),
    like('x'),
  ],
  ['an action is a mismatch, too', 1, like(`${MAIN}x*`, { Action: 'sts:AssumeRole' }), like('x*')],
  [
    'the one whose value goes along with the subject for longest',
    1,
    like(`${V1}/vcs-origin/x*`),
    like([`x`, `${V1}/vcs-origin/github.com/acme/api*`]),
    like(`${V1}/vcs-origin/github.com/a`),
  ],
  ['of equals the first', 0, like('x*'), like('y*')],
  ['no Deny that does not apply', 1, like(`${MAIN}x*`, { Effect: 'Deny' }), like('y*')],
]

for (const [name, closest, ...statements] of CLOSEST) {
  test(`closest: ${name}`, () => assert.equal(rejected(statements).meant, closest))
}

test('without a token there is nothing to say', () => {
  const parsed = parseTrustPolicy({ Statement: like('x') })
  assert.ok('policy' in parsed)
  const { policy } = parsed
  const report = checkTrust({
    policy,
    length: 1,
    claims: undefined,
    clientIds: [],
    now: new Date(),
  })
  assert.deepEqual(whyRejected(policy, report), { meant: undefined, causes: [] })
})
