import { setUpScript } from './aws-cli-script.ts'
import { type Generated, type GeneratedFile, jsonText } from './generated-file.ts'
import { trustPolicyDocument } from './policy-document.ts'
import type { RoleSetup } from './role-setup.ts'

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
