import { issuerHostPath } from '../policy/context-keys.ts'
import {
  type Organization,
  type OrganizationAccount,
  type ProviderSetup,
  providersOf,
  rolesIn,
} from '../roles/organization.ts'
import { conditionBlock, trustAction } from '../roles/policy-document.ts'
import type { RoleSetup } from '../roles/setup.ts'
import type { Generated } from './files.ts'
import { attribute, block, type HclItem, hclString, hclText, hclValue } from './hcl.ts'
import { output, REQUIREMENTS, variable } from './terraform.ts'

/**
 * A module with the providers and roles of one account, and a configuration that calls it for each account:
 * Terraform has no `for_each` over provider configurations, so every account has a block of its own.
 */
export function terraformOfAccounts(organization: Organization): Generated {
  const accounts = organization.accounts.filter(
    (account) => rolesIn(organization, account).length > 0,
  )
  const names = identifiers(accounts)
  const named = accounts.map((account) => ({ account, name: names.get(account) ?? '' }))
  const files = [
    {
      name: 'main.tf',
      items: [REQUIREMENTS, ...named.flatMap((one) => accountBlocks(one, organization))],
    },
    {
      name: 'roles.tf',
      items: [block('locals', [attribute('roles', hclValue(roleValues(organization)))])],
    },
    { name: 'variables.tf', items: ROOT_VARIABLES },
    { name: 'outputs.tf', items: [roleArns(named)] },
    { name: 'account/main.tf', items: MODULE },
    { name: 'account/variables.tf', items: MODULE_VARIABLES },
    { name: 'account/outputs.tf', items: MODULE_OUTPUTS },
  ].map(({ name, items }) => ({ name, text: hclText(items) }))
  return { files, text: files.map(({ name, text }) => `# ${name}\n${text}`).join('\n') }
}

/** Names of accounts as Terraform takes them: letters, digits, "_" and "-", a letter first. */
function identifiers(
  accounts: readonly OrganizationAccount[],
): ReadonlyMap<OrganizationAccount, string> {
  const taken = new Set<string>()
  return new Map(
    accounts.map((account) => {
      const plain = account.name.replace(/[^\w-]/g, '_').replace(/^(?=[^A-Za-z_])/, 'account_')
      const free = taken.has(plain) ? `${plain}_${account.id}` : plain
      taken.add(free)
      return [account, free]
    }),
  )
}

interface NamedAccount {
  readonly account: OrganizationAccount
  readonly name: string
}

function accountBlocks({ account, name }: NamedAccount, organization: Organization): HclItem[] {
  const roles = rolesIn(organization, account)
  const partition = roles[0]?.partition ?? 'aws'
  const own = roles.map(({ roleName }) => roleKey(organization, account, roleName))
  const all = own.length === organization.roles.length
  return [
    block('provider "aws"', [
      attribute('alias', hclString(name)),
      attribute('region', 'var.region'),
      attribute('allowed_account_ids', hclValue([account.id])),
      block('assume_role', [
        attribute(
          'role_arn',
          `"arn:${partition}:iam::${account.id}:role/\${var.administrator_role}"`,
        ),
      ]),
    ]),
    block(`module "${name}"`, [
      attribute('source', '"./account"'),
      attribute('providers', `{\n  aws = aws.${name}\n}`),
      attribute('oidc_providers', hclValue(providerValues(providersOf(roles), account))),
      attribute(
        'roles',
        all ? 'local.roles' : `{ for name in ${hclValue(own)} : name => local.roles[name] }`,
      ),
    ]),
  ]
}

function roleKey(
  organization: Organization,
  { id }: OrganizationAccount,
  roleName: string,
): string {
  const role = organization.roles.find(
    ({ setup, accounts }) => setup.roleName === roleName && accounts.some((one) => one.id === id),
  )
  return role?.name ?? roleName
}

function providerValues(
  providers: readonly ProviderSetup[],
  { createProvider }: OrganizationAccount,
): object {
  return Object.fromEntries(
    providers.map(({ issuer, clientIds, thumbprints, tags }) => [
      issuerHostPath(issuer),
      {
        url: issuer,
        client_ids: clientIds,
        ...(createProvider ? {} : { create: false }),
        ...(thumbprints.length > 0 ? { thumbprints } : {}),
        ...(tags.size > 0 ? { tags: Object.fromEntries(tags) } : {}),
      },
    ]),
  )
}

function roleValues({ roles }: Organization): object {
  return Object.fromEntries(roles.map(({ name, setup }) => [name, roleValue(setup)]))
}

function roleValue(setup: RoleSetup): object {
  const { party, policyArns, permissionPolicy, permissionsBoundary, maxSessionDuration } = setup
  const conditions = Object.entries(conditionBlock(party)).flatMap(([test, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ test, variable: key, values: [values].flat() })),
  )
  return {
    name: setup.roleName,
    action: trustAction(party),
    ...(party.kind === 'tokens'
      ? { oidc_provider: issuerHostPath(party.issuer) }
      : { trusted_role_arn: party.roleArn }),
    conditions,
    ...(policyArns.length > 0 ? { policy_arns: policyArns } : {}),
    ...(permissionPolicy === undefined
      ? {}
      : { permission_policy: JSON.stringify(permissionPolicy) }),
    ...(permissionsBoundary === undefined ? {} : { permissions_boundary: permissionsBoundary }),
    ...(maxSessionDuration === undefined ? {} : { max_session_duration: maxSessionDuration }),
    ...(setup.tags.size > 0 ? { tags: Object.fromEntries(setup.tags) } : {}),
  }
}

