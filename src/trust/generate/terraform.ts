import { issuerHostPath } from '../policy/context-keys.ts'
import { checkPolicyLength, conditionBlock, trustAction } from '../roles/policy-document.ts'
import type { RoleSetup } from '../roles/setup.ts'
import type { TrustedTokens } from '../subjects/trusted-tokens.ts'
import type { Generated } from './files.ts'
import { attribute, block, type HclItem, hclString, hclText, hclValue } from './hcl.ts'

/** Terraform files to use as they are or as a module: `main.tf`, `variables.tf`, `outputs.tf`. */
export function terraform(setup: RoleSetup): Generated {
  checkPolicyLength(setup)
  const files = [
    { name: 'main.tf', text: hclText(main(setup)) },
    { name: 'variables.tf', text: hclText(terraformVariables(setup)) },
    { name: 'outputs.tf', text: hclText(terraformOutputs(setup)) },
  ]
  return { files, text: files.map(({ name, text }) => `# ${name}\n${text}`).join('\n') }
}

function main(setup: RoleSetup): HclItem[] {
  const { party } = setup
  return [
    REQUIREMENTS,
    ...(party.kind === 'tokens' ? provider(party) : []),
    trust(setup),
    role(setup),
    ATTACHMENTS,
    ...(setup.permissionPolicy === undefined ? [] : [permissionPolicy(setup.permissionPolicy)]),
  ]
}

// Since 5.81 a provider needs no thumbprints.
export const REQUIREMENTS = block('terraform', [
  attribute('required_version', '">= 1.3"'),
  block('required_providers', [
    attribute('aws', '{\n  source  = "hashicorp/aws"\n  version = ">= 5.81"\n}'),
  ]),
])

/** An account holds one provider per issuer, so it may be there already. */
function provider({ issuer }: TrustedTokens): HclItem[] {
  return [
    block('resource "aws_iam_openid_connect_provider" "ci"', [
      attribute('count', 'var.create_provider ? 1 : 0'),
      attribute('url', hclString(issuer)),
      attribute('client_id_list', 'var.client_ids'),
      attribute('thumbprint_list', 'length(var.thumbprints) > 0 ? var.thumbprints : null'),
      attribute('tags', 'var.tags'),
    ]),
    block('data "aws_iam_openid_connect_provider" "ci"', [
      attribute('count', 'var.create_provider ? 0 : 1'),
      attribute('url', hclString(issuer)),
    ]),
    block('locals', [
      attribute(
        'provider_arn',
        'one(concat(aws_iam_openid_connect_provider.ci[*].arn, data.aws_iam_openid_connect_provider.ci[*].arn))',
      ),
    ]),
  ]
}

function trust({ party }: RoleSetup): HclItem {
  const conditions = Object.entries(conditionBlock(party)).flatMap(([test, keys]) =>
    Object.entries(keys).map(([variable, values]) =>
      block('condition', [
        attribute('test', hclString(test)),
        attribute('variable', hclString(variable)),
        attribute('values', conditionValues(party, variable, [values].flat())),
      ]),
    ),
  )
  return block('data "aws_iam_policy_document" "trust"', [
    block('statement', [
      attribute('actions', hclValue([trustAction(party)])),
      block('principals', [
        attribute('type', party.kind === 'tokens' ? '"Federated"' : '"AWS"'),
        attribute(
          'identifiers',
          party.kind === 'tokens' ? '[local.provider_arn]' : '[var.trusted_role_arn]',
        ),
      ]),
      ...conditions,
    ]),
  ])
}

/** What has a variable of its own stands in the policy as that. */
function conditionValues(
  party: RoleSetup['party'],
  variable: string,
  values: readonly string[],
): string {
  if (party.kind === 'role') return '[var.external_id]'
  return variable === `${issuerHostPath(party.issuer)}:sub` ? 'var.subjects' : hclValue(values)
}

function role({ permissionsBoundary }: RoleSetup): HclItem {
  return block('resource "aws_iam_role" "ci"', [
    attribute('name', 'var.role_name'),
    attribute('assume_role_policy', 'data.aws_iam_policy_document.trust.json'),
    attribute('max_session_duration', 'var.max_session_duration'),
    ...(permissionsBoundary === undefined
      ? []
      : [attribute('permissions_boundary', 'var.permissions_boundary')]),
    attribute('tags', 'var.tags'),
  ])
}

const ATTACHMENTS = block('resource "aws_iam_role_policy_attachment" "ci"', [
  attribute('for_each', 'var.policy_arns'),
  attribute('role', 'aws_iam_role.ci.name'),
  attribute('policy_arn', 'each.value'),
])

function permissionPolicy(policy: object): HclItem {
  return block('resource "aws_iam_role_policy" "ci"', [
    attribute('name', 'var.role_name'),
    attribute('role', 'aws_iam_role.ci.id'),
    attribute('policy', `jsonencode(${hclValue(policy)})`),
  ])
}

/** The variables of the Terraform files, with what was asked for as their defaults. */
function terraformVariables(setup: RoleSetup): HclItem[] {
  const { party } = setup
  const own =
    party.kind === 'tokens'
      ? [
          variable('subjects', 'list(string)', 'Values or patterns of the token subject', [
            ...party.subjects,
          ]),
          variable('client_ids', 'list(string)', 'Audiences the provider accepts', [
            party.audience,
          ]),
          variable(
            'create_provider',
            'bool',
            'False where the account already has a provider for this issuer',
            true,
          ),
          variable(
            'thumbprints',
            'list(string)',
            'SHA-1 thumbprints of a private CA; none for a public one',
            [...setup.thumbprints],
          ),
        ]
      : [
          variable('trusted_role_arn', 'string', 'Role that may assume this one', party.roleArn),
          ...(party.externalId === undefined
            ? []
            : [
                variable(
                  'external_id',
                  'string',
                  'External id that the other role must present',
                  party.externalId,
                ),
              ]),
        ]
  return [
    variable('role_name', 'string', 'Name of the role', setup.roleName),
    ...own,
    variable('policy_arns', 'set(string)', 'Managed policies of the role', [...setup.policyArns]),
    variable(
      'max_session_duration',
      'number',
      'Maximum session duration in seconds, 3600 to 43200',
      setup.maxSessionDuration ?? 3600,
    ),
    ...(setup.permissionsBoundary === undefined
      ? []
      : [
          variable(
            'permissions_boundary',
            'string',
            'Policy that limits what the role can ever do',
            setup.permissionsBoundary,
          ),
        ]),
    variable('tags', 'map(string)', 'Tags', Object.fromEntries(setup.tags)),
  ]
}

function terraformOutputs({ party }: RoleSetup): HclItem[] {
  const role = output('role_arn', 'ARN of the role, for --role-arn', 'aws_iam_role.ci.arn')
  return party.kind === 'tokens'
    ? [role, output('provider_arn', 'ARN of the OIDC provider', 'local.provider_arn')]
    : [role]
}

export function variable(name: string, type: string, description: string, value: unknown): HclItem {
  return block(`variable "${name}"`, [
    attribute('description', hclString(description)),
    attribute('type', type),
    attribute('default', hclValue(value)),
  ])
}

export function output(name: string, description: string, value: string): HclItem {
  return block(`output "${name}"`, [
    attribute('description', hclString(description)),
    attribute('value', value),
  ])
}
