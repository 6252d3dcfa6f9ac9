import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generate, generateAll } from '../../../src/trust/generate/generate.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import type { RoleSetup } from '../../../src/trust/roles/setup.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { ACCOUNT, circleci, fullSetup, ORG, PERMISSIONS, PROJECT, setupFor } from '../setup.ts'
import { type AwsAnswers, type Ran, runWithAws } from './recorded-aws.ts'

const HOST = `oidc.circleci.com/org/${ORG}`
const PROVIDER = `arn:aws:iam::${ACCOUNT}:oidc-provider/${HOST}`
const THUMBPRINT = '6938fd4d98bab03faadb97b34396831e3780aea1'
const BOUNDARY = 'arn:aws:iam::aws:policy/PowerUserAccess'
const TAGS = [
  { Key: 'Name', Value: 'circleci-oidc' },
  { Key: 'cost:center', Value: 'no' },
]
const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { [`${HOST}:aud`]: ORG },
        StringLike: { [`${HOST}:sub`]: `org/${ORG}/project/${PROJECT}/user/*` },
      },
    },
  ],
}

// The commands of https://docs.aws.amazon.com/cli/latest/reference/iam/, in the order that each needs the one before.
const iam = (command: string, ...args: readonly unknown[]) => ['iam', command, ...args]
const ofProvider = (command: string, ...args: readonly unknown[]) =>
  iam(command, '--open-id-connect-provider-arn', PROVIDER, ...args)
const ofRole = (command: string, ...args: readonly unknown[]) =>
  iam(command, '--role-name', 'circleci-oidc', ...args)

const WHO = ['sts', 'get-caller-identity', '--query', 'Account', '--output', 'text']
const HAS_PROVIDER = ofProvider('get-open-id-connect-provider')
const HAS_ROLE = ofRole('get-role')
const ARN = ofRole('get-role', '--query', 'Role.Arn', '--output', 'text')
const provider = (input: object) =>
  iam('create-open-id-connect-provider', '--cli-input-json', {
    Url: `https://${HOST}`,
    ClientIDList: [ORG],
    ...input,
  })
const role = (input: object) =>
  iam(
    ...['create-role', '--cli-input-json', { RoleName: 'circleci-oidc', ...input }],
    ...['--assume-role-policy-document', TRUST],
  )
const isRegistered = (id: string) =>
  ofProvider(
    'get-open-id-connect-provider',
    ...['--query', `contains(ClientIDList, '${id}')`, '--output', 'text'],
  )

