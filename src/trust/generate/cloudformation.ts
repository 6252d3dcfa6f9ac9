import { OidcError } from '../../errors.ts'
import { issuerHostPath } from '../policy/context-keys.ts'
import {
  type Organization,
  type OrganizationAccount,
  type OrganizationRole,
  type ProviderSetup,
  providersOf,
} from '../roles/organization.ts'
import { checkPolicyLength, policyWith } from '../roles/policy-document.ts'
import type { RoleSetup } from '../roles/setup.ts'
import type { TrustedTokens } from '../subjects/trusted-tokens.ts'
import type { Generated } from './files.ts'

type Part = Readonly<Record<string, unknown>>

/** A CloudFormation template. Outside `Fn::Sub` strings are literal, but for dynamic references. */
export function cloudformation(setup: RoleSetup): Generated {
  checkPolicyLength(setup)
  const { party } = setup
  return templateOf(party.kind === 'tokens' ? tokensTemplate(setup, party) : roleTemplate(setup))
}

/** The same for the roles of many accounts: each account that gets it makes those that are meant for it. */
export function cloudformationOfRoles(organization: Organization): Generated {
  const { roles, accounts } = organization
  const names = logicalIds(roles)
  const isLimited = (one: OrganizationRole) => one.accounts.length < accounts.length
  const providers = providersOf(roles.map(({ setup }) => setup)).map((one, index, all) => ({
    ...one,
    name: all.length > 1 ? `Provider${index + 1}` : 'Provider',
    condition: creationCondition(one.issuer, organization, isLimited),
  }))
  const created = providers.filter(({ condition }) => condition !== undefined)
  const resources = roles.map((one) => {
    const { party, roleName, maxSessionDuration } = one.setup
    const name = names.get(one) ?? ''
    const own = created.find(({ issuer }) => party.kind === 'tokens' && party.issuer === issuer)
    const creates = one.accounts.some(({ createProvider }) => createProvider)
    const resource = role(one.setup, principalOf(party, creates ? own?.name : undefined), {
      name: roleName,
      duration: maxSessionDuration,
    })
    return [name, isLimited(one) ? { Condition: `Has${name}`, ...resource } : resource] as const
  })
  return templateOf({
    Description: `${roles.length} roles for CI jobs. Deploy with --capabilities CAPABILITY_NAMED_IAM.`,
    ...(created.length > 0 ? { Parameters: CREATE_PROVIDER } : {}),
    Conditions: Object.fromEntries([
      ...created.map(({ name, condition }) => [`Creates${name}`, condition] as const),
      ...roles
        .filter(isLimited)
        .map((one) => [`Has${names.get(one)}`, isOneOf(one.accounts)] as const),
    ]),
    Resources: Object.fromEntries([
      ...created.map((one) => [one.name, provider(one, one.name)] as const),
      ...resources,
    ]),
  })
}

/** Which accounts make the provider; undefined where none does. Roles without limits are also for accounts to come. */
function creationCondition(
  issuer: string,
  { roles, accounts }: Organization,
  isLimited: (role: OrganizationRole) => boolean,
): Part | undefined {
  const own = roles.filter(
    ({ setup }) => setup.party.kind === 'tokens' && setup.party.issuer === issuer,
  )
  if (!own.every(isLimited)) {
    const existing = accounts.filter(({ createProvider }) => !createProvider)
    return existing.length === 0
      ? ASKED
      : { 'Fn::And': [ASKED, { 'Fn::Not': [isOneOf(existing)] }] }
  }
  const creating = accounts.filter(
    (account) => account.createProvider && own.some((one) => one.accounts.includes(account)),
  )
  return creating.length === 0 ? undefined : { 'Fn::And': [ASKED, isOneOf(creating)] }
}

const ASKED = { 'Fn::Equals': [{ Ref: 'CreateProvider' }, 'true'] }

/** Names of resources: letters and digits. */
function logicalIds(roles: readonly OrganizationRole[]): ReadonlyMap<OrganizationRole, string> {
  const taken = new Set<string>()
  return new Map(
    roles.map((one, index) => {
      const words = one.name.split(/[^A-Za-z0-9]+/)
      const name = `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Role`
      const free = taken.has(name) ? `${name}${index + 1}` : name
      taken.add(free)
      return [one, free]
    }),
  )
}

/** Fn::Or takes 2 to 10 conditions, which may be Fn::Or themselves. */
function isOneOf(accounts: readonly OrganizationAccount[]): Part {
  return anyOf(accounts.map(({ id }) => ({ 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, id] })))
}

function anyOf(conditions: readonly Part[]): Part {
  const [only = {}] = conditions
  if (conditions.length === 1) return only
  if (conditions.length <= 10) return { 'Fn::Or': conditions }
  const size = Math.ceil(conditions.length / 10)
  const groups = Array.from({ length: 10 }, (_, index) =>
    conditions.slice(index * size, (index + 1) * size),
  )
  return anyOf(groups.filter(({ length }) => length > 0).map(anyOf))
}

function templateOf(template: Part): Generated {
  const text = yamlText({ AWSTemplateFormatVersion: '2010-09-09', ...template })
  refuseDynamicReference(text)
  return { files: [{ name: 'template.yaml', text }], text }
}

