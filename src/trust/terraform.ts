import { issuerHostPath } from './context-keys.ts'
import type { Generated } from './generated-file.ts'
import { attribute, block, type HclItem, hclString, hclText, hclValue } from './hcl.ts'
import { checkPolicyLength, conditionBlock, trustAction } from './policy-document.ts'
import type { RoleSetup } from './role-setup.ts'
import { terraformOutputs, terraformVariables } from './terraform-interface.ts'
import type { TrustedTokens } from './trusted-party.ts'

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
    ROLE,
    ATTACHMENTS,
    ...(setup.permissionPolicy === undefined ? [] : [permissionPolicy(setup.permissionPolicy)]),
  ]
}

// Since 5.81 a provider needs no thumbprints.
const REQUIREMENTS = block('terraform', [
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

const ROLE = block('resource "aws_iam_role" "ci"', [
  attribute('name', 'var.role_name'),
  attribute('assume_role_policy', 'data.aws_iam_policy_document.trust.json'),
  attribute('max_session_duration', 'var.max_session_duration'),
  attribute('tags', 'var.tags'),
])

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