const SETTINGS = [
  ofRole('put-role-permissions-boundary', '--permissions-boundary', BOUNDARY),
  ofRole('update-role', '--max-session-duration', '7200'),
  ofRole('tag-role', '--tags', TAGS),
  ofRole('put-role-policy', '--policy-name', 'circleci-oidc', '--policy-document', PERMISSIONS),
  ofRole('attach-role-policy', '--policy-arn', 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'),
]
const BARE = setupFor(circleci())
const FULL: RoleSetup = { ...fullSetup(circleci()), permissionsBoundary: BOUNDARY }

const CASES: readonly (readonly [
  name: string,
  setup: RoleSetup,
  answers: AwsAnswers,
  calls: readonly unknown[],
])[] = [
  [
    'nothing is there, and little is asked for',
    BARE,
    {},
    [WHO, HAS_PROVIDER, provider({}), HAS_ROLE, role({}), ARN],
  ],
  [
    'nothing is there',
    FULL,
    {},
    [
      ...[WHO, HAS_PROVIDER, provider({ ThumbprintList: [THUMBPRINT], Tags: TAGS })],
      ofProvider('tag-open-id-connect-provider', '--tags', TAGS),
      HAS_ROLE,
      role({ MaxSessionDuration: 7200, PermissionsBoundary: BOUNDARY, Tags: TAGS }),
      ...[...SETTINGS, ARN],
    ],
  ],
  [
    'all is there, but the provider has other client ids',
    FULL,
    { found: true },
    [
      ...[WHO, HAS_PROVIDER, isRegistered(ORG)],
      ofProvider('add-client-id-to-open-id-connect-provider', '--client-id', ORG),
      ofProvider('update-open-id-connect-provider-thumbprint', '--thumbprint-list', THUMBPRINT),
      ofProvider('tag-open-id-connect-provider', '--tags', TAGS),
      HAS_ROLE,
      ofRole('update-assume-role-policy', '--policy-document', TRUST),
      ...[...SETTINGS, ARN],
    ],
  ],
  [
    'all is there, and the provider has the client id',
    BARE,
    { found: true, registered: true },
    [
      ...[WHO, HAS_PROVIDER, isRegistered(ORG), HAS_ROLE],
      ofRole('update-assume-role-policy', '--policy-document', TRUST),
      ARN,
    ],
  ],
  [
    'two thumbprints',
    setupFor(circleci(), { thumbprints: [THUMBPRINT, 'a'.repeat(40)] }),
    { found: true, registered: true },
    [
      ...[WHO, HAS_PROVIDER, isRegistered(ORG)],
      ofProvider(
        'update-open-id-connect-provider-thumbprint',
        ...['--thumbprint-list', THUMBPRINT, 'a'.repeat(40)],
      ),
      HAS_ROLE,
      ofRole('update-assume-role-policy', '--policy-document', TRUST),
      ARN,
    ],
  ],
]

const succeeded = (ran: Ran) => assert.equal(ran.status, 0, ran.stderr)

describe('the script for one role', () => {
  for (const [name, setup, answers, calls] of CASES) {
    test(name, () => {
      for (const script of ['set-up.sh', undefined]) {
        const ran = runWithAws(generate('aws-cli', setup), script, answers)
        succeeded(ran)
        assert.deepEqual(ran.calls, calls)
        assert.equal(ran.stdout, 'arn:of:circleci-oidc\n')
      }
    })
  }

  test('a chained role: no provider', () => {
    const setup = setupFor(trustedRole('arn:aws:iam::111111111111:role/a', 'acme:7'))
    const ran = runWithAws(generate('aws-cli', setup), undefined)
    succeeded(ran)
    const trust = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111111111111:role/a' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': 'acme:7' } },
        },
      ],
    }
    assert.deepEqual(ran.calls, [WHO, HAS_ROLE, [...role({}).slice(0, -1), trust], ARN])
  })

  test('in another partition', () => {
    const { calls } = runWithAws(generate('aws-cli', { ...BARE, partition: 'aws-cn' }), undefined)
    assert.equal(calls[1]?.[3], PROVIDER.replace('aws', 'aws-cn'))
  })

  const ENDS: readonly (readonly [fails: string, last: string, says: RegExp])[] = [
    ['get-caller-identity', 'get-caller-identity', /AccessDenied/],
    ['get-open-id-connect-provider', 'get-open-id-connect-provider', /AccessDenied/],
    ['create-open-id-connect-provider', 'create-open-id-connect-provider', /AccessDenied/],
    ['create-role', 'create-role', /AccessDenied/],
    ...SETTINGS.map(([, command]) => {
      const says = /AccessDenied.*Role circleci-oidc now has the trust policy, but not all/s
      return [String(command), String(command), says] as const
    }),
  ]
  for (const [fails, last, says] of ENDS) {
    test(`ends where AWS denies ${fails}`, () => {
      const { status, stderr, stdout, calls } = runWithAws(generate('aws-cli', FULL), undefined, {
        fails,
      })
      assert.notEqual(status, 0)
      assert.equal(calls.at(-1)?.[1], last)
      assert.match(stderr, says)
      assert.equal(stdout, '')
    })
  }

  test('ends before it changes anything in another account', () => {
    const ran = runWithAws(generate('aws-cli', FULL), undefined, { account: '999999999999' })
    assert.deepEqual([ran.status, ran.calls], [1, [WHO]])
    assert.match(ran.stderr, /999999999999, not to 123456789012/)
  })

  test('says what it does, of what there is', () => {
    const head = (setup: RoleSetup) => generate('aws-cli', setup).text.split('\n\n')[0] ?? ''
    assert.match(head(BARE), /^#!\/bin\/sh\n# .* OIDC provider and the role circleci-oidc in acc/)
    assert.match(
      head(setupFor(trustedRole('arn:aws:iam::111111111111:role/a', undefined))),
      /^.*\n# Creates the role circleci-oidc in account 123456789012/,
    )
    assert.match(generate('aws-cli', FULL).text, /^incomplete\(\) \{$/m)
    assert.doesNotMatch(generate('aws-cli', BARE).text, /incomplete/)
  })
})

