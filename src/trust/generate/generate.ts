import { awsCli } from './aws-cli.ts'
import { cloudformation } from './cloudformation.ts'
import { type Generated, jsonText } from './files.ts'
import { trustPolicyDocument } from './policy-document.ts'
import { checkSetup, type RoleSetup } from './setup.ts'
import { terraform } from './terraform.ts'

export type Form = 'trust-policy' | 'aws-cli' | 'terraform' | 'cloudformation'

const GENERATORS = {
  'trust-policy': (setup) => {
    const text = jsonText(trustPolicyDocument(setup))
    return { files: [{ name: 'trust-policy.json', text }], text }
  },
  'aws-cli': awsCli,
  terraform,
  cloudformation,
} as const satisfies Record<Form, (setup: RoleSetup) => Generated>

/** The AWS side of a setup in the form asked for. Throws `invalid-usage` for what IAM would refuse. */
export function generate(form: Form, setup: RoleSetup): Generated {
  return GENERATORS[form](checkSetup(setup))
}

/** What the reader must know besides the files. */
export function setupNotes({ party, roleName, accountId }: RoleSetup): readonly string[] {
  if (party.kind === 'tokens') return party.warnings
  return [
    `${party.roleArn} also needs the permission sts:AssumeRole for the role ${roleName}${accountId ? ` in account ${accountId}` : ''}.`,
  ]
}
