import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import type { Generated } from '../../../src/trust/generate/files.ts'
import { generate, generateAll } from '../../../src/trust/generate/generate.ts'
import { stackSet } from '../../../src/trust/generate/stack-set.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import type { RoleSetup } from '../../../src/trust/roles/setup.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { circleci, fullSetup, ORG, PERMISSIONS, PROJECT, setupFor } from '../setup.ts'
import { runWithAws } from './recorded-aws.ts'

/** A template without its descriptions, which are for people, by a reader that knows YAML 1.1 as CloudFormation does. */
function template({ text }: Pick<Generated, 'text'>) {
  return withoutDescriptions(parse(text, { version: '1.1' })) as {
    readonly Conditions: object
    readonly Resources: Readonly<Record<string, { readonly Properties: object }>>
  }
}

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, one]) => [key, withoutDescriptions(one)])
  return Object.fromEntries(entries.filter(([key]) => key !== 'Description'))
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/: aws-resource-iam-oidcprovider.html (Ref is
// its ARN), aws-resource-iam-role.html, intrinsic-function-reference-conditions.html
const HOST = `oidc.circleci.com/org/${ORG}`
const SUBJECT = `org/${ORG}/project/${PROJECT}/user/*`
const TOKEN_CONDITION = {
  StringEquals: { [`${HOST}:aud`]: ORG },
  StringLike: { [`${HOST}:sub`]: SUBJECT },
}
const EXISTING = {
  'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:oidc-provider/${HOST}`,
}
const madeOrExisting = (name = 'Provider') => ({
  Federated: { 'Fn::If': [`Creates${name}`, { Ref: name }, EXISTING] },
})
const policy = (principal: object, action: string, condition?: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      ...{ Effect: 'Allow', Principal: principal, Action: action },
      ...(condition && { Condition: condition }),
    },
  ],
})
const tokenPolicy = (principal: object) =>
  policy(principal, 'sts:AssumeRoleWithWebIdentity', TOKEN_CONDITION)
const provider = (more: object = {}, name = 'Provider') => ({
  Type: 'AWS::IAM::OIDCProvider',
  Condition: `Creates${name}`,
  Properties: { Url: `https://${HOST}`, ClientIdList: [ORG], ...more },
})
const role = (properties: object) => ({ Type: 'AWS::IAM::Role', Properties: properties })
const NAMED = { RoleName: { Ref: 'RoleName' }, MaxSessionDuration: { Ref: 'MaxSessionDuration' } }
const parameters = (seconds = 3600) => ({
  RoleName: { Type: 'String', Default: 'circleci-oidc' },
  MaxSessionDuration: { Type: 'Number', MinValue: 3600, MaxValue: 43_200, Default: seconds },
})
const CREATE_PROVIDER = {
  CreateProvider: { Type: 'String', AllowedValues: ['true', 'false'], Default: 'true' },
}
const ASKED = { 'Fn::Equals': [{ Ref: 'CreateProvider' }, 'true'] }
const ROLE_ARN = { RoleArn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } } }
const VERSION = { AWSTemplateFormatVersion: '2010-09-09' }

const TRUSTED = 'arn:aws:iam::111111111111:role/a'
const BOUNDARY = 'arn:aws:iam::aws:policy/PowerUserAccess'
const TAGS = {
  Tags: [
    { Key: 'Name', Value: 'circleci-oidc' },
    { Key: 'cost:center', Value: 'no' },
  ],
}
const forTokens = (seconds: number, ofProvider: object, ofRole: object) => ({
  ...VERSION,
  Parameters: { ...parameters(seconds), ...CREATE_PROVIDER },
  Conditions: { CreatesProvider: ASKED },
  Resources: {
    Provider: provider(ofProvider),
    Role: role({
      ...NAMED,
      AssumeRolePolicyDocument: tokenPolicy(madeOrExisting()),
      ...ofRole,
    }),
  },
  Outputs: { ...ROLE_ARN, ProviderArn: { Value: madeOrExisting().Federated } },
})
const forRole = (condition?: object) => ({
  ...VERSION,
  Parameters: parameters(),
  Resources: {
    Role: role({
      ...NAMED,
      AssumeRolePolicyDocument: policy({ AWS: TRUSTED }, 'sts:AssumeRole', condition),
    }),
  },
  Outputs: ROLE_ARN,
})
const CASES: Readonly<Record<string, readonly [RoleSetup, expected: object]>> = {
  'what is asked for least': [setupFor(circleci()), forTokens(3600, {}, {})],
  everything: [
    { ...fullSetup(circleci()), permissionsBoundary: BOUNDARY },
    forTokens(
      7200,
      { ThumbprintList: ['6938fd4d98bab03faadb97b34396831e3780aea1'], ...TAGS },
      {
        PermissionsBoundary: BOUNDARY,
        ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        Policies: [{ PolicyName: { Ref: 'RoleName' }, PolicyDocument: PERMISSIONS }],
        ...TAGS,
      },
    ),
  ],
  'a chained role': [
    setupFor(trustedRole(TRUSTED, 'acme:7')),
    forRole({ StringEquals: { 'sts:ExternalId': 'acme:7' } }),
  ],
  'a chained role without an external id': [setupFor(trustedRole(TRUSTED, undefined)), forRole()],
}

