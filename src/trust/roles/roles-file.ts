import { dirname, resolve } from 'node:path'
import { OidcError } from '../../errors.ts'
import { type Environment, OPTIONS, type OptionSpec } from '../../options.ts'
import { readPermissionPolicy, readText } from '../input.ts'
import {
  type FileSection,
  type Grammar,
  type NoteProblem,
  problemText,
  readSectionFile,
} from '../section-file.ts'
import {
  BELONGS_TO,
  COORDINATES,
  type CoordinateName,
  type Coordinates,
  partiesNamed,
  partyOf,
} from '../subjects/party.ts'
import {
  checkOrganization,
  type Organization,
  type OrganizationAccount,
  type OrganizationRole,
} from './organization.ts'
import { checkPolicyLength } from './policy-document.ts'
import { checkAccountId, checkSetup, readTags } from './setup.ts'

/** The accounts and roles of an organization from a roles file. Throws `invalid-roles-file` with every problem. */
export async function readRolesFile(path: string, env: Environment): Promise<Organization> {
  const text = await readText(path, 'The roles file')
  const source = path === '-' ? 'stdin' : path
  return parseRolesFile(text, source, path === '-' ? '.' : dirname(path), env)
}

/** `directory` is what paths in the file count from. */
export function parseRolesFile(
  text: string,
  source: string,
  directory: string,
  env: Environment,
): Promise<Organization> {
  return readSectionFile(text, source, GRAMMAR, env, async (sections, note) => {
    const common = sections.find(({ kind }) => kind === 'organization')
    const accounts = sections.filter(({ kind }) => kind === 'account').map(readAccount(note))
    refuseTwinAccounts(sections, accounts, note)
    const roles: OrganizationRole[] = []
    for (const section of sections.filter(({ kind }) => kind === 'role')) {
      const role = await readRole(section, common, accounts, directory, note)
      if (role) roles.push(role)
    }
    if (accounts.length === 0) note(1, 'there is no account. Write [account NAME] and account_id.')
    if (sections.every(({ kind }) => kind !== 'role')) {
      note(1, 'there is no role. Write [role NAME] and what it trusts.')
    }
    const organization = { accounts, roles }
    attempt(sections.at(-1)?.line ?? 1, note, () => checkOrganization(organization))
    return organization
  })
}

const PARTY_KEYS = COORDINATES.map(keyOf)

const ROLE_KEYS = [
  ...PARTY_KEYS,
  'role_name',
  'accounts',
  'partition',
  'policy_arns',
  'permission_policy',
  'permissions_boundary',
  'max_session_duration',
  'thumbprints',
  'tags',
  'region',
  'duration_seconds',
]

const GRAMMAR: Grammar = {
  code: 'invalid-roles-file',
  kinds: {
    organization: { named: false, keys: ROLE_KEYS.filter((key) => key !== 'role_name') },
    account: { named: true, keys: ['account_id', 'region', 'create_provider'] },
    role: { named: true, keys: ROLE_KEYS },
  },
}

function keyOf(option: string): string {
  return option.replaceAll('-', '_')
}

// A directory and part of a profile's name.
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

function readAccount(note: NoteProblem) {
  return ({ name, line, settings }: FileSection): OrganizationAccount => {
    const id = settings.get('account_id')
    if (!NAME.test(name)) note(line, `"${name}" may have only letters, digits, "_", "-" and ".".`)
    if (id === undefined) note(line, `[account ${name}] has no account_id.`)
    else attempt(id.line, note, () => checkAccountId(id.value))
    const creates = settings.get('create_provider')
    if (creates && !/^(true|false)$/.test(creates.value)) {
      note(creates.line, `create_provider is "${creates.value}"; it must be true or false.`)
    }
    return {
      name,
      id: id?.value ?? '',
      region: settings.get('region')?.value,
      createProvider: creates?.value !== 'false',
    }
  }
}

function refuseTwinAccounts(
  sections: readonly FileSection[],
  accounts: readonly OrganizationAccount[],
  note: NoteProblem,
): void {
  for (const [index, { id, name }] of accounts.entries()) {
    const first = accounts.findIndex((one) => one.id === id)
    if (first === index || id === '') continue
    const section = sections.find((one) => one.kind === 'account' && one.name === name)
    note(section?.line ?? 1, `the account ${id} is [account ${accounts[first]?.name}] already.`)
  }
}