/** There is no way to escape one: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
function refuseDynamicReference(text: string): void {
  const [found] = /\{\{resolve:[^}]{0,80}/.exec(text) ?? []
  if (found === undefined) return
  throw new OidcError('invalid-usage', {
    what: `"${found}" is in the subject or a policy, and CloudFormation would replace it.`,
    next: 'Remove it, or generate another format with --for.',
  })
}

function tokensTemplate(setup: RoleSetup, party: TrustedTokens): Part {
  const principal = principalOf(party, 'Provider')
  const one = { ...setup, issuer: party.issuer, clientIds: [party.audience] }
  return {
    Description:
      'OIDC provider and role for CI jobs. Deploy with --capabilities CAPABILITY_NAMED_IAM.',
    Parameters: { ...parameters(setup), ...CREATE_PROVIDER },
    Conditions: { CreatesProvider: ASKED },
    Resources: {
      Provider: provider(one, 'Provider'),
      Role: role(setup, principal, PARAMETERS),
    },
    Outputs: {
      ...outputs,
      ProviderArn: { Description: 'ARN of the OIDC provider', Value: principal['Federated'] },
    },
  }
}

const CREATE_PROVIDER = {
  CreateProvider: {
    Description: 'false where the account already has a provider for this issuer',
    Type: 'String',
    AllowedValues: ['true', 'false'],
    Default: 'true',
  },
}

function provider({ issuer, clientIds, thumbprints, tags }: ProviderSetup, name: string): Part {
  return {
    Type: 'AWS::IAM::OIDCProvider',
    Condition: `Creates${name}`,
    Properties: {
      Url: issuer,
      ClientIdList: clientIds,
      ...(thumbprints.length > 0 ? { ThumbprintList: thumbprints } : {}),
      ...tagList(tags),
    },
  }
}

/** Another role; or the provider that the template makes under the name `made`, or the one that is there. */
function principalOf(party: RoleSetup['party'], made: string | undefined): Part {
  if (party.kind === 'role') return { AWS: party.roleArn }
  const existing = {
    'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:oidc-provider/${issuerHostPath(party.issuer)}`,
  }
  return {
    Federated:
      made === undefined ? existing : { 'Fn::If': [`Creates${made}`, { Ref: made }, existing] },
  }
}

function roleTemplate(setup: RoleSetup): Part {
  return {
    Description: 'Role that another role assumes. Deploy with --capabilities CAPABILITY_NAMED_IAM.',
    Parameters: parameters(setup),
    Resources: { Role: role(setup, principalOf(setup.party, undefined), PARAMETERS) },
    Outputs: outputs,
  }
}

function parameters(setup: RoleSetup): Part {
  return {
    RoleName: { Description: 'Name of the role', Type: 'String', Default: setup.roleName },
    MaxSessionDuration: {
      Description: 'Maximum session duration in seconds',
      Type: 'Number',
      MinValue: 3600,
      MaxValue: 43_200,
      Default: setup.maxSessionDuration ?? 3600,
    },
  }
}

const PARAMETERS = { name: { Ref: 'RoleName' }, duration: { Ref: 'MaxSessionDuration' } }

function role(
  setup: RoleSetup,
  principal: Part,
  { name, duration }: { name: string | Part; duration: number | Part | undefined },
): Part {
  const { policyArns, permissionPolicy, permissionsBoundary } = setup
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: name,
      ...(duration === undefined ? {} : { MaxSessionDuration: duration }),
      AssumeRolePolicyDocument: policyWith(principal, setup.party),
      ...(permissionsBoundary === undefined ? {} : { PermissionsBoundary: permissionsBoundary }),
      ...(policyArns.length > 0 ? { ManagedPolicyArns: policyArns } : {}),
      ...(permissionPolicy === undefined
        ? {}
        : { Policies: [{ PolicyName: name, PolicyDocument: permissionPolicy }] }),
      ...tagList(setup.tags),
    },
  }
}

function tagList(tags: ReadonlyMap<string, string>): Part {
  return tags.size === 0 ? {} : { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) }
}

const outputs = {
  RoleArn: {
    Description: 'ARN of the role, for --role-arn',
    Value: { 'Fn::GetAtt': ['Role', 'Arn'] },
  },
}

/** A JSON value as YAML in block style. Whatever could mean something else in plain style is quoted as in JSON. */
export function yamlText(value: unknown): string {
  return `${nodeLines(value).join('\n')}\n`
}

function nodeLines(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = nodeLines(item)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, item]) => entryLines(scalar(key), item))
  }
  return [typeof value === 'string' ? scalar(value) : JSON.stringify(value)]
}

function entryLines(key: string, item: unknown): string[] {
  const lines = nodeLines(item)
  const nested = typeof item === 'object' && item !== null && Object.keys(item).length > 0
  return nested ? [`${key}:`, ...lines.map((line) => `  ${line}`)] : [`${key}: ${lines[0]}`]
}

// Words that YAML 1.1 reads as booleans or null.
const SPECIAL = /^(y|n|yes|no|on|off|true|false|null)$/i

/** YAML's double-quoted style takes JSON strings: https://yaml.org/spec/1.2.2/#731-double-quoted-style */
function scalar(text: string): string {
  return /^[A-Za-z][\w /.:-]*$/.test(text) && !/:( |$)|\s$/.test(text) && !SPECIAL.test(text)
    ? text
    : JSON.stringify(text)
}