describe('a template for one role', () => {
  for (const [name, [setup, expected]] of Object.entries(CASES)) {
    test(name, () => {
      const generated = generate('cloudformation', setup)
      assert.deepEqual(template(generated), expected)
      assert.deepEqual(generated.files, [{ name: 'template.yaml', text: generated.text }])
      const whole = parse(generated.text) as { Parameters: Record<string, object> }
      for (const one of Object.values(whole.Parameters)) assert.ok('Description' in one)
    })
  }

  test('reads as people write it', () => {
    const { text } = generate('cloudformation', fullSetup(circleci()))
    assert.match(
      text,
      /^AWSTemplateFormatVersion: "2010-09-09"\nDescription: OIDC provider and role /,
    )
    assert.match(text, /\n {2}Role:\n {4}Type: AWS::IAM::Role\n {4}Properties:\n {6}RoleName:\n/)
    assert.match(text, /\n {6}Tags:\n {8}- Key: Name\n {10}Value: circleci-oidc\n/)
  })
})

const account = (id: string) => ({ 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, id] })
const DEV = '[account dev]\naccount_id = 111111111111\n'
const PROD = '[account prod]\naccount_id = 222222222222\n'
const TEST = '[account test]\naccount_id = 333333333333\n'
const HAS_ONE = 'create_provider = false\n'
const COMMON = `[organization]\norg_id = ${ORG}\nproject_id = ${PROJECT}\n`
const [dev, prod] = [account('111111111111'), account('222222222222')]

/** A roles file, its conditions, and the resources with the principals of the roles. */
const ORGANIZATIONS: Readonly<
  Record<string, readonly [text: string, conditions: object, made: object]>
> = {
  'every account makes the provider': [
    `${DEV}${PROD}[role deploy]\n`,
    { CreatesProvider: ASKED },
    { Provider: 'CreatesProvider', DeployRole: [undefined, madeOrExisting()] },
  ],
  'an account has it already': [
    `${DEV}${PROD}${HAS_ONE}[role deploy]\n`,
    { CreatesProvider: { 'Fn::And': [ASKED, { 'Fn::Not': [prod] }] } },
    { Provider: 'CreatesProvider', DeployRole: [undefined, madeOrExisting()] },
  ],
  'two accounts have it already': [
    `${DEV}${HAS_ONE}${PROD}${HAS_ONE}${TEST}[role deploy]\n`,
    { CreatesProvider: { 'Fn::And': [ASKED, { 'Fn::Not': [{ 'Fn::Or': [dev, prod] }] }] } },
    { Provider: 'CreatesProvider', DeployRole: [undefined, madeOrExisting()] },
  ],
  'only the accounts with a role make the provider': [
    `${DEV}${PROD}[role deploy]\naccounts = dev\n`,
    { CreatesProvider: { 'Fn::And': [ASKED, dev] }, HasDeployRole: dev },
    { Provider: 'CreatesProvider', DeployRole: ['HasDeployRole', madeOrExisting()] },
  ],
  'the only account with a role has it already': [
    `${DEV}${PROD}${HAS_ONE}[role deploy]\naccounts = prod\n`,
    { HasDeployRole: prod },
    { DeployRole: ['HasDeployRole', { Federated: EXISTING }] },
  ],
  'a role where the provider is made, and one where it is there': [
    `${DEV}${PROD}${HAS_ONE}${TEST}[role a]\naccounts = dev\n[role b]\naccounts = prod\n`,
    { CreatesProvider: { 'Fn::And': [ASKED, dev] }, HasARole: dev, HasBRole: prod },
    {
      Provider: 'CreatesProvider',
      ARole: ['HasARole', madeOrExisting()],
      BRole: ['HasBRole', { Federated: EXISTING }],
    },
  ],
  'a role in two of three accounts, one of which has the provider': [
    `${DEV}${PROD}${HAS_ONE}${TEST}[role deploy]\naccounts = dev, prod\n`,
    {
      CreatesProvider: { 'Fn::And': [ASKED, dev] },
      HasDeployRole: { 'Fn::Or': [dev, prod] },
    },
    { Provider: 'CreatesProvider', DeployRole: ['HasDeployRole', madeOrExisting()] },
  ],
  'a role everywhere and one that is limited': [
    `${DEV}${PROD}[role all]\n[role one]\naccounts = dev\n`,
    { CreatesProvider: ASKED, HasOneRole: dev },
    {
      Provider: 'CreatesProvider',
      AllRole: [undefined, madeOrExisting()],
      OneRole: ['HasOneRole', madeOrExisting()],
    },
  ],
  'names that would be the same, and a chained role': [
    `${DEV}[role a-b]\n[role a.b]\n[role a_c]\ntrusts_role = ${TRUSTED}\n`,
    { CreatesProvider: ASKED },
    {
      Provider: 'CreatesProvider',
      ABRole: [undefined, madeOrExisting()],
      ABRole2: [undefined, madeOrExisting()],
      ACRole: [undefined, { AWS: TRUSTED }],
    },
  ],
  'nothing but a chained role': [
    `${DEV}${PROD}[role a]\naccounts = dev\ntrusts_role = ${TRUSTED}\n`,
    { HasARole: dev },
    { ARole: ['HasARole', { AWS: TRUSTED }] },
  ],
}
const organization = (text: string) => parseRolesFile(COMMON + text, 'roles.ini', '.', {})

interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly Properties: {
    readonly AssumeRolePolicyDocument: { readonly Statement: readonly [{ Principal: object }] }
  }
}

describe('a template for the roles of many accounts', () => {
  for (const [name, [text, conditions, made]] of Object.entries(ORGANIZATIONS)) {
    test(name, async () => {
      const { Conditions, Resources, ...rest } = template(
        generateAll('cloudformation', await organization(text)),
      )
      assert.deepEqual(Conditions, conditions)
      const resources = Object.entries(Resources as unknown as Record<string, Resource>)
      const seen = resources.map(([id, { Type, Condition, Properties }]) => {
        if (Type === 'AWS::IAM::OIDCProvider') return [id, Condition]
        return [id, [Condition, Properties.AssumeRolePolicyDocument.Statement[0].Principal]]
      })
      assert.deepEqual(Object.fromEntries(seen), made)
      const isMade = 'Provider' in made
      assert.deepEqual(rest, { ...VERSION, ...(isMade && { Parameters: CREATE_PROVIDER }) })
    })
  }

  test('two issuers; a role with all that it can have', async () => {
    const text = `${DEV}[role deploy]
role_name = deployer
tags = owner=a
max_session_duration = 7200
permissions_boundary = ${BOUNDARY}
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
[role of-github]
repository = acme/site
ref = main
`
    const { Conditions, Resources } = template(
      generateAll('cloudformation', await organization(text)),
    )
    assert.deepEqual(Conditions, { CreatesProvider1: ASKED, CreatesProvider2: ASKED })
    const github = 'token.actions.githubusercontent.com'
    const existing = {
      'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:oidc-provider/${github}`,
    }
    assert.deepEqual(Resources, {
      Provider1: provider({ Tags: [{ Key: 'owner', Value: 'a' }] }, 'Provider1'),
      Provider2: provider(
        { Url: `https://${github}`, ClientIdList: ['sts.amazonaws.com'] },
        'Provider2',
      ),
      DeployRole: role({
        RoleName: 'deployer',
        MaxSessionDuration: 7200,
        AssumeRolePolicyDocument: tokenPolicy(madeOrExisting('Provider1')),
        PermissionsBoundary: BOUNDARY,
        ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
        Tags: [{ Key: 'owner', Value: 'a' }],
      }),
      OfGithubRole: role({
        RoleName: 'of-github',
        AssumeRolePolicyDocument: policy(
          { Federated: { 'Fn::If': ['CreatesProvider2', { Ref: 'Provider2' }, existing] } },
          'sts:AssumeRoleWithWebIdentity',
          {
            StringEquals: {
              [`${github}:aud`]: 'sts.amazonaws.com',
              [`${github}:sub`]: 'repo:acme/site:ref:refs/heads/main',
            },
          },
        ),
      }),
    })
  })

  test('two issuers, one with a role that is limited', async () => {
    const text = `${DEV}${PROD}[role a]\naccounts = dev\n[role b]\nrepository = acme/site\n`
    const { Conditions, Resources } = template(
      generateAll('cloudformation', await organization(text)),
    )
    assert.deepEqual(Conditions, {
      CreatesProvider1: { 'Fn::And': [ASKED, dev] },
      CreatesProvider2: ASKED,
      HasARole: dev,
    })
    assert.deepEqual(Object.keys(Resources), ['Provider1', 'Provider2', 'ARole', 'BRole'])
  })

  // "Fn::Or: you must specify at least two and no more than 10 conditions."
  for (const count of [2, 10, 11, 99, 101]) {
    test(`a role in ${count} accounts of ${count + 1}`, async () => {
      const ids = Array.from({ length: count + 1 }, (_, index) => `${100_000_000_000 + index}`)
      const accounts = ids.map((id) => `[account a${id}]\naccount_id = ${id}\n`).join('')
      const given = `${accounts}[role deploy]\naccounts = ${ids.slice(1).join()}\n`
      const { Conditions } = template(generateAll('cloudformation', await organization(given)))
      const { HasDeployRole } = Conditions as { HasDeployRole: object }
      assert.deepEqual(alternatives(HasDeployRole), ids.slice(1))
      const isFlat = !JSON.stringify(HasDeployRole).slice(8).includes('Fn::Or')
      assert.equal(isFlat, count <= 10)
    })
  }
})