/** Undefined where something about the role is wrong, which is reported. */
async function readRole(
  section: FileSection,
  common: FileSection | undefined,
  accounts: readonly OrganizationAccount[],
  directory: string,
  note: NoteProblem,
): Promise<OrganizationRole | undefined> {
  const { name, line } = section
  if (!NAME.test(name)) {
    note(
      line,
      `"${name}" may have only letters, digits, "_", "-" and ".". For others, use role_name.`,
    )
  }
  const settings = withCommon(section, common)
  const text = (key: string) => settings.get(key)?.value
  const list = (key: string) => items(text(key) ?? '')
  const lineOf = (key: string) => settings.get(key)?.line ?? line
  const party = attempt(line, note, () => partyOf(readCoordinates(settings, note)))
  const tags = attempt(lineOf('tags'), note, () => readTags(items(text('tags') ?? '', /,|\n/)))
  const permissionPolicy = await readPermissionPolicy(
    pathFrom(directory, text('permission_policy')),
  )
    .then((policy) => ({ policy }))
    .catch(reported(lineOf('permission_policy'), note))
  const seconds = number('max_session_duration', settings, note)
  const duration = number('duration_seconds', settings, note)
  if (duration !== undefined && duration > (seconds ?? 3600)) {
    const limit = `max_session_duration of the role, ${seconds ?? 3600}`
    note(lineOf('duration_seconds'), `duration_seconds is ${duration}, more than the ${limit}.`)
  }
  if (!party || !tags || !permissionPolicy) return undefined
  const setup = {
    party,
    accountId: undefined,
    partition: text('partition') ?? 'aws',
    roleName: text('role_name') ?? name,
    policyArns: list('policy_arns'),
    permissionPolicy: permissionPolicy.policy,
    permissionsBoundary: text('permissions_boundary'),
    thumbprints: list('thumbprints'),
    tags,
    maxSessionDuration: seconds,
  }
  const checked = attempt(line, note, () => checkPolicyLength(checkSetup(setup)))
  if (!checked) return undefined
  return {
    name,
    setup,
    accounts: readAccountsOf(list('accounts'), lineOf('accounts'), accounts, note),
    region: text('region'),
    durationSeconds: duration,
  }
}

/** What stands in [organization] holds for a role that has no such key, unless it names another CI. */
function withCommon(
  section: FileSection,
  common: FileSection | undefined,
): FileSection['settings'] {
  const given = new Map([...section.settings].filter(([key]) => PARTY_KEYS.includes(key)))
  const [own] = partiesNamed(named(given))
  const [shared] = partiesNamed(named(common?.settings ?? new Map()))
  const chosen = own ?? shared
  const fitting: readonly string[] = chosen ? [chosen, ...BELONGS_TO[chosen]].map(keyOf) : []
  const inherited = [...(common?.settings ?? [])].filter(
    ([key]) => !PARTY_KEYS.includes(key) || (chosen === shared && fitting.includes(key)),
  )
  return new Map([...inherited, ...section.settings])
}

function named(settings: FileSection['settings']): Partial<Coordinates> {
  return Object.fromEntries(
    COORDINATES.map((name) => [name, settings.get(keyOf(name))?.value]),
  ) as Partial<Coordinates>
}

function readCoordinates(settings: FileSection['settings'], note: NoteProblem): Coordinates {
  const value = (name: CoordinateName) => {
    const { kind, choices }: OptionSpec = OPTIONS[name]
    const setting = settings.get(keyOf(name))
    const given = setting?.value
    if (kind === 'list') return items(given ?? '')
    if (setting && kind === 'flag' && !/^(true|false)$/.test(setting.value)) {
      note(setting.line, `${keyOf(name)} is "${setting.value}"; it must be true or false.`)
    }
    if (setting && choices && !choices.includes(setting.value)) {
      note(setting.line, `${keyOf(name)} is "${setting.value}"; choose ${choices.join(' or ')}.`)
    }
    return kind === 'flag' ? given === 'true' : given
  }
  return Object.fromEntries(
    COORDINATES.map((name) => [name, value(name)]),
  ) as unknown as Coordinates
}

function readAccountsOf(
  names: readonly string[],
  line: number,
  accounts: readonly OrganizationAccount[],
  note: NoteProblem,
): readonly OrganizationAccount[] {
  if (names.length === 0) return accounts
  return [...new Set(names)].flatMap((name) => {
    const found = accounts.find((one) => one.name === name || one.id === name)
    if (!found) note(line, `accounts has "${name}", but this file has no [account ${name}].`)
    return found ?? []
  })
}

function number(
  key: 'max_session_duration' | 'duration_seconds',
  settings: FileSection['settings'],
  note: NoteProblem,
): number | undefined {
  const setting = settings.get(key)
  if (setting === undefined) return undefined
  const minimum = key === 'duration_seconds' ? 900 : 3600
  const value = /^\d{1,9}$/.test(setting.value) ? Number(setting.value) : Number.NaN
  if (value >= minimum && value <= 43_200) return value
  note(
    setting.line,
    `${key} is "${setting.value}"; it must be a whole number of seconds from ${minimum} to 43200.`,
  )
  return undefined
}

function items(text: string, separator = /[\s,]+/): string[] {
  return text
    .split(separator)
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

function pathFrom(directory: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(directory, path.replace(/^file:\/\//, ''))
}

/** What `make` gives; undefined where it throws, which is reported. */
function attempt<Made>(line: number, note: NoteProblem, make: () => Made): Made | undefined {
  try {
    return make()
  } catch (error) {
    return reported(line, note)(error)
  }
}

function reported(line: number, note: NoteProblem) {
  return (error: unknown): undefined => {
    if (!(error instanceof OidcError)) throw error
    note(line, problemText(error))
  }
}
