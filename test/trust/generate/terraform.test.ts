import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generate, generateAll } from '../../../src/trust/generate/generate.ts'
import { parseRolesFile } from '../../../src/trust/roles/roles-file.ts'
import type { RoleSetup } from '../../../src/trust/roles/setup.ts'
import { trustedRole } from '../../../src/trust/subjects/party.ts'
import { ACCOUNT, circleci, fullSetup, github, issuer, ORG, PROJECT, setupFor } from '../setup.ts'
import { type HclBody, readHcl } from './hcl-reader.ts'

// https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/: iam_openid_connect_provider, iam_role,
// iam_role_policy, iam_role_policy_attachment; data-sources/: iam_openid_connect_provider, iam_policy_document.
const PROVIDER = 'resource "aws_iam_openid_connect_provider" "ci"'
const FOUND_PROVIDER = 'data "aws_iam_openid_connect_provider" "ci"'
const TRUST = 'data "aws_iam_policy_document" "trust"'
const ROLE = 'resource "aws_iam_role" "ci"'
const ATTACHMENTS = 'resource "aws_iam_role_policy_attachment" "ci"'
const POLICY = 'resource "aws_iam_role_policy" "ci"'
const TERRAFORM = [
  {
    required_version: '">= 1.3"',
    required_providers: [{ aws: '{ source = "hashicorp/aws" version = ">= 5.81" }' }],
  },
]

/** The files, without the descriptions, which are for people. */
function filesOf(files: readonly { readonly name: string; readonly text: string }[]) {
  return Object.fromEntries(files.map(({ name, text }) => [name, plain(readHcl(text))]))
}

function plain(body: HclBody): HclBody {
  const entries = Object.entries(body).filter(([name]) => name !== 'description')
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replace(/ {2,}/g, ' ') : value.map(plain),
    ]),
  )
}

const HOST = `oidc.circleci.com/org/${ORG}`
const condition = (name: string, variable: string, values: string) => ({
  test: `"${name}"`,
  variable: `"${variable}"`,
  values,
})
const statement = (conditions: readonly object[]) => [
  {
    statement: [
      {
        actions: '["sts:AssumeRoleWithWebIdentity"]',
        principals: [{ type: '"Federated"', identifiers: '[local.provider_arn]' }],
        condition: conditions,
      },
    ],
  },
]
const ASSUMED_BY_ROLE = {
  actions: '["sts:AssumeRole"]',
  principals: [{ type: '"AWS"', identifiers: '[var.trusted_role_arn]' }],
}
const providerFor = (url: string) => ({
  [PROVIDER]: [
    {
      count: 'var.create_provider ? 1 : 0',
      url: `"${url}"`,
      client_id_list: 'var.client_ids',
      thumbprint_list: 'length(var.thumbprints) > 0 ? var.thumbprints : null',
      tags: 'var.tags',
    },
  ],
  [FOUND_PROVIDER]: [{ count: 'var.create_provider ? 0 : 1', url: `"${url}"` }],
  locals: [
    {
      provider_arn:
        'one(concat(aws_iam_openid_connect_provider.ci[*].arn, data.aws_iam_openid_connect_provider.ci[*].arn))',
    },
  ],
})
const ROLE_BODY = {
  name: 'var.role_name',
  assume_role_policy: 'data.aws_iam_policy_document.trust.json',
  max_session_duration: 'var.max_session_duration',
  tags: 'var.tags',
}
const ATTACHED = {
  [ATTACHMENTS]: [
    { for_each: 'var.policy_arns', role: 'aws_iam_role.ci.name', policy_arn: 'each.value' },
  ],
}
const variables = (given: Readonly<Record<string, readonly [type: string, value: string]>>) =>
  Object.fromEntries(
    Object.entries(given).map(([name, [type, value]]) => [
      `variable "${name}"`,
      [{ type, default: value }],
    ]),
  )
const outputs = (given: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`output "${name}"`, [{ value }]]),
  )
