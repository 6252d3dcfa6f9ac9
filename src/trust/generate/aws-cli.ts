import { shellWord } from '../../text.ts'
import { issuerHostPath } from '../policy/context-keys.ts'
import { type ProviderSetup, providersOf } from '../roles/organization.ts'
import { trustPolicyDocument } from '../roles/policy-document.ts'
import { accountOf, type RoleSetup } from '../roles/setup.ts'
import { type Generated, type GeneratedFile, jsonText } from './files.ts'

/** The AWS CLI's JSON inputs and the script that uses them. On stdout the script carries the inputs itself. */
export function awsCli(setup: RoleSetup): Generated {
  const parts = accountParts([setup], true)
  const inputs = [...parts.providers, ...parts.roles].flatMap(({ inputs }) => inputs)
  const script = (prologue: string) => accountScript(setup, parts, prologue)
  return {
    files: [...inputs, { name: 'set-up.sh', text: script(BESIDE_THE_SCRIPT), executable: true }],
    text: script(carried(inputs)),
  }
}

/** Commands, and the files that they read. */
interface Part {
  readonly commands: readonly string[]
  readonly inputs: readonly GeneratedFile[]
}

interface AccountParts {
  readonly providers: readonly Part[]
  readonly roles: readonly Part[]
  readonly names: readonly string[]
}

export function accountParts(roles: readonly RoleSetup[], createsProvider: boolean): AccountParts {
  const providers = providersOf(roles)
  const [only] = roles
  return {
    providers: providers.map((one, index) =>
      providerPart(
        one,
        only?.partition ?? 'aws',
        providers.length > 1 ? `provider-${index + 1}` : 'provider',
        createsProvider,
        roles.length === 1,
      ),
    ),
    roles: roles.map((one) => rolePart(one, roles.length > 1 ? `${one.roleName}/` : '')),
    names: roles.map(({ roleName }) => roleName),
  }
}

/**
 * A POSIX script that makes providers, roles, permission policies and attachments, or brings them up to date.
 * `prologue` is the part that sets `here` to the directory of the JSON files.
 */
export function accountScript(
  setup: RoleSetup,
  { providers, roles, names }: AccountParts,
  prologue: string,
): string {
  const incomplete = roles.some(({ commands }) => commands.some((one) => one.endsWith(OR_STOP)))
  const parts = [
    header(accountOf(setup), providers.length > 0, names),
    prologue,
    CHECK_ACCOUNT,
    EXISTS,
    ...(incomplete ? [INCOMPLETE] : []),
    ...[...providers, ...roles].flatMap(({ commands }) => commands),
  ]
  return `${parts.join('\n\n')}\n`
}

function header(accountId: string, hasProvider: boolean, names: readonly string[]): string {
  const trusted = hasProvider ? 'the OIDC provider and ' : ''
  const [first] = names
  const roles = names.length > 1 ? `${names.length} roles` : `the role ${first}`
  return `#!/bin/sh
# Creates ${trusted}${roles} in account ${accountId}, or brings them up to date,
# and prints the ARN of each role. A second run changes nothing. The trust policy of a role
# that is there already is replaced. Needs the AWS CLI with an administrator's credentials.
set -eu
export AWS_PAGER=''

account_id=${shellWord(accountId)}`
}

const CHECK_ACCOUNT = `caller=$(aws sts get-caller-identity --query Account --output text)
if [ "$caller" != "$account_id" ]; then
  echo "These credentials belong to account $caller, not to $account_id." >&2
  exit 1
fi`

const EXISTS = `# Succeeds if the command does, and fails if IAM finds nothing; any other failure ends the script.
exists() {
  if message=$("$@" 2>&1 >/dev/null); then
    return 0
  fi
  case $message in
    *NoSuchEntity*) return 1 ;;
  esac
  printf '%s\\n' "$message" >&2
  exit 1
}`

function providerPart(
  provider: ProviderSetup,
  partition: string,
  name: string,
  creates: boolean,
  isForOne: boolean,
): Part {
  const { issuer, clientIds, thumbprints } = provider
  const tags = tagList(provider.tags)
  const input = {
    Url: issuer,
    ClientIDList: clientIds,
    ...(thumbprints.length > 0 ? { ThumbprintList: thumbprints } : {}),
    ...(tags.length > 0 ? { Tags: tags } : {}),
  }
  // The tags of a single role are those of its provider.
  const tagFile = isForOne ? 'tags.json' : `${name}-tags.json`
  return {
    commands: [
      `provider_arn="arn:${partition}:iam::$account_id:oidc-provider/"${shellWord(issuerHostPath(issuer))}`,
      providerCommands(provider, `${name}.json`, creates),
      ...(tags.length > 0
        ? [
            `aws iam tag-open-id-connect-provider \\
  --open-id-connect-provider-arn "$provider_arn" --tags "file://$here/${tagFile}"`,
          ]
        : []),
    ],
    inputs: [
      ...(creates ? [{ name: `${name}.json`, text: jsonText(input) }] : []),
      ...(tags.length > 0 && !isForOne ? [{ name: tagFile, text: jsonText(tags) }] : []),
    ],
  }
}