const ROOT_VARIABLES = [
  variable('region', 'string', 'Region of the API calls; IAM is global', 'us-east-1'),
  variable(
    'administrator_role',
    'string',
    'Role in each account that Terraform assumes',
    'OrganizationAccountAccessRole',
  ),
]

function roleArns(accounts: readonly NamedAccount[]): HclItem {
  const arns = accounts.map(({ account, name }) =>
    attribute(hclString(account.id), `module.${name}.role_arns`),
  )
  const value = `{\n  ${hclText(arns).trimEnd().replaceAll('\n', '\n  ')}\n}`
  return output('role_arns', 'ARNs of the roles by account and name', value)
}

/** The ARN of a provider that is made here, or was there before. */
const PROVIDER_ARNS = `merge(
  { for issuer, one in aws_iam_openid_connect_provider.ci : issuer => one.arn },
  { for issuer, one in data.aws_iam_openid_connect_provider.ci : issuer => one.arn },
)`

const ATTACHED = `merge([
  for name, one in var.roles : { for arn in one.policy_arns : "\${name} \${arn}" => { role = name, arn = arn } }
]...)`

const MODULE: HclItem[] = [
  REQUIREMENTS,
  block('resource "aws_iam_openid_connect_provider" "ci"', [
    attribute(
      'for_each',
      '{ for issuer, one in var.oidc_providers : issuer => one if one.create }',
    ),
    attribute('url', 'each.value.url'),
    attribute('client_id_list', 'each.value.client_ids'),
    attribute(
      'thumbprint_list',
      'length(each.value.thumbprints) > 0 ? each.value.thumbprints : null',
    ),
    attribute('tags', 'each.value.tags'),
  ]),
  block('data "aws_iam_openid_connect_provider" "ci"', [
    attribute(
      'for_each',
      '{ for issuer, one in var.oidc_providers : issuer => one if !one.create }',
    ),
    attribute('url', 'each.value.url'),
  ]),
  block('locals', [attribute('provider_arns', PROVIDER_ARNS), attribute('attachments', ATTACHED)]),
  block('data "aws_iam_policy_document" "trust"', [
    attribute('for_each', 'var.roles'),
    block('statement', [
      attribute('actions', '[each.value.action]'),
      block('principals', [
        attribute('type', 'each.value.oidc_provider == null ? "AWS" : "Federated"'),
        attribute(
          'identifiers',
          '[each.value.oidc_provider == null ? each.value.trusted_role_arn : local.provider_arns[each.value.oidc_provider]]',
        ),
      ]),
      block('dynamic "condition"', [
        attribute('for_each', 'each.value.conditions'),
        block('content', [
          attribute('test', 'condition.value.test'),
          attribute('variable', 'condition.value.variable'),
          attribute('values', 'condition.value.values'),
        ]),
      ]),
    ]),
  ]),
  block('resource "aws_iam_role" "ci"', [
    attribute('for_each', 'var.roles'),
    attribute('name', 'each.value.name'),
    attribute('assume_role_policy', 'data.aws_iam_policy_document.trust[each.key].json'),
    attribute('max_session_duration', 'each.value.max_session_duration'),
    attribute('permissions_boundary', 'each.value.permissions_boundary'),
    attribute('tags', 'each.value.tags'),
  ]),
  block('resource "aws_iam_role_policy_attachment" "ci"', [
    attribute('for_each', 'local.attachments'),
    attribute('role', 'aws_iam_role.ci[each.value.role].name'),
    attribute('policy_arn', 'each.value.arn'),
  ]),
  block('resource "aws_iam_role_policy" "ci"', [
    attribute(
      'for_each',
      '{ for name, one in var.roles : name => one.permission_policy if one.permission_policy != null }',
    ),
    attribute('name', 'var.roles[each.key].name'),
    attribute('role', 'aws_iam_role.ci[each.key].id'),
    attribute('policy', 'each.value'),
  ]),
]

const MODULE_VARIABLES: HclItem[] = [
  block('variable "oidc_providers"', [
    attribute('description', '"OIDC providers by issuer without a scheme"'),
    attribute(
      'type',
      `map(object({
  url         = string
  client_ids  = list(string)
  create      = optional(bool, true)
  thumbprints = optional(list(string), [])
  tags        = optional(map(string), {})
}))`,
    ),
  ]),
  block('variable "roles"', [
    attribute('description', '"Roles, each for tokens of a provider or for another role"'),
    attribute(
      'type',
      `map(object({
  name                 = string
  action               = string
  oidc_provider        = optional(string)
  trusted_role_arn     = optional(string)
  conditions           = list(object({ test = string, variable = string, values = list(string) }))
  policy_arns          = optional(set(string), [])
  permission_policy    = optional(string)
  permissions_boundary = optional(string)
  max_session_duration = optional(number, 3600)
  tags                 = optional(map(string), {})
}))`,
    ),
  ]),
]

const MODULE_OUTPUTS: HclItem[] = [
  output(
    'role_arns',
    'ARNs of the roles by name',
    '{ for name, one in aws_iam_role.ci : name => one.arn }',
  ),
  output('provider_arns', 'ARNs of the OIDC providers by issuer', 'local.provider_arns'),
]