const ROLES = `[organization]
org_id = ${ORG}
project_id = ${PROJECT}
tags = for=ci
[account dev]
account_id = 111111111111
[account prod]
account_id = 222222222222
create_provider = false
[account unused]
account_id = 333333333333
[role deploy]
accounts = dev, prod
max_session_duration = 7200
[role of-github]
accounts = dev
tags = for=ci, team=a
repository = acme/site
ref = main
`
const organization = (text = ROLES) => parseRolesFile(text, 'roles.ini', '.', {})
/** Words that tell a call from the others: the command, the role or provider, the names of tags. */
function brief(call: readonly unknown[]): string {
  const [, command, option, name] = call
  const what = String(option) === '--cli-input-json' ? JSON.stringify(name) : String(name)
  const tags = /tag/.test(String(command)) ? ` ${JSON.stringify(call.at(-1))}` : ''
  return `${command} ${what}${tags}`
}
const GITHUB = 'token.actions.githubusercontent.com'
const FOR_CI = '[{"Key":"for","Value":"ci"}]'
const OF_TEAM = '[{"Key":"for","Value":"ci"},{"Key":"team","Value":"a"}]'
const arnIn = (account: string, name: string) => `arn:aws:iam::${account}:oidc-provider/${name}`

describe('the scripts for many accounts', () => {
  test('an account: two providers with the tags that all their roles have, and two roles', async () => {
    const generated = generateAll('aws-cli', await organization())
    const { status, stdout, calls, stderr } = runWithAws(generated, 'dev/set-up.sh', {
      account: '111111111111',
    })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'arn:of:deploy\narn:of:of-github\n')
    const one = arnIn('111111111111', HOST)
    const other = arnIn('111111111111', GITHUB)
    assert.deepEqual(calls.map(brief), [
      'get-caller-identity Account',
      `get-open-id-connect-provider ${one}`,
      `create-open-id-connect-provider {"Url":"https://${HOST}","ClientIDList":["${ORG}"],"Tags":${FOR_CI}}`,
      `tag-open-id-connect-provider ${one} ${FOR_CI}`,
      `get-open-id-connect-provider ${other}`,
      `create-open-id-connect-provider {"Url":"https://${GITHUB}","ClientIDList":["sts.amazonaws.com"],"Tags":${OF_TEAM}}`,
      `tag-open-id-connect-provider ${other} ${OF_TEAM}`,
      'get-role deploy',
      `create-role {"RoleName":"deploy","MaxSessionDuration":7200,"Tags":${FOR_CI}}`,
      'update-role deploy',
      `tag-role deploy ${FOR_CI}`,
      'get-role deploy',
      'get-role of-github',
      `create-role {"RoleName":"of-github","Tags":${OF_TEAM}}`,
      `tag-role of-github ${OF_TEAM}`,
      'get-role of-github',
    ])
    const subjects = calls
      .filter(([, command]) => command === 'create-role')
      .map((call) => JSON.stringify(call.at(-1)))
    assert.match(subjects[0] ?? '', new RegExp(`"org/${ORG}/project/${PROJECT}/user/\\*"`))
    assert.match(subjects[1] ?? '', /"repo:acme\/site:ref:refs\/heads\/main"/)
    const inDev = generated.files.filter(({ name }) => /^dev\/[^/]+$/.test(name))
    const inputs = ['provider-1', 'provider-1-tags', 'provider-2', 'provider-2-tags']
    assert.deepEqual(
      inDev.map(({ name }) => name),
      [...inputs.map((name) => `dev/${name}.json`), 'dev/set-up.sh'],
    )
    assert.match(generated.text, /^# Sets up 2 accounts,/m)
    const { text } = inDev.at(-1) ?? {}
    assert.match(text ?? '', /^# Creates the OIDC provider and 2 roles in account 111111111111/m)
  })

  test('an account whose provider is there already', async () => {
    const generated = generateAll('aws-cli', await organization())
    const names = generated.files.map(({ name }) => name).filter((name) => /^prod/.test(name))
    assert.deepEqual(names, [
      'prod/role.json',
      'prod/trust-policy.json',
      'prod/tags.json',
      'prod/set-up.sh',
    ])
    const answers = { account: '222222222222' }
    const missing = runWithAws(generated, 'prod/set-up.sh', answers)
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /222222222222 has no provider arn:aws:iam::222222222222:oidc-pro/)
    assert.equal(missing.calls.length, 2)
    succeeded(runWithAws(generated, 'prod/set-up.sh', { ...answers, found: true }))
  })

  for (const script of ['set-up.sh', undefined]) {
    test(`one after the other, each with credentials of its own: ${script ?? 'stdin'}`, async () => {
      const generated = generateAll('aws-cli', await organization())
      const ran = runWithAws(generated, script, { account: '111111111111', found: true })
      const roles = ran.calls.map((call, index) => [ran.callers[index], brief(call)].join(' '))
      assert.equal(roles[0], 'mine get-caller-identity Account')
      assert.ok(roles.includes('mine get-role of-github'))
      // The answer names the account of the management, not the one that the role is in.
      assert.deepEqual(roles.slice(-2), [
        'mine assume-role arn:aws:iam::222222222222:role/OrganizationAccountAccessRole',
        'ASIA-of-arn:aws:iam::222222222222:role/OrganizationAccountAccessRolesecrettoken get-caller-identity Account',
      ])
      assert.equal(ran.status, 1)
      assert.match(ran.stderr, /Not set up, see above: 222222222222\n$/)
      assert.equal(ran.calls.flat().includes('333333333333'), false)
    })
  }

  test('with another role of an administrator; what is denied ends that account alone', async () => {
    const generated = generateAll('aws-cli', await organization())
    const answers = { fails: 'assume-role' }
    const ran = runWithAws(generated, undefined, answers, ['Admin'])
    const assumed = ['111111111111', '222222222222'].map((id) => [
      ...['sts', 'assume-role', '--role-arn', `arn:aws:iam::${id}:role/Admin`],
      ...['--role-session-name', 'set-up', '--output', 'text'],
      ...['--query', 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'],
    ])
    assert.deepEqual(ran.calls, [WHO, ...assumed])
    assert.equal(ran.status, 1)
    assert.match(ran.stderr, /Not set up, see above: 111111111111 222222222222\n$/)
  })

  test('in another partition', async () => {
    const given = ROLES.replace('tags =', 'partition = aws-us-gov\ntags =')
    const ran = runWithAws(generateAll('aws-cli', await organization(given)), undefined)
    assert.match(String(ran.calls[1]?.[3]), /^arn:aws-us-gov:iam::111111111111:role\/Organization/)
  })

  test('two roles without tags: the provider has none, either', async () => {
    const given = ROLES.replace('tags = for=ci\n', '').replace('tags = for=ci, team=a\n', '')
    const { files } = generateAll('aws-cli', await organization(given))
    assert.deepEqual(
      files.map(({ name }) => name).filter((name) => /tags/.test(name)),
      [],
    )
  })

  test('one account and one role', async () => {
    const text = `[account a]\naccount_id = ${ACCOUNT}\n[role r]\norg_id = ${ORG}\nproject_id = ${PROJECT}\n`
    const generated = generateAll('aws-cli', await organization(text))
    assert.deepEqual(
      generated.files.map(({ name, executable = false }) => [name, executable]),
      [
        ['a/provider.json', false],
        ['a/role.json', false],
        ['a/trust-policy.json', false],
        ['a/set-up.sh', true],
        ['set-up.sh', true],
      ],
    )
    const ran = runWithAws(generated, undefined)
    succeeded(ran)
    assert.equal(ran.stdout, 'arn:of:r\n')
    assert.match(generated.text, /^# Sets up 1 account,/m)
  })
})
