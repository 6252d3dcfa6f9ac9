import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLI } from '../../acceptance/built-cli.ts'
import type { AccountState, MotoAccount } from './moto-account.ts'

/** The shell blocks below a heading of a page. */
export function blocksOf(page: string, heading: string): string {
  const [, below = ''] = readFileSync(page, 'utf8').split(`${heading}`)
  const [section = ''] = below.split(/\n#+ /)
  return [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text).join('')
}

/** What the commands of a page print, in a directory with its roles file. */
export function inProject(moto: MotoAccount, commands = ''): string {
  const project = mkdtempSync(join(moto.home, 'project-'))
  const [, roles = ''] =
    /^```ini\n(.*?)^```/ms.exec(readFileSync('docs/organization.md', 'utf8')) ?? []
  writeFileSync(join(project, 'roles.ini'), roles)
  const npx = `npx() { shift; "${process.execPath}" "${CLI}" "$@"; }`
  const { status, stdout, stderr } = moto.runScript(`cd '${project}'\n${npx}\n${commands}`)
  assert.equal(status, 0, stderr)
  return stdout
}

/** A profile of the AWS CLI with an administrator of the account. */
export function writeProfile(moto: MotoAccount, name: string, account: string): void {
  const { status, stderr } =
    moto.runScript(`keys=$(aws sts assume-role --role-session-name writer --output text \\
  --role-arn arn:aws:iam::${account}:role/x --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
set -- $keys
mkdir -p "$HOME/.aws"
printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n' ${name} "$@" >>"$HOME/.aws/credentials"`)
  assert.equal(status, 0, stderr)
}

/** A unit with two accounts, and one without, in an organization of moto's. */
export function organizationalUnits(moto: MotoAccount) {
  const { status, stdout, stderr } = moto.runScript(`org='aws organizations'
$org create-organization --feature-set ALL >/dev/null
root=$($org list-roots --query 'Roots[0].Id' --output text)
unit() {
  $org create-organizational-unit --parent-id "$root" --name "$1" --query OrganizationalUnit.Id --output text
}
full=$(unit ci)
for name in one two; do
  id=$($org create-account --email "$name@example.com" --account-name "$name" --query CreateAccountStatus.AccountId --output text)
  $org move-account --account-id "$id" --source-parent-id "$root" --destination-parent-id "$full"
  echo "$id"
done
echo "$full"
unit none`)
  assert.equal(status, 0, stderr)
  const lines = stdout.trim().split('\n')
  return { ids: lines.slice(0, 2), units: lines.slice(2) }
}

/** What IAM has, as the sandbox's STS judges by it. */
export function worldOf(states: Readonly<Record<string, AccountState>>): object {
  const entries = Object.entries(states).map(([id, { providers, roles }]) => {
    const ofWorld = {
      providers: Object.entries(providers).map(([url, clientIds]) => ({
        url: `https://${url}`,
        clientIds,
      })),
      roles: Object.entries(roles).map(([name, { trustPolicy, duration }]) => ({
        name,
        trustPolicy,
        maxSessionDuration: duration,
      })),
    }
    return [id, ofWorld]
  })
  return { accounts: Object.fromEntries(entries) }
}
