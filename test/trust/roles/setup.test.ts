import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  organizationOf,
  providersOf,
  roleArn,
  rolesOfProjects,
} from '../../../src/trust/roles/organization.ts'
import { conditionBlock, policyWith } from '../../../src/trust/roles/policy-document.ts'
import { parseRolesFile, readRolesFile } from '../../../src/trust/roles/roles-file.ts'
import { accountOf, checkAccountId, checkSetup, readTags } from '../../../src/trust/roles/setup.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { ACCOUNT, circleci, github, issuer, ORG, PROJECT, setupFor, USER } from '../setup.ts'

const directory = mkdtempSync(join(tmpdir(), 'setup-'))
after(() => rmSync(directory, { recursive: true }))
const ROLE = `arn:aws:iam::${ACCOUNT}:role/base`
const tags = (count: number) => new Map(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']))
const SHA1 = '6938fd4d98bab03faadb97b34396831e3780aea1'

// IAM API Reference: CreateRole (RoleName, MaxSessionDuration, Tags), CreateOpenIDConnectProvider (ThumbprintList).
describe('what IAM takes of a role', () => {
  for (const change of [
    { partition: 'aws-us-gov' },
    { roleName: 'x'.repeat(64) },
    { maxSessionDuration: 3600 },
    { maxSessionDuration: 43_200 },
    { thumbprints: [SHA1, SHA1.toUpperCase(), SHA1, SHA1, SHA1] },
    { tags: tags(50) },
    { accountId: undefined },
    { policyArns: [`arn:aws:iam::${ACCOUNT}:policy/team/ci`] },
    { permissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess' },
  ]) {
    test(JSON.stringify(change).slice(0, 60), () => {
      const setup = setupFor(circleci(), change)
      assert.equal(checkSetup(setup), setup)
    })
  }

  const long = `${'x'.repeat(200)}`
  const REFUSED: readonly (readonly [change: object, message: string])[] = [
    [
      { partition: 'aws2' },
      '--partition has "aws2", but it must be a partition such as aws or aws-cn.',
    ],
    [
      { partition: 'xaws' },
      '--partition has "xaws", but it must be a partition such as aws or aws-cn.',
    ],
    [
      { accountId: '12345678901' },
      '--account-id has "12345678901", but it must be a number of 12 digits.',
    ],
    [
      { accountId: 'x123456789012' },
      '--account-id has "x123456789012", but it must be a number of 12 digits.',
    ],
    [
      { accountId: '123456789012x' },
      '--account-id has "123456789012x", but it must be a number of 12 digits.',
    ],
    [
      { roleName: `${long}y` },
      `--role-name has "${long}", but it must be a name of 1 to 64 letters, digits and _+=,.@-.`,
    ],
    [
      { maxSessionDuration: 3599 },
      '--max-session-duration has "3599", but it must be a number of seconds from 3600 to 43200.',
    ],
    [
      { maxSessionDuration: 43_201 },
      '--max-session-duration has "43201", but it must be a number of seconds from 3600 to 43200.',
    ],
    [
      { thumbprints: [`${SHA1}0`] },
      `--thumbprints has "${SHA1}0", but it must be a SHA-1 of 40 hexadecimal digits.`,
    ],
    [
      { thumbprints: [`x${SHA1}`] },
      `--thumbprints has "x${SHA1}", but it must be a SHA-1 of 40 hexadecimal digits.`,
    ],
    [
      { thumbprints: Array(6).fill('a'.repeat(40)) },
      `--thumbprints has "${Array(6).fill('a'.repeat(40)).join().slice(0, 200)}", but it must be at most 5 thumbprints.`,
    ],
    [{ tags: tags(51) }, '--tags has "51 tags", but it must be at most 50 tags.'],
    [
      { tags: new Map([['aws:x', 'y']]) },
      '--tags has "aws:x=y", but it must be KEY=VALUE with letters, digits, spaces and _.:/=+-@, up to 128 and 256 characters.',
    ],
    ...(['policyArns', 'permissionsBoundary'] as const).flatMap((name) =>
      ['x', 'arn:aws-cn:iam::aws:policy/x', 'arn:aws:iam::aws:policy/*/x'].map((arn) => {
        const option = name === 'policyArns' ? 'policy-arns' : 'permissions-boundary'
        const form =
          'a managed policy of the partition aws, such as arn:aws:iam::aws:policy/ReadOnlyAccess'
        return [
          { [name]: name === 'policyArns' ? [arn] : arn },
          `--${option} has "${arn}", but it must be ${form}.`,
        ] as const
      }),
    ),
  ]
  for (const [change, message] of REFUSED) {
    test(`refused: ${message.slice(0, 90)}`, () => {
      assert.throws(() => checkSetup(setupFor(circleci(), change)), {
        code: 'invalid-usage',
        message,
      })
    })
  }

  test('an account', () => {
    assert.equal(checkAccountId('000000000000'), '000000000000')
    assert.equal(accountOf(setupFor(circleci())), ACCOUNT)
    assert.throws(() => accountOf(setupFor(circleci(), { accountId: undefined })), {
      message: '--account-id is missing.',
      why: 'The ARN of the provider in the policy contains the account id.',
    })
  })
})

test('tags of a role', () => {
  assert.deepEqual(
    [...readTags(['a=b=c', 'B='])],
    [
      ['a', 'b=c'],
      ['B', ''],
    ],
  )
  for (const text of ['x', '=x']) {
    assert.throws(() => readTags([text]), {
      message: `--tags has "${text}", which has no "=" between key and value.`,
    })
  }
  assert.throws(() => readTags(['Team=a', 'x=y', 'team=b']), {
    code: 'invalid-usage',
    message: '--tags has the key "team" twice; IAM ignores case in keys.',
    next: 'Leave one of them out.',
  })
})

// reference_policies_elements_condition_operators.html: wildcards under StringLike only.
test('trust policies: tokens, and another role with and without an external id', () => {
  const host = `oidc.circleci.com/org/${ORG}`
  assert.deepEqual(conditionBlock(circleci({ userId: USER, vcsOrigin: 'h/o/r', branch: 'main' })), {
    StringEquals: {
      [`${host}:aud`]: ORG,
      [`${host}:sub`]: `org/${ORG}/project/${PROJECT}/user/${USER}/vcs-origin/h/o/r/vcs-ref/refs/heads/main`,
    },
  })
  const both = circleci({ userId: USER })
  assert.deepEqual(conditionBlock(both), {
    StringEquals: { [`${host}:aud`]: ORG },
    StringLike: { [`${host}:sub`]: both.subjects },
  })
  const literal = { ...issuer({}), subjects: ['a${*}', 'b${?}c'] }
  assert.deepEqual(conditionBlock(literal), {
    StringEquals: {
      'id.example/ci:aud': 'sts.amazonaws.com',
      'id.example/ci:sub': ['a${*}', 'b${?}c'],
    },
  })
  const principal = { AWS: ROLE }
  const statement = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }
  assert.deepEqual(policyWith(principal, trustedRole(ROLE, undefined)), {
    Version: '2012-10-17',
    Statement: [statement],
  })
  assert.deepEqual(policyWith(principal, trustedRole(ROLE, 'ext')), {
    Version: '2012-10-17',
    Statement: [{ ...statement, Condition: { StringEquals: { 'sts:ExternalId': 'ext' } } }],
  })
})

describe('roles named one by one', () => {
  const first = setupFor(circleci(), { roleName: 'a', thumbprints: [SHA1] })
  const second = setupFor(github({}), { roleName: 'b' })

  test('are all of one account', () => {
    const organization = organizationOf([first, second])
    const account = { name: ACCOUNT, id: ACCOUNT, region: undefined, createProvider: true }
    assert.deepEqual(organization.accounts, [account])
    assert.deepEqual(
      organization.roles.map(({ name, setup, accounts }) => [name, setup, accounts]),
      [
        ['a', first, [account]],
        ['b', second, [account]],
      ],
    )
    const [role] = organization.roles
    assert.ok(role)
    assert.equal(roleArn(role, account), `arn:aws:iam::${ACCOUNT}:role/a`)
  })

  // An account holds one provider for an issuer.
  test('share a provider for each issuer, with what is common to them', () => {
    const host = `https://oidc.circleci.com/org/${ORG}`
    const other = setupFor(circleci({ audience: 'x' }), {
      thumbprints: [SHA1, 'b'.repeat(40)],
      tags: new Map([
        ['Team', 'ci'],
        ['Stage', 'prod'],
      ]),
    })
    const tagged = {
      ...first,
      tags: new Map([
        ['Team', 'ci'],
        ['Stage', 'dev'],
        ['Own', 'x'],
      ]),
    }
    const chained = setupFor(trustedRole(ROLE, undefined))
    assert.deepEqual(providersOf([tagged, second, chained, other]), [
      {
        issuer: host,
        clientIds: [ORG, 'x'],
        thumbprints: [SHA1, 'b'.repeat(40)],
        tags: new Map([['Team', 'ci']]),
      },
      {
        issuer: 'https://token.actions.githubusercontent.com',
        clientIds: ['sts.amazonaws.com'],
        thumbprints: [],
        tags: new Map(),
      },
    ])
  })
})

describe('a roles file', () => {
  const ACCOUNTS = `[account dev]\naccount_id = 111111111111\n[account prod]\naccount_id = 222222222222\n`
  const parse = (text: string) => parseRolesFile(text, 'roles.ini', directory, {})

  test('is read from where it is, and paths in it count from there', async () => {
    writeFileSync(join(directory, 'policy.json'), '{"Statement": []}')
    const path = join(directory, 'roles.ini')
    writeFileSync(path, `${ACCOUNTS}[role a]\nrepository = o/r\npermission_policy = policy.json\n`)
    const { roles } = await readRolesFile(path, {})
    assert.deepEqual(roles[0]?.setup.permissionPolicy, { Statement: [] })
    assert.equal(roles[0]?.setup.partition, 'aws')
    assert.deepEqual(roles[0]?.setup.policyArns, [])
  })

  test('what [organization] says for all, a role may say otherwise', async () => {
    const { roles } = await parse(
      `[organization]\npartition = aws-cn\ntags = Team=ci\nmax_session_duration = 43200\nregion = cn-north-1\n${ACCOUNTS}[role a]\nrepository = o/r\nany_project = false\n[role b]\nrepository = o/*\nany_project = true\npartition = aws\nmax_session_duration = 3600\nregion = us-east-1\nduration_seconds = 900\nthumbprints = ${SHA1}\n`,
    )
    assert.deepEqual(
      roles.map(({ name, region, durationSeconds, setup }) => [
        ...[name, region, durationSeconds, setup.partition, setup.maxSessionDuration],
        ...[
          [...setup.tags],
          setup.thumbprints,
          setup.party.kind === 'tokens' && setup.party.subjects,
        ],
      ]),
      [
        ['a', 'cn-north-1', undefined, 'aws-cn', 43_200, [['Team', 'ci']], [], ['repo:o/r:*']],
        ['b', 'us-east-1', 900, 'aws', 3600, [['Team', 'ci']], [SHA1], ['repo:o/*']],
      ],
    )
  })

  test('roles that trust one in an account where it is not made are not led to by its project', async () => {
    const organization = await parse(
      `[organization]\norg_id = ${ORG}\n${ACCOUNTS}[role a]\nproject_id = ${PROJECT}\naccounts = dev, prod\n[role b]\ntrusts_role = arn:aws:iam::222222222222:role/a\naccounts = dev\n[role c]\ntrusts_role = arn:aws:iam::333333333333:role/a\n[role d]\nrepository = o/r\n[role e]\nany_project = true\n`,
    )
    const names = (...projects: string[]) =>
      rolesOfProjects(organization, projects).map(({ name }) => name)
    assert.deepEqual(names(PROJECT), ['a', 'b'])
    assert.deepEqual(names(USER), [])
    assert.deepEqual(names('*'), [])
  })

  const REFUSED: readonly (readonly [text: string, ...lines: string[]])[] = [
    [
      `${ACCOUNTS}create_provider = no\n[role a]\nrepository = o/r\n`,
      'line 5: create_provider is "no"; it must be true or false.',
    ],
    [
      `${ACCOUNTS}create_provider = untrue\n[role a]\nrepository = o/r\n`,
      'line 5: create_provider is "untrue"; it must be true or false.',
    ],
    [
      `${ACCOUNTS}create_provider = trueish\n[role a]\nrepository = o/r\n`,
      'line 5: create_provider is "trueish"; it must be true or false.',
    ],
    [
      `${ACCOUNTS}[role a b]\nrepository = o/r\n`,
      'line 5: "a b" may have only letters, digits, "_", "-" and ".". For others, use role_name.',
    ],
    ...['yes', 'untrue', 'trueish'].map(
      (value) =>
        [
          `${ACCOUNTS}[role a]\nrepository = o/*\nany_project = ${value}\n`,
          `line 7: any_project is "${value}"; it must be true or false.`,
        ] as const,
    ),
    ...['899', '43201', 'x900', '900s', '0000000900'].map(
      (value) =>
        [
          `${ACCOUNTS}[role a]\nrepository = o/r\nmax_session_duration = 43200\nduration_seconds = ${value}\n`,
          `line 8: duration_seconds is "${value}"; it must be a whole number of seconds from 900 to 43200.`,
        ] as const,
    ),
    [
      `${ACCOUNTS}[role a]\nrepository = o/r\nmax_session_duration = 3600\nduration_seconds = 3601\n`,
      'line 8: duration_seconds is 3601, more than the max_session_duration of the role, 3600.',
    ],
    [
      `${ACCOUNTS}[role a]\nrepository = o/r\nduration_seconds = 3601\n`,
      'line 7: duration_seconds is 3601, more than the max_session_duration of the role, 3600.',
    ],
    [
      '[account a]\n[account b]\n[role a]\nrepository = o/r\n',
      'line 1: [account a] has no account_id.',
      'line 2: [account b] has no account_id.',
    ],
    [
      `${ACCOUNTS}[role a]\nrepository = o/r\n[role b]\nrole_name = A\nrepository = o/s\naccounts = prod\n`,
      'line 7: The account 222222222222 would get two roles named A.',
    ],
    [
      `${ACCOUNTS}[role a]\nrepository = o/r\nrole_name = .\n`,
      'line 5: role_name is ".", which can\'t be used as a directory name.',
    ],
  ]
  for (const [text, ...lines] of REFUSED) {
    test(`refused: ${lines[0]}`, async () => {
      await assert.rejects(parse(text), (error: Error) => {
        const found = error.message.split('\n').map((line) => line.trim())
        for (const line of lines)
          assert.ok(
            found.some((one) => one.startsWith(line)),
            error.message,
          )
        return true
      })
    })
  }

  test('names that are taken', async () => {
    const { roles } = await parse(
      `${ACCOUNTS}[role ...]\nrole_name = ...\nrepository = o/r\n`.replace(
        '[role ...]',
        '[role x.y]',
      ),
    )
    assert.equal(roles[0]?.setup.roleName, '...')
    const apart = await parse(
      `${ACCOUNTS}[role a]\nrepository = o/r\naccounts = dev\n[role b]\nrole_name = a\nrepository = o/s\naccounts = prod\n`,
    )
    assert.equal(apart.roles.length, 2)
  })
})
