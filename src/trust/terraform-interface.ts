import { attribute, block, type HclItem, hclString, hclValue } from './hcl.ts'
import type { RoleSetup } from './role-setup.ts'

/** The variables of the Terraform files, with what was asked for as their defaults. */
export function terraformVariables(setup: RoleSetup): HclItem[] {
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
            : [variable('external_id', 'string', 'External id to be given', party.externalId)]),
        ]
  return [
    variable('role_name', 'string', 'Name of the role', setup.roleName),
    ...own,
    variable('policy_arns', 'set(string)', 'Managed policies of the role', [...setup.policyArns]),
    variable(
      'max_session_duration',
      'number',
      'Longest session in seconds, 3600 to 43200',
      setup.maxSessionDuration ?? 3600,
    ),
    variable('tags', 'map(string)', 'Tags', Object.fromEntries(setup.tags)),
  ]
}

export function terraformOutputs({ party }: RoleSetup): HclItem[] {
  const role = output('role_arn', 'ARN of the role, for --role-arn', 'aws_iam_role.ci.arn')
  return party.kind === 'tokens'
    ? [role, output('provider_arn', 'ARN of the OIDC provider', 'local.provider_arn')]
    : [role]
}

function variable(name: string, type: string, description: string, value: unknown): HclItem {
  return block(`variable "${name}"`, [
    attribute('description', hclString(description)),
    attribute('type', type),
    attribute('default', hclValue(value)),
  ])
}

function output(name: string, description: string, value: string): HclItem {
  return block(`output "${name}"`, [
    attribute('description', hclString(description)),
    attribute('value', value),
  ])
}
