import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readInventory } from '../../../src/trust/audit/inventory.ts'

const read = (text: string, file = 'a.json') => readInventory([{ file, text }])

const TRUST = { Version: '2012-10-17', Statement: [] }
const ARN = 'arn:aws:iam::111111111111:role/deploy'
const ROLE = { RoleName: 'deploy', Arn: ARN, AssumeRolePolicyDocument: TRUST }
const PROVIDER = 'arn:aws:iam::111111111111:oidc-provider/gitlab.com'

describe('roles in what the AWS CLI prints', () => {
  // https://docs.aws.amazon.com/cli/latest/reference/iam/: list-roles, get-role, get-account-authorization-details; what
  // --query Role leaves; what jq --slurp makes of several.
  for (const [name, value] of [
    ['list-roles', { Roles: [ROLE] }],
    ['get-role', { Role: ROLE }],
    ['get-account-authorization-details', { UserDetailList: [], RoleDetailList: [ROLE] }],
    ['the role alone', ROLE],
    ['a list of answers', [{ Roles: [] }, { Role: ROLE }, { OpenIDConnectProviderList: [] }]],
    ['a list of lists', [[{ Role: ROLE }]]],
  ] as const) {
    test(name, () => {
      const { roles, providers, notes, listedAccounts } = read(JSON.stringify(value))
      const place = { file: 'a.json', line: 1 }
      const found = { arn: ARN, accountId: '111111111111', name: 'deploy', trustPolicy: TRUST }
      assert.deepEqual(roles, [{ ...found, place }])
      assert.deepEqual([providers, notes, listedAccounts.size], [[], [], 0])
    })
  }

  for (const [arn, name] of [
    ['arn:aws:iam::111111111111:role/a/b/deploy', 'deploy'],
    ['arn:aws-us-gov:iam::111111111111:role/deploy', 'deploy'],
    [
      'arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX',
      'AWSServiceRoleForX',
    ],
    ['arn:aws:iam::1:role/deploy', undefined],
    ['arn:aws:iam::111111111111:role/', undefined],
    ['arn:aws:iam::111111111111:user/role/deploy', undefined],
    ['x arn:aws:iam::111111111111:role/deploy', undefined],
    ['arn:aws:sts::111111111111:assumed-role/deploy/s', undefined],
    [7, undefined],
    [undefined, undefined],
  ] as const) {
    test(`the ARN ${arn}`, () => {
      const text = JSON.stringify({ Roles: [{ ...ROLE, Arn: arn }] })
      if (name === undefined) assert.throws(() => read(text), { code: 'file-malformed' })
      else
        assert.deepEqual(
          read(text).roles.map((role) => role.name),
          [name],
        )
    })
  }

  // "Policies returned by this operation are URL-encoded compliant with RFC 3986": API_GetRole.html
  for (const [name, document, policy] of [
    ['as the CLI decodes it', TRUST, TRUST],
    ['as the API gives it', encodeURIComponent(JSON.stringify(TRUST)), JSON.stringify(TRUST)],
    ['decoded already', '{"Sid": "100%25"}', '{"Sid": "100%25"}'],
    ['cut off', '%7B%2', '%7B%2'],
    ['none', undefined, undefined],
  ] as const) {
    test(`the document, ${name}`, () => {
      const { roles } = read(
        JSON.stringify({ Role: { ...ROLE, AssumeRolePolicyDocument: document } }),
      )
      assert.deepEqual(roles[0]?.trustPolicy, policy)
    })
  }

  test('a role that was read twice counts once, as it was read last', () => {
    const { roles } = readInventory([
      { file: 'a', text: JSON.stringify({ Roles: [ROLE] }) },
      { file: 'b', text: JSON.stringify({ Role: { ...ROLE, AssumeRolePolicyDocument: {} } }) },
    ])
    assert.deepEqual(
      roles.map(({ trustPolicy, place }) => [trustPolicy, place.file]),
      [[{}, 'b']],
    )
  })
})

