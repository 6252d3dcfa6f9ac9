import { OidcError } from '../../errors.ts'
import type { TrustedTokens } from '../subjects/trusted-tokens.ts'
import { checkPolicyLength } from './policy-document.ts'
import { accountOf, checkAccountId, checkSetup, type RoleSetup } from './setup.ts'

/** An account with roles of an organization. */
export interface OrganizationAccount {
  /** What the organization calls it: in names of profiles and directories. */
  readonly name: string
  readonly id: string
  /** For the profiles of the job. */
  readonly region: string | undefined
  /** False where the account has a provider for the issuer already. */
  readonly createProvider: boolean
}

/** A role, the same in one or more accounts. */
export interface OrganizationRole {
  /** Of its section; the role itself may be called otherwise. */
  readonly name: string
  readonly setup: RoleSetup
  readonly accounts: readonly OrganizationAccount[]
  /** For the profiles of the job, else that of the account. */
  readonly region: string | undefined
  /** Seconds that the profiles of the job ask for. */
  readonly durationSeconds: number | undefined
}

/** The AWS side of a whole organization: roles, in accounts that each have a provider per issuer. */
export interface Organization {
  readonly accounts: readonly OrganizationAccount[]
  readonly roles: readonly OrganizationRole[]
}

/** Roles that were named one by one, all of one account. */
export function organizationOf(setups: readonly RoleSetup[]): Organization {
  const id = setups.map(accountOf)[0] ?? ''
  const account = { name: id, id, region: undefined, createProvider: true }
  return {
    accounts: [account],
    roles: setups.map((setup) => ({
      name: setup.roleName,
      setup,
      accounts: [account],
      region: undefined,
      durationSeconds: undefined,
    })),
  }
}

/** Throws `invalid-usage` for what IAM would refuse. */
export function checkOrganization(organization: Organization): Organization {
  for (const { id } of organization.accounts) checkAccountId(id)
  for (const { setup } of organization.roles) {
    checkPolicyLength(checkSetup(setup))
    refuseDots(setup.roleName)
  }
  for (const account of organization.accounts) refuseTwins(account, rolesIn(organization, account))
  return organization
}

/** IAM takes them, directories do not. */
function refuseDots(roleName: string): void {
  if (!/^\.\.?$/.test(roleName)) return
  throw new OidcError('invalid-usage', {
    what: `--role-name is "${roleName}", which can't be used as a directory name.`,
    next: 'Choose another name.',
  })
}

function refuseTwins(account: OrganizationAccount, roles: readonly RoleSetup[]): void {
  const names = new Set<string>()
  for (const { roleName } of roles) {
    // "Names are not distinguished by case": API_CreateRole.html, RoleName.
    const name = roleName.toLowerCase()
    if (names.has(name)) {
      throw new OidcError('invalid-usage', {
        what: `The account ${account.id} would get two roles named ${roleName}.`,
        next: 'Give one of them another role name, or other accounts.',
      })
    }
    names.add(name)
  }
}

/** The roles of one account. */
export function rolesIn(
  { roles }: Organization,
  { id }: OrganizationAccount,
): readonly RoleSetup[] {
  return roles
    .filter(({ accounts }) => accounts.some((one) => one.id === id))
    .map(({ setup }) => ({ ...setup, accountId: id }))
}

/** The CircleCI projects that a role trusts by name. */
function projectsOf({ party }: RoleSetup): readonly string[] {
  if (party.kind !== 'tokens' || party.ci !== 'circleci') return []
  return distinct(
    party.subjects.flatMap((one) => /^org\/[^/]+\/project\/([^/*]+)\//.exec(one)?.[1] ?? []),
  )
}

/** The roles that trust one of the projects by name, and those that trust one of these roles in turn. */
export function rolesOfProjects(
  { roles }: Organization,
  projects: readonly string[],
): readonly OrganizationRole[] {
  const kept = new Set(
    roles.filter(({ setup }) => projectsOf(setup).some((one) => projects.includes(one))),
  )
  const isKept = (arn: string) =>
    [...kept].some((role) => role.accounts.some((account) => roleArn(role, account) === arn))
  for (let size = -1; size < kept.size; ) {
    size = kept.size
    for (const role of roles) {
      if (role.setup.party.kind === 'role' && isKept(role.setup.party.roleArn)) kept.add(role)
    }
  }
  return roles.filter((role) => kept.has(role))
}

export function roleArn({ setup }: OrganizationRole, { id }: OrganizationAccount): string {
  return `arn:${setup.partition}:iam::${id}:role/${setup.roleName}`
}

/** An OIDC provider for all the roles that trust its issuer. */
export interface ProviderSetup {
  readonly issuer: string
  /** Audiences of the roles. */
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  /** What all the roles have. */
  readonly tags: ReadonlyMap<string, string>
}

/** One provider per issuer: an account holds no second one. */
export function providersOf(setups: readonly RoleSetup[]): readonly ProviderSetup[] {
  const trusting = setups.filter(trustsTokens)
  return distinct(trusting.map(({ party }) => party.issuer)).map((issuer) => {
    const those = trusting.filter(({ party }) => party.issuer === issuer)
    const common = [...(those[0]?.tags ?? [])].filter(([key, value]) =>
      those.every(({ tags }) => tags.get(key) === value),
    )
    return {
      issuer,
      clientIds: distinct(those.map(({ party }) => party.audience)),
      thumbprints: distinct(those.flatMap(({ thumbprints }) => thumbprints)),
      tags: new Map(common),
    }
  })
}

function trustsTokens(setup: RoleSetup): setup is RoleSetup & { readonly party: TrustedTokens } {
  return setup.party.kind === 'tokens'
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)]
}