/** The accounts of a condition, in order; each Fn::Or is one that CloudFormation takes. */
function alternatives(condition: object): unknown[] {
  const { 'Fn::Or': parts, 'Fn::Equals': equals } = condition as Record<string, object[]>
  if (parts === undefined) return [equals?.[1]]
  assert.ok(parts.length >= 2 && parts.length <= 10, `${parts.length}`)
  return parts.flatMap(alternatives)
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: 500 resources, 1 MB a
// template, 51,200 bytes in a request.
const synthetic = (resources: number, bytes: number): Generated => {
  const text = `Resources:\n${'    Type: AWS::X\n'.repeat(resources)}`
  const whole = `${text}#${'é'.repeat(Math.floor((bytes - text.length - 2) / 2))}`
  return { files: [], text: `${whole.padEnd(whole.length + ((bytes - text.length) % 2), 'x')}\n` }
}

describe('a stack set', () => {
  for (const [resources, bytes, isTaken] of [
    [500, 1_000_000, true],
    [501, 100_000, false],
    [1, 1_000_001, false],
  ] as const) {
    test(`${resources} resources in ${bytes} bytes are ${isTaken ? 'taken' : 'refused'}`, () => {
      const given = synthetic(resources, bytes)
      assert.equal(Buffer.byteLength(given.text), bytes)
      if (isTaken) return assert.equal(stackSet(given, 'x').files.length, 1)
      const message = new RegExp(`${resources} resources and ${bytes} bytes; .* 500 and 1000000`)
      return assert.throws(() => stackSet(given, 'x'), { code: 'invalid-usage', message })
    })
  }

  test('a template goes into the request as long as it may', () => {
    const uploads = (bytes: number) =>
      stackSet(synthetic(1, bytes), 'x').files[0]?.text.includes('TEMPLATE_BUCKET')
    assert.deepEqual([uploads(51_200), uploads(51_201)], [false, true])
  })

  test('the script carries the template, and deploys it under the name of the role', () => {
    for (const setup of [setupFor(circleci()), setupFor(trustedRole(TRUSTED, undefined))]) {
      const generated = generate('stack-set', setup)
      const { text } = generate('cloudformation', setup)
      assert.deepEqual(
        generated.files.map(({ name, executable = false }) => [name, executable]),
        [
          ['template.yaml', false],
          ['deploy.sh', true],
        ],
      )
      for (const script of ['deploy.sh', undefined]) {
        const ran = runWithAws(generated, script, { fails: 'create-stack-instances' }, [
          'ou-a',
          'ou-b',
        ])
        const [check, list, create, instances] = ran.calls
        const call = (command: string) => ['cloudformation', command]
        const whole = text.trimEnd()
        assert.deepEqual(check, [...call('validate-template'), '--template-body', `${whole}\n`])
        assert.deepEqual(list?.slice(0, 6), [
          ...[...call('list-stack-sets'), '--status', 'ACTIVE', '--call-as', 'SELF'],
        ])
        const takesProvider = setup.party.kind === 'tokens'
        const provider = ['--parameters', 'ParameterKey=CreateProvider,ParameterValue=true']
        assert.deepEqual(create, [
          ...[...call('create-stack-set'), '--stack-set-name', 'circleci-oidc'],
          ...['--call-as', 'SELF', '--template-body', text],
          ...['--capabilities', 'CAPABILITY_NAMED_IAM', ...(takesProvider ? provider : [])],
          ...['--permission-model', 'SERVICE_MANAGED', '--auto-deployment'],
          'Enabled=true,RetainStacksOnAccountRemoval=false',
        ])
        assert.equal(instances?.[1], 'create-stack-instances')
        assert.ok(instances?.includes('OrganizationalUnitIds=ou-a,ou-b'))
        assert.notEqual(ran.status, 0)
        assert.equal(ran.calls.length, 4)
      }
      assert.equal(/CREATE_PROVIDER/.test(generated.text), setup.party.kind === 'tokens')
      assert.doesNotMatch(generated.text, /TEMPLATE_BUCKET/)
    }
  })
})
