import type { OptionValue } from '../../options.ts'
import {
  checkOrganization,
  type Organization,
  organizationOf,
  rolesIn,
} from '../roles/organization.ts'
import { trustPolicyDocument } from '../roles/policy-document.ts'
import { checkSetup, type RoleSetup } from '../roles/setup.ts'
import { awsCli } from './aws-cli.ts'
import { awsCliOfAccounts } from './aws-cli-accounts.ts'
import { cloudformation, cloudformationOfRoles } from './cloudformation.ts'
import { type Generated, jsonText } from './files.ts'
import { profiles, profilesNotes } from './profiles.ts'
import { stackSet } from './stack-set.ts'
import { terraform } from './terraform.ts'
import { terraformOfAccounts } from './terraform-accounts.ts'
import { world } from './world.ts'

export type Form = OptionValue<'for'>

interface Target {
  /** For one role; without it, as for an organization that has no other. */
  readonly one?: (setup: RoleSetup) => Generated
  readonly many: (organization: Organization, projects: readonly string[]) => Generated
}

/** A new target is a file, a line here, and a choice of the option `for`. */
const TARGETS = {
  'trust-policy': { one: trustPolicy, many: trustPolicies },
  'aws-cli': { one: awsCli, many: awsCliOfAccounts },
  terraform: { one: terraform, many: terraformOfAccounts },
  cloudformation: { one: cloudformation, many: cloudformationOfRoles },
  'stack-set': {
    one: (setup) => stackSet(cloudformation(setup), setup.roleName),
    many: (organization) => stackSet(cloudformationOfRoles(organization), 'ci-oidc'),
  },
  profiles: { many: profiles },
  world: { many: world },
} as const satisfies Record<Form, Target>

/** The AWS side of one role in the form asked for. Throws `invalid-usage` for what IAM would refuse. */
export function generate(form: Form, setup: RoleSetup): Generated {
  const target: Target = TARGETS[form]
  return target.one ? target.one(checkSetup(setup)) : generateAll(form, organizationOf([setup]))
}

/** The AWS side of a whole organization, or the job's side of it; a world has a job of one of these projects. */
export function generateAll(
  form: Form,
  organization: Organization,
  projects: readonly string[] = [],
): Generated {
  const target: Target = TARGETS[form]
  return target.many(checkOrganization(organization), projects)
}

function trustPolicy(setup: RoleSetup): Generated {
  const text = jsonText(trustPolicyDocument(setup))
  return { files: [{ name: 'trust-policy.json', text }], text }
}

/** A file for each role of each account; on stdout by account id and name. */
function trustPolicies(organization: Organization): Generated {
  const accounts = organization.accounts.map((account) => ({
    account,
    roles: rolesIn(organization, account).map((setup) => ({
      name: setup.roleName,
      policy: trustPolicyDocument(setup),
    })),
  }))
  return {
    files: accounts.flatMap(({ account, roles }) =>
      roles.map(({ name, policy }) => ({
        name: `${account.name}/${name}.json`,
        text: jsonText(policy),
      })),
    ),
    text: jsonText(
      Object.fromEntries(
        accounts.map(({ account, roles }) => [
          account.id,
          Object.fromEntries(roles.map(({ name, policy }) => [name, policy])),
        ]),
      ),
    ),
  }
}

/** What the reader must know besides the files. */
export function setupNotes({ party, roleName, accountId }: RoleSetup): readonly string[] {
  if (party.kind === 'tokens') return party.warnings
  return [
    `${party.roleArn} also needs the permission sts:AssumeRole for the role ${roleName}${accountId ? ` in account ${accountId}` : ''}.`,
  ]
}

/** The same for the roles of an organization, each note once. */
export function organizationNotes(form: Form, organization: Organization): readonly string[] {
  if (form === 'profiles') return profilesNotes(organization)
  const names = new Map<string, string[]>()
  for (const { name, setup } of organization.roles) {
    for (const note of setupNotes(setup)) names.set(note, [...(names.get(note) ?? []), name])
  }
  return [...names].map(([note, [first, ...others]]) => {
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    return `[role ${first}]${more}: ${note}`
  })
}