const BOTH_ARNS = outputs({ role_arn: 'aws_iam_role.ci.arn', provider_arn: 'local.provider_arn' })
const TOKEN_VARIABLES = {
  role_name: ['string', '"circleci-oidc"'],
  subjects: ['list(string)', `["org/${ORG}/project/${PROJECT}/user/*"]`],
  client_ids: ['list(string)', `["${ORG}"]`],
  create_provider: ['bool', 'true'],
  thumbprints: ['list(string)', '[]'],
  policy_arns: ['set(string)', '[]'],
  max_session_duration: ['number', '3600'],
  tags: ['map(string)', '{}'],
} as const

interface Case {
  readonly setup: RoleSetup
  readonly main: object
  readonly variables: object
  readonly outputs: object
}

const TRUSTED = 'arn:aws:iam::111111111111:role/a'
const BOUNDARY = 'arn:aws:iam::aws:policy/PowerUserAccess'
const CASES: Readonly<Record<string, Case>> = {
  'what is asked for least': {
    setup: setupFor(circleci()),
    main: {
      terraform: TERRAFORM,
      ...providerFor(`https://${HOST}`),
      [TRUST]: statement([
        condition('StringEquals', `${HOST}:aud`, `["${ORG}"]`),
        condition('StringLike', `${HOST}:sub`, 'var.subjects'),
      ]),
      [ROLE]: [ROLE_BODY],
      ...ATTACHED,
    },
    variables: variables(TOKEN_VARIABLES),
    outputs: BOTH_ARNS,
  },
  everything: {
    setup: { ...fullSetup(github({ ref: 'main' })), permissionsBoundary: BOUNDARY },
    main: {
      terraform: TERRAFORM,
      ...providerFor('https://token.actions.githubusercontent.com'),
      [TRUST]: statement([
        condition(
          'StringEquals',
          'token.actions.githubusercontent.com:aud',
          '["sts.amazonaws.com"]',
        ),
        condition('StringEquals', 'token.actions.githubusercontent.com:sub', 'var.subjects'),
      ]),
      [ROLE]: [{ ...ROLE_BODY, permissions_boundary: 'var.permissions_boundary' }],
      ...ATTACHED,
      [POLICY]: [
        {
          name: 'var.role_name',
          role: 'aws_iam_role.ci.id',
          policy:
            'jsonencode({ Version = "2012-10-17" Statement = [ { Effect = "Allow" Action = ["eks:DescribeCluster", "eks:ListClusters"] Resource = "*" Condition = { StringEquals = { "aws:PrincipalTag/team" = "$${aws:PrincipalTag/team}" } } }, ] })',
        },
      ],
    },
    variables: variables({
      ...TOKEN_VARIABLES,
      subjects: ['list(string)', '["repo:o/r:ref:refs/heads/main"]'],
      client_ids: ['list(string)', '["sts.amazonaws.com"]'],
      thumbprints: ['list(string)', '["6938fd4d98bab03faadb97b34396831e3780aea1"]'],
      policy_arns: ['set(string)', '["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]'],
      max_session_duration: ['number', '7200'],
      permissions_boundary: ['string', `"${BOUNDARY}"`],
      tags: ['map(string)', '{ Name = "circleci-oidc" "cost:center" = "no" }'],
    }),
    outputs: BOTH_ARNS,
  },
  'a chained role': {
    setup: setupFor(trustedRole(TRUSTED, 'acme:7')),
    main: {
      terraform: TERRAFORM,
      [TRUST]: [
        {
          statement: [
            {
              ...ASSUMED_BY_ROLE,
              condition: [condition('StringEquals', 'sts:ExternalId', '[var.external_id]')],
            },
          ],
        },
      ],
      [ROLE]: [ROLE_BODY],
      ...ATTACHED,
    },
    variables: variables({
      role_name: TOKEN_VARIABLES.role_name,
      trusted_role_arn: ['string', `"${TRUSTED}"`],
      external_id: ['string', '"acme:7"'],
      policy_arns: TOKEN_VARIABLES.policy_arns,
      max_session_duration: TOKEN_VARIABLES.max_session_duration,
      tags: TOKEN_VARIABLES.tags,
    }),
    outputs: outputs({ role_arn: 'aws_iam_role.ci.arn' }),
  },
  'a chained role without an external id': {
    setup: setupFor(trustedRole(TRUSTED, undefined)),
    main: {
      terraform: TERRAFORM,
      [TRUST]: [
        {
          statement: [
            {
              ...ASSUMED_BY_ROLE,
            },
          ],
        },
      ],
      [ROLE]: [ROLE_BODY],
      ...ATTACHED,
    },
    variables: variables({
      role_name: TOKEN_VARIABLES.role_name,
      trusted_role_arn: ['string', `"${TRUSTED}"`],
      policy_arns: TOKEN_VARIABLES.policy_arns,
      max_session_duration: TOKEN_VARIABLES.max_session_duration,
      tags: TOKEN_VARIABLES.tags,
    }),
    outputs: outputs({ role_arn: 'aws_iam_role.ci.arn' }),
  },
}