function providerCommands(provider: ProviderSetup, input: string, creates: boolean): string {
  const create = creates
    ? `aws iam create-open-id-connect-provider --cli-input-json "file://$here/${input}" >/dev/null`
    : `echo "Account $account_id has no provider $provider_arn." >&2
  exit 1`
  return `if exists aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider_arn"; then
${provider.clientIds.map(registration).join('\n')}${provider.thumbprints.length > 0 ? updatedThumbprints(provider.thumbprints) : ''}
else
  ${create}
fi`
}

function registration(clientId: string): string {
  return `  client_id=${shellWord(clientId)}
  found=$(aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider_arn" \\
    --query "contains(ClientIDList, '$client_id')" --output text)
  if [ "$found" != True ]; then
    aws iam add-client-id-to-open-id-connect-provider \\
      --open-id-connect-provider-arn "$provider_arn" --client-id "$client_id"
  fi`
}

function updatedThumbprints(thumbprints: readonly string[]): string {
  return `
  aws iam update-open-id-connect-provider-thumbprint \\
    --open-id-connect-provider-arn "$provider_arn" --thumbprint-list ${thumbprints.join(' ')}`
}

const OR_STOP = ' || incomplete'

const INCOMPLETE = `incomplete() {
  echo "Role $role_name now has the trust policy, but not all of its settings and permissions. Run this again when that is fixed." >&2
  exit 1
}`

/** `folder` is where the inputs of this role stand, with a slash at its end. */
function rolePart(setup: RoleSetup, folder: string): Part {
  const { roleName, permissionPolicy, maxSessionDuration, permissionsBoundary, policyArns } = setup
  const tags = tagList(setup.tags)
  const input = {
    RoleName: roleName,
    ...(maxSessionDuration === undefined ? {} : { MaxSessionDuration: maxSessionDuration }),
    ...(permissionsBoundary === undefined ? {} : { PermissionsBoundary: permissionsBoundary }),
    ...(tags.length > 0 ? { Tags: tags } : {}),
  }
  const contents: [name: string, content: unknown][] = [
    ['role.json', input],
    ['trust-policy.json', trustPolicyDocument(setup)],
    ['permission-policy.json', permissionPolicy],
    ['tags.json', tags.length > 0 ? tags : undefined],
  ]
  const further = [
    ...(permissionsBoundary === undefined ? [] : [boundary(permissionsBoundary)]),
    ...(maxSessionDuration === undefined ? [] : [sessionDuration(maxSessionDuration)]),
    ...(tags.length > 0
      ? [`aws iam tag-role --role-name "$role_name" --tags "file://$here/${folder}tags.json"`]
      : []),
    ...(permissionPolicy === undefined ? [] : [inlinePolicy(folder)]),
    ...policyArns.map(attachment),
  ]
  return {
    commands: [
      `role_name=${shellWord(roleName)}`,
      roleCommands(folder),
      ...further.map((command) => `${command}${OR_STOP}`),
      `aws iam get-role --role-name "$role_name" --query Role.Arn --output text`,
    ],
    inputs: contents
      .filter(([, content]) => content !== undefined)
      .map(([name, content]) => ({ name: `${folder}${name}`, text: jsonText(content) })),
  }
}

function roleCommands(folder: string): string {
  return `if exists aws iam get-role --role-name "$role_name"; then
  aws iam update-assume-role-policy --role-name "$role_name" \\
    --policy-document "file://$here/${folder}trust-policy.json"
else
  aws iam create-role --cli-input-json "file://$here/${folder}role.json" \\
    --assume-role-policy-document "file://$here/${folder}trust-policy.json" >/dev/null
fi`
}

function boundary(arn: string): string {
  return `aws iam put-role-permissions-boundary --role-name "$role_name" \\
  --permissions-boundary ${shellWord(arn)}`
}

function sessionDuration(seconds: number): string {
  return `aws iam update-role --role-name "$role_name" --max-session-duration ${seconds} >/dev/null`
}

function inlinePolicy(folder: string): string {
  return `aws iam put-role-policy --role-name "$role_name" --policy-name "$role_name" \\
  --policy-document "file://$here/${folder}permission-policy.json"`
}

function attachment(arn: string): string {
  return `aws iam attach-role-policy --role-name "$role_name" \\
  --policy-arn ${shellWord(arn)}`
}

function tagList(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}

export const BESIDE_THE_SCRIPT = `# The JSON files are beside this script.
here=$(dirname -- "$0")`

export const NEW_DIRECTORY = `here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM`

function carried(inputs: readonly GeneratedFile[]): string {
  return [NEW_DIRECTORY, ...inputs.map(hereDocument)].join('\n')
}

/** No line of ours is the delimiter: JSON escapes its line breaks, and no script of ours has it. */
export function hereDocument({ name, text }: GeneratedFile): string {
  return `cat >"$here/${name}" <<'END'\n${text}END`
}
