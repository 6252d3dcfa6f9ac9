import { shellWord } from '../../text.ts'
import { type Organization, type OrganizationAccount, rolesIn } from '../roles/organization.ts'
import {
  accountParts,
  accountScript,
  BESIDE_THE_SCRIPT,
  hereDocument,
  NEW_DIRECTORY,
} from './aws-cli.ts'
import type { Generated, GeneratedFile } from './files.ts'

/** A directory with inputs and script for each account, and a script that goes through the accounts. */
export function awsCliOfAccounts(organization: Organization): Generated {
  const accounts = organization.accounts.filter(
    (account) => rolesIn(organization, account).length > 0,
  )
  const files = [
    ...accounts.flatMap((account) => accountFiles(organization, account)),
    { name: 'set-up.sh', text: throughAccounts(accounts, organization), executable: true },
  ]
  return { files, text: selfExtracting(files) }
}

function accountFiles(organization: Organization, account: OrganizationAccount): GeneratedFile[] {
  const roles = rolesIn(organization, account)
  const [first] = roles
  if (first === undefined) return []
  const parts = accountParts(roles, account.createProvider)
  const inputs = [...parts.providers, ...parts.roles].flatMap(({ inputs }) => inputs)
  const script = accountScript(first, parts, BESIDE_THE_SCRIPT)
  const files = [...inputs, { name: 'set-up.sh', text: script, executable: true }]
  return files.map((file) => ({ ...file, name: `${account.name}/${file.name}` }))
}

function throughAccounts(
  accounts: readonly OrganizationAccount[],
  { roles }: Organization,
): string {
  const partition = roles[0]?.setup.partition ?? 'aws'
  const calls = accounts.map(
    ({ id, name }) => `set_up ${shellWord(id)} ${shellWord(name)} || failed="$failed ${id}"`,
  )
  return `#!/bin/sh
# Sets up ${accounts.length === 1 ? '1 account' : `${accounts.length} accounts`}, one after the other; if one fails, it goes on with the next.
# Needs the AWS CLI with credentials of the management account or a delegated administrator, which may
# assume an administrator's role in each of the accounts:
#   sh set-up.sh [ROLE_NAME]     (default: OrganizationAccountAccessRole)
set -eu
export AWS_PAGER=''

role=\${1:-OrganizationAccountAccessRole}
here=$(dirname -- "$0")
own=$(aws sts get-caller-identity --query Account --output text)
failed=''

# Runs the script of one account with credentials of that account, which end with the subshell.
set_up() (
  if [ "$1" != "$own" ]; then
    keys=$(aws sts assume-role --role-arn "arn:${partition}:iam::$1:role/$role" \\
      --role-session-name set-up --output text \\
      --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]') || exit 1
    unset AWS_PROFILE AWS_DEFAULT_PROFILE
    AWS_ACCESS_KEY_ID=$(printf '%s\\n' "$keys" | cut -f 1)
    AWS_SECRET_ACCESS_KEY=$(printf '%s\\n' "$keys" | cut -f 2)
    AWS_SESSION_TOKEN=$(printf '%s\\n' "$keys" | cut -f 3)
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  fi
  sh -- "$here/$2/set-up.sh"
)

${calls.join('\n')}

if [ -n "$failed" ]; then
  echo "Not set up, see above:$failed" >&2
  exit 1
fi
`
}

/** Everything in one script, which takes the arguments of the one it runs. */
function selfExtracting(files: readonly GeneratedFile[]): string {
  const folders = [...new Set(files.flatMap(({ name }) => name.match(/^.*(?=\/)/) ?? []))]
  return [
    `#!/bin/sh
# Carries the files of every account, and runs set-up.sh among them.
set -eu
${NEW_DIRECTORY}`,
    folders.length > 0
      ? `mkdir -p ${folders.map((folder) => `"$here/${folder}"`).join(' \\\n  ')}`
      : '',
    ...files.map(hereDocument),
    'sh -- "$here/set-up.sh" "$@"\n',
  ].join('\n')
}
