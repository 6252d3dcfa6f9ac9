import { type Generated, type GeneratedFile, jsonText } from './files.ts'
import { trustPolicyDocument } from './policy-document.ts'
import { accountOf, providerArn, type RoleSetup, type TrustedTokens } from './setup.ts'

/**
 * A POSIX script that makes provider, role, permission policy and attachments, or brings them up to date.
 * `inputs` is the part that sets `here` to the directory of the JSON files.
 */
export function setUpScript(setup: RoleSetup, inputs: string): string {
  const { party } = setup
  const further = afterRole(setup)
  const parts = [
    header(setup),
    inputs,
    CHECK_ACCOUNT,
    EXISTS,
    ...(party.kind === 'tokens'
      ? [provider(setup), ...(setup.tags.size > 0 ? [PROVIDER_TAGS] : [])]
      : []),
    ROLE,
    ...(further.length > 0 ? [INCOMPLETE] : []),
    ...further.map((command) => `${command} || incomplete`),
    `aws iam get-role --role-name "$role_name" --query Role.Arn --output text`,
  ]
  return `${parts.join('\n\n')}\n`
}

function afterRole(setup: RoleSetup): string[] {
  return [
    ...(setup.maxSessionDuration === undefined ? [] : [maxSessionDuration(setup)]),
    ...(setup.tags.size > 0 ? [ROLE_TAGS] : []),
    ...(setup.permissionPolicy === undefined ? [] : [PERMISSION_POLICY]),
    ...setup.policyArns.map(attachment),
  ]
}

function header(setup: RoleSetup): string {
  const { party, roleName } = setup
  const trusted = party.kind === 'tokens' ? 'the OIDC provider and ' : ''
  return `#!/bin/sh
# Creates ${trusted}the role ${roleName} in account ${accountOf(setup)}, or brings them up to date,
# and prints the ARN of the role. A second run changes nothing. The trust policy of a role
# that is there already is replaced. Needs the AWS CLI with an administrator's credentials.
set -eu
export AWS_PAGER=''

account_id=${word(accountOf(setup))}
role_name=${word(roleName)}${party.kind === 'tokens' ? providerVariables(party, setup) : ''}`
}

function providerVariables(party: TrustedTokens, setup: RoleSetup): string {
  return `
provider_arn=${word(providerArn(party, setup))}
client_id=${word(party.audience)}`
}

const CHECK_ACCOUNT = `caller=$(aws sts get-caller-identity --query Account --output text)
if [ "$caller" != "$account_id" ]; then
  echo "These credentials belong to account $caller, not to $account_id." >&2
  exit 1
fi`

const EXISTS = `# Succeeds when the command does, fails when IAM knows no such thing; any other failure ends the script.
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

function provider({ thumbprints }: RoleSetup): string {
  return `if exists aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider_arn"; then
  found=$(aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$provider_arn" \\
    --query "contains(ClientIDList, '$client_id')" --output text)
  if [ "$found" != True ]; then
    aws iam add-client-id-to-open-id-connect-provider \\
      --open-id-connect-provider-arn "$provider_arn" --client-id "$client_id"
  fi${thumbprints.length > 0 ? updatedThumbprints(thumbprints) : ''}
else
  aws iam create-open-id-connect-provider --cli-input-json "file://$here/provider.json" >/dev/null
fi`
}

function updatedThumbprints(thumbprints: readonly string[]): string {
  return `
  aws iam update-open-id-connect-provider-thumbprint \\
    --open-id-connect-provider-arn "$provider_arn" --thumbprint-list ${thumbprints.join(' ')}`
}

const PROVIDER_TAGS = `aws iam tag-open-id-connect-provider \\
  --open-id-connect-provider-arn "$provider_arn" --tags "file://$here/tags.json"`

const ROLE = `if exists aws iam get-role --role-name "$role_name"; then
  aws iam update-assume-role-policy --role-name "$role_name" \\
    --policy-document "file://$here/trust-policy.json"
else
  aws iam create-role --cli-input-json "file://$here/role.json" \\
    --assume-role-policy-document "file://$here/trust-policy.json" >/dev/null
fi`

const INCOMPLETE = `incomplete() {
  echo "Role $role_name now has the trust policy, but not all of its settings and permissions. Run this again once that is mended." >&2
  exit 1
}`

function maxSessionDuration({ maxSessionDuration: seconds }: RoleSetup): string {
  return `aws iam update-role --role-name "$role_name" --max-session-duration ${seconds} >/dev/null`
}

const ROLE_TAGS = `aws iam tag-role --role-name "$role_name" --tags "file://$here/tags.json"`

const PERMISSION_POLICY = `aws iam put-role-policy --role-name "$role_name" --policy-name "$role_name" \\
  --policy-document "file://$here/permission-policy.json"`

function attachment(arn: string): string {
  return `aws iam attach-role-policy --role-name "$role_name" \\
  --policy-arn ${word(arn)}`
}

/** One word for the shell, whatever it holds. */
function word(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}

/** The AWS CLI's JSON inputs and the script that uses them. On stdout the script carries the inputs itself. */
export function awsCli(setup: RoleSetup): Generated {
  const inputs = inputFiles(setup)
  return {
    files: [
      ...inputs,
      { name: 'set-up.sh', text: setUpScript(setup, BESIDE_THE_SCRIPT), executable: true },
    ],
    text: setUpScript(setup, carried(inputs)),
  }
}

function inputFiles(setup: RoleSetup): GeneratedFile[] {
  const { party, roleName, permissionPolicy, maxSessionDuration } = setup
  const tags = [...setup.tags].map(([Key, Value]) => ({ Key, Value }))
  const tagged = tags.length > 0 ? { Tags: tags } : {}
  const thumbprints = setup.thumbprints.length > 0 ? { ThumbprintList: setup.thumbprints } : {}
  const provider =
    party.kind === 'tokens'
      ? { Url: party.issuer, ClientIDList: [party.audience], ...thumbprints, ...tagged }
      : undefined
  const role = {
    RoleName: roleName,
    ...(maxSessionDuration === undefined ? {} : { MaxSessionDuration: maxSessionDuration }),
    ...tagged,
  }
  const contents: [name: string, content: unknown][] = [
    ['provider.json', provider],
    ['role.json', role],
    ['trust-policy.json', trustPolicyDocument(setup)],
    ['permission-policy.json', permissionPolicy],
    ['tags.json', tags.length > 0 ? tags : undefined],
  ]
  return contents
    .filter(([, content]) => content !== undefined)
    .map(([name, content]) => ({ name, text: jsonText(content) }))
}

const BESIDE_THE_SCRIPT = `# The JSON files stand beside this script.
here=$(dirname -- "$0")`

/** JSON never has a line that is the delimiter: its line breaks are escaped. */
function carried(inputs: readonly GeneratedFile[]): string {
  const files = inputs.map(({ name, text }) => `cat >"$here/${name}" <<'END'\n${text}END`)
  return [
    `here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM`,
    ...files,
  ].join('\n')
}