describe('providers in what the AWS CLI prints', () => {
  test('list-open-id-connect-providers: issuers, and the account whose providers are known', () => {
    const { providers, listedAccounts } = read(
      `{\n"OpenIDConnectProviderList": [\n{"Arn": "${PROVIDER}"},\n{"Arn" : "${PROVIDER}/a:b"}]}`,
    )
    const found = { accountId: '111111111111', clientIds: undefined }
    assert.deepEqual(providers, [
      { ...found, arn: PROVIDER, issuer: 'gitlab.com', place: { file: 'a.json', line: 3 } },
      {
        ...found,
        ...{ arn: `${PROVIDER}/a:b`, issuer: 'gitlab.com/a:b', place: { file: 'a.json', line: 4 } },
      },
    ])
    assert.deepEqual([...listedAccounts], ['111111111111'])
  })

  test('get-open-id-connect-provider: no account, but client ids', () => {
    for (const url of ['gitlab.com/https://x', 'https://gitlab.com/https://x']) {
      const text = JSON.stringify({ Url: url, ClientIDList: ['a'], ThumbprintList: [] }, null, 1)
      const { providers, listedAccounts } = read(text)
      assert.deepEqual(providers, [
        {
          ...{ accountId: undefined, arn: undefined, issuer: 'gitlab.com/https://x' },
          ...{ clientIds: ['a'], place: { file: 'a.json', line: 2 } },
        },
      ])
      assert.equal(listedAccounts.size, 0)
    }
  })

  for (const value of [
    { OpenIDConnectProviderList: [{ Arn: PROVIDER }, {}] },
    { OpenIDConnectProviderList: [{}, { Arn: PROVIDER }] },
    { OpenIDConnectProviderList: ['x'] },
    { OpenIDConnectProviderList: [{ Arn: 'arn:aws:iam::1:oidc-provider/x' }] },
    { OpenIDConnectProviderList: [{ Arn: 'arn:aws:iam::111111111111:oidc-provider/' }] },
    { OpenIDConnectProviderList: [{ Arn: `x${PROVIDER}` }] },
    { OpenIDConnectProviderList: [{ Arn: 'arn:aws:iam::111111111111:saml-provider/x' }] },
    { Url: 'gitlab.com' },
    { Url: 'gitlab.com', ClientIDList: ['a', 1] },
    { Url: 'gitlab.com', ClientIDList: 'a' },
    { Url: 1, ClientIDList: ['a'] },
    { Roles: [ROLE, 'x'] },
    { Roles: [null] },
    [{ Roles: [] }, { Users: [] }],
    [null],
    'x',
    null,
  ]) {
    test(`refused: ${JSON.stringify(value)}`, () => {
      assert.throws(() => read(JSON.stringify(value)), { code: 'file-malformed' })
    })
  }
})

describe('where things are in the output', () => {
  test('the line of each ARN, or that of the answer it stands in', () => {
    const two = `${ARN}2`
    const text = `\n\n{"Roles": [\n ${JSON.stringify(ROLE)},\n\n ${JSON.stringify({ ...ROLE, Arn: two })}]}\n
{"Role":\n{"AssumeRolePolicyDocument": {}, "\\u0041rn": "${ARN}3"}}`
    const lines = read(text).roles.map(({ place }) => place.line)
    assert.deepEqual(lines, [4, 6, 8])
  })

  test('a value with brackets, quotation marks and backslashes is no bracket', () => {
    const value = { Roles: [], Marker: '}]{[ \\ " \\" }' }
    const { roles } = read(`${JSON.stringify(value)}${JSON.stringify({ Role: ROLE })}`)
    assert.equal(roles.length, 1)
  })

  test('the ARN that stands first', () => {
    const text = `{"Role":\n${JSON.stringify(ROLE)}}\n{"Role":\n${JSON.stringify(ROLE)}}`
    assert.equal(read(text).roles[0]?.place.line, 2)
  })

  const PROBLEMS: readonly (readonly [text: string, problem: RegExp])[] = [
    ['', /^a\.json can't be read .*: is empty\.$/],
    [' \n ', /: is empty\.$/],
    ['{"Roles": []}\n\n{"Users": []}', /: what begins on line 3 is not output/],
    ['\n{"Roles": []}\n  [7]', /: what begins on line 3 is not output/],
    ['{"Roles": []}\nnone', /: the output on line 2 /],
    ['\n\n{"Roles": [}', /: the output on line 3 /],
    ['{"Roles": []}\n{"Roles": [', /: the output on line 2 /],
  ]
  for (const [text, message] of PROBLEMS) {
    test(`the line of what is wrong: ${JSON.stringify(text)}`, () => {
      assert.throws(() => read(text), { code: 'file-malformed', message })
    })
  }

  test('a policy alone is for another command', () => {
    const text = '{"Version": "2012-10-17", "Statement": []}'
    assert.throws(() => read(text), { code: 'file-malformed', likely: /trust check --policy FILE/ })
  })

  test('stdin is called so', () => {
    assert.throws(() => read('', '-'), { message: /^stdin can't be read/ })
    assert.deepEqual(read('{"Roles": [], "IsTruncated": true}', '-').notes, [
      'stdin, line 1: the output is incomplete; the rest was not read.',
    ])
  })

  for (const [more, isPart] of [
    ['"IsTruncated": true, "Marker": "x"', true],
    ['"NextToken": "x"', true],
    ['"IsTruncated": false', false],
    ['"NextToken": null', false],
    ['"IsTruncated": "true"', false],
  ] as const) {
    test(`${more}: ${isPart ? 'a part' : 'the whole'}`, () => {
      const { notes } = read(`{"Roles": []}\n{"Roles": [], ${more}}`)
      assert.deepEqual(
        notes,
        isPart ? ['a.json, line 2: the output is incomplete; the rest was not read.'] : [],
      )
    })
  }
})
