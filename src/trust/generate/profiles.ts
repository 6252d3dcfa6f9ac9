import {
  type Organization,
  type OrganizationAccount,
  type OrganizationRole,
  roleArn,
} from '../roles/organization.ts'
import type { Generated } from './files.ts'

/** The job's side of the roles: a profile for each role of each account, for `assume-role --profiles-file`. */
export function profiles(organization: Organization): Generated {
  const text = profilesIn(organization)
    .filter(({ source }) => source !== undefined)
    .map((one) => section(one))
    .join('\n')
  return { files: [{ name: 'profiles', text }], text }
}

/** Roles that have no profile, and why. */
export function profilesNotes(organization: Organization): readonly string[] {
  return profilesIn(organization)
    .filter(({ source }) => source === undefined)
    .map(
      ({ name, role }) =>
        `There is no profile ${name}: no role in the file is ${role.setup.party.kind === 'role' ? role.setup.party.roleArn : ''}, which it trusts.`,
    )
}

interface Profile {
  readonly name: string
  readonly arn: string
  readonly role: OrganizationRole
  readonly account: OrganizationAccount
  /** The web identity token or another profile; undefined where neither is known. */
  readonly source: 'token' | { readonly profile: string } | undefined
}

function profilesIn({ roles, accounts }: Organization): readonly Profile[] {
  const all = roles.flatMap((role) =>
    role.accounts.map((account) => ({
      // Where there is but one account, its name says nothing.
      name: accounts.length > 1 ? `${account.name}-${role.name}` : role.name,
      arn: roleArn(role, account),
      role,
      account,
    })),
  )
  return all.map((one) => {
    const { party } = one.role.setup
    if (party.kind === 'tokens') return { ...one, source: 'token' }
    const source = all.find(({ arn }) => arn === party.roleArn)
    return { ...one, source: source && { profile: source.name } }
  })
}

function section({ name, arn, role, account, source }: Profile): string {
  const { party } = role.setup
  const settings: (readonly [key: string, value: string | number | undefined])[] = [
    ['role_arn', arn],
    ['source_profile', typeof source === 'object' ? source.profile : undefined],
    ['external_id', party.kind === 'role' ? party.externalId : undefined],
    ['audience', party.kind === 'tokens' ? mintedAudience(party) : undefined],
    ['duration_seconds', role.durationSeconds],
    ['region', role.region ?? account.region],
  ]
  const lines = settings
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${value}`)
  return [`[profile ${name}]`, ...lines, ''].join('\n')
}

/** The audience of a CircleCI token is the organization, unless another one is minted. */
function mintedAudience({
  ci,
  audience,
  subjects,
}: {
  ci: string
  audience: string
  subjects: readonly string[]
}) {
  if (ci !== 'circleci') return undefined
  const [, organization] = /^org\/([^/]+)\//.exec(subjects[0] ?? '') ?? []
  return audience === organization ? undefined : audience
}