describe('Terraform files for one role', () => {
  for (const [name, { setup, ...expected }] of Object.entries(CASES)) {
    test(name, () => {
      const { files, text } = generate('terraform', setup)
      assert.deepEqual(filesOf(files), {
        'main.tf': expected.main,
        'variables.tf': expected.variables,
        'outputs.tf': expected.outputs,
      })
      const parts = text.split(/^# (.*\.tf)\n/m)
      const inOne = files.flatMap((file, index) => [
        file.name,
        index < files.length - 1 ? `${file.text}\n` : file.text,
      ])
      assert.deepEqual(parts, ['', ...inOne])
      for (const block of text.matchAll(/^(?:variable|output) "\w+" \{\n(.*)/gm)) {
        assert.match(block[1] ?? '', /^ {2}description = "\w/)
      }
    })
  }

  test('an issuer with a path: its condition keys have no scheme', () => {
    const { files } = generate('terraform', setupFor(issuer({ subject: 'a', audience: 'b' })))
    const { 'main.tf': main } = filesOf(files)
    assert.deepEqual(
      main?.[TRUST],
      statement([
        condition('StringEquals', 'id.example/ci:aud', '["b"]'),
        condition('StringEquals', 'id.example/ci:sub', 'var.subjects'),
      ]),
    )
  })
})

const ORGANIZATION = `[organization]
org_id = ${ORG}
project_id = ${PROJECT}
[account dev]
account_id = 111111111111
[account 4.prod]
account_id = 222222222222
create_provider = false
[account 4-prod]
account_id = 444444444444
[account unused]
account_id = 333333333333
[role deploy]
accounts = dev, 4.prod, 4-prod
tags = owner=ci
max_session_duration = 7200
permissions_boundary = ${BOUNDARY}
policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
thumbprints = 6938fd4d98bab03faadb97b34396831e3780aea1
[role of-github]
accounts = dev
repository = acme/site
ref = main
role_name = publish
[role elsewhere]
accounts = 4-prod
repository = acme/site
environment = prod
role_name = publish
[role playground]
accounts = dev
trusts_role = ${TRUSTED}
external_id = acme:7
`

describe('Terraform files for many accounts', () => {
  const generated = async () =>
    generateAll('terraform', await parseRolesFile(ORGANIZATION, 'roles.ini', '.', {}))

  test('a provider configuration and a call of the module for each account that has roles', async () => {
    const { 'main.tf': main } = filesOf((await generated()).files)
    const configuration = (alias: string, id: string) => ({
      alias: `"${alias}"`,
      region: 'var.region',
      allowed_account_ids: `["${id}"]`,
      assume_role: [{ role_arn: `"arn:aws:iam::${id}:role/\${var.administrator_role}"` }],
    })
    const call = (alias: string, providers: string, roles: string) => [
      {
        source: '"./account"',
        providers: `{ aws = aws.${alias} }`,
        oidc_providers: `{ ${providers} }`,
        roles,
      },
    ]
    const circleciProvider = (more: string) =>
      `"${HOST}" = { url = "https://${HOST}" client_ids = ["${ORG}"] ${more} }`
    const given =
      'thumbprints = ["6938fd4d98bab03faadb97b34396831e3780aea1"] tags = { owner = "ci" }'
    const github =
      '"token.actions.githubusercontent.com" = { url = "https://token.actions.githubusercontent.com" client_ids = ["sts.amazonaws.com"] }'
    const only = (...names: readonly string[]) =>
      `{ for name in [${names.map((name) => `"${name}"`).join(', ')}] : name => local.roles[name] }`
    assert.deepEqual(main, {
      terraform: TERRAFORM,
      'provider "aws"': [
        configuration('dev', '111111111111'),
        // A name begins with a letter and has no dots: "_" and "-" are different names.
        configuration('account_4_prod', '222222222222'),
        configuration('account_4-prod', '444444444444'),
      ],
      'module "dev"': call(
        'dev',
        `${circleciProvider(given)} ${github}`,
        only('deploy', 'of-github', 'playground'),
      ),
      'module "account_4_prod"': call(
        'account_4_prod',
        circleciProvider(`create = false ${given}`),
        only('deploy'),
      ),
      // Two roles may have the same name in IAM, in different accounts.
      'module "account_4-prod"': call(
        'account_4-prod',
        `${circleciProvider(given)} ${github}`,
        only('deploy', 'elsewhere'),
      ),
    })
  })

  test('the roles as values', async () => {
    const { 'roles.tf': roles } = filesOf((await generated()).files)
    const [{ roles: values = '' } = {}] = (roles as HclBody)['locals'] as readonly HclBody[]
    const entry = (test: string, variable: string, value: string) =>
      `{ test = "${test}" variable = "${variable}" values = ["${value}"] }`
    const publishing = (key: string, rest: string) =>
      [
        `${key} = { name = "publish" action = "sts:AssumeRoleWithWebIdentity"`,
        'oidc_provider = "token.actions.githubusercontent.com" conditions = [',
        `${entry('StringEquals', 'token.actions.githubusercontent.com:aud', 'sts.amazonaws.com')},`,
        `${entry('StringEquals', 'token.actions.githubusercontent.com:sub', `repo:acme/site:${rest}`)}, ] }`,
      ].join(' ')
    const subject = `org/${ORG}/project/${PROJECT}/user/*`
    assert.equal(
      values,
      [
        '{ deploy = { name = "deploy" action = "sts:AssumeRoleWithWebIdentity"',
        `oidc_provider = "${HOST}" conditions = [`,
        `${entry('StringEquals', `${HOST}:aud`, ORG)},`,
        `${entry('StringLike', `${HOST}:sub`, subject)}, ]`,
        'policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]',
        `permissions_boundary = "${BOUNDARY}" max_session_duration = 7200 tags = { owner = "ci" } }`,
        publishing('"of-github"', 'ref:refs/heads/main'),
        publishing('elsewhere', 'environment:prod'),
        `playground = { name = "playground" action = "sts:AssumeRole" trusted_role_arn = "${TRUSTED}"`,
        `conditions = [ ${entry('StringEquals', 'sts:ExternalId', 'acme:7')}, ] } }`,
      ].join(' '),
    )
  })

  test('the module makes the providers, roles, policies and attachments that it is given', async () => {
    const files = filesOf((await generated()).files)
    const { 'account/main.tf': main } = files
    const at = 'each.value'
    assert.deepEqual(main, {
      terraform: TERRAFORM,
      [PROVIDER]: [
        {
          for_each: '{ for issuer, one in var.oidc_providers : issuer => one if one.create }',
          url: `${at}.url`,
          client_id_list: `${at}.client_ids`,
          thumbprint_list: `length(${at}.thumbprints) > 0 ? ${at}.thumbprints : null`,
          tags: `${at}.tags`,
        },
      ],
      [FOUND_PROVIDER]: [
        {
          for_each: '{ for issuer, one in var.oidc_providers : issuer => one if !one.create }',
          url: `${at}.url`,
        },
      ],
      locals: [
        {
          provider_arns:
            'merge( { for issuer, one in aws_iam_openid_connect_provider.ci : issuer => one.arn }, { for issuer, one in data.aws_iam_openid_connect_provider.ci : issuer => one.arn }, )',
          attachments:
            'merge([ for name, one in var.roles : { for arn in one.policy_arns : "${name} ${arn}" => { role = name, arn = arn } } ]...)',
        },
      ],
      [TRUST]: [
        {
          for_each: 'var.roles',
          statement: [
            {
              actions: `[${at}.action]`,
              principals: [
                {
                  type: `${at}.oidc_provider == null ? "AWS" : "Federated"`,
                  identifiers: `[${at}.oidc_provider == null ? ${at}.trusted_role_arn : local.provider_arns[${at}.oidc_provider]]`,
                },
              ],
              'dynamic "condition"': [
                {
                  for_each: `${at}.conditions`,
                  content: [
                    {
                      test: 'condition.value.test',
                      variable: 'condition.value.variable',
                      values: 'condition.value.values',
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
      [ROLE]: [
        {
          for_each: 'var.roles',
          name: `${at}.name`,
          assume_role_policy: 'data.aws_iam_policy_document.trust[each.key].json',
          max_session_duration: `${at}.max_session_duration`,
          permissions_boundary: `${at}.permissions_boundary`,
          tags: `${at}.tags`,
        },
      ],
      [ATTACHMENTS]: [
        {
          for_each: 'local.attachments',
          role: `aws_iam_role.ci[${at}.role].name`,
          policy_arn: `${at}.arn`,
        },
      ],
      [POLICY]: [
        {
          for_each:
            '{ for name, one in var.roles : name => one.permission_policy if one.permission_policy != null }',
          name: 'var.roles[each.key].name',
          role: 'aws_iam_role.ci[each.key].id',
          policy: at,
        },
      ],
    })
    assert.deepEqual(files['account/variables.tf'], {
      'variable "oidc_providers"': [
        {
          type: 'map(object({ url = string client_ids = list(string) create = optional(bool, true) thumbprints = optional(list(string), []) tags = optional(map(string), {}) }))',
        },
      ],
      'variable "roles"': [
        {
          type: 'map(object({ name = string action = string oidc_provider = optional(string) trusted_role_arn = optional(string) conditions = list(object({ test = string, variable = string, values = list(string) })) policy_arns = optional(set(string), []) permission_policy = optional(string) permissions_boundary = optional(string) max_session_duration = optional(number, 3600) tags = optional(map(string), {}) }))',
        },
      ],
    })
    assert.deepEqual(
      files['account/outputs.tf'],
      outputs({
        role_arns: '{ for name, one in aws_iam_role.ci : name => one.arn }',
        provider_arns: 'local.provider_arns',
      }),
    )
  })

  test('what the whole takes and gives', async () => {
    const { files, text } = await generated()
    const read = filesOf(files)
    assert.deepEqual(
      read['variables.tf'],
      variables({
        region: ['string', '"us-east-1"'],
        administrator_role: ['string', '"OrganizationAccountAccessRole"'],
      }),
    )
    assert.deepEqual(
      read['outputs.tf'],
      outputs({
        role_arns:
          '{ "111111111111" = module.dev.role_arns "222222222222" = module.account_4_prod.role_arns "444444444444" = module.account_4-prod.role_arns }',
      }),
    )
    const names = [...text.matchAll(/^# (.*\.tf)$/gm)].map(([, name]) => name)
    assert.deepEqual(
      names,
      files.map(({ name }) => name),
    )
    assert.deepEqual(names, [
      ...['main.tf', 'roles.tf', 'variables.tf', 'outputs.tf'],
      ...['account/main.tf', 'account/variables.tf', 'account/outputs.tf'],
    ])
  })

  test('names that would be the same, another partition, one role for all, a permission policy', async () => {
    const setup = setupFor(circleci(), {
      partition: 'aws-cn',
      permissionPolicy: { Version: '2012-10-17', Statement: [] },
    })
    const account = (name: string, id: string) => {
      return { name, id, region: undefined, createProvider: true }
    }
    const accounts = [account('a.b', ACCOUNT), account('a_b', '222222222222')]
    const role = { name: 'r', setup, accounts, region: undefined, durationSeconds: undefined }
    const files = filesOf(generateAll('terraform', { accounts, roles: [role] }).files)
    const main = files['main.tf'] as HclBody
    const [, second] = main['provider "aws"'] as readonly HclBody[]
    assert.equal(second?.['alias'], '"a_b_222222222222"')
    assert.deepEqual(second?.['assume_role'], [
      { role_arn: '"arn:aws-cn:iam::222222222222:role/${var.administrator_role}"' },
    ])
    const [call] = main['module "a_b_222222222222"'] as readonly HclBody[]
    assert.equal(call?.['roles'], 'local.roles')
    const [locals] = (files['roles.tf'] as HclBody)['locals'] as readonly HclBody[]
    assert.match(
      String(locals?.['roles']),
      / permission_policy = "\{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":\[\]\}" \} \}$/,
    )
  })
})
