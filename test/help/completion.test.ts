import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../../src/command-table.ts'
import { CLI } from '../acceptance/built-cli.ts'
import { without } from '../tools/programs.ts'

const directory = mkdtempSync(join(tmpdir(), 'completion-'))
after(() => rmSync(directory, { recursive: true, force: true }))
writeFileSync(join(directory, 'claims.json'), '{}')
mkdirSync(join(directory, 'clients'))

const BASH = `source "$1"; shift
function=$(complete -p circleci-aws-oidc | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
for line; do
  read -ra COMP_WORDS <<< "$line"; [[ $line = *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  $function circleci-aws-oidc 2>/dev/null
  printf '%s\\n' "\${COMPREPLY[@]}" '(end)'
done`
const ZSH = fileURLToPath(new URL('complete.zsh', import.meta.url))
const FISH = 'source $argv[1]; for line in $argv[2..-1]; complete -C $line; echo "(end)"; end'

/** Load the script, and say what each line is completed to. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  bash: ['-c', BASH, 'bash'],
  zsh: ['-f', ZSH],
  fish: ['--no-config', '-c', FISH],
}

const topics = new Set(Object.keys(COMMANDS).map((name) => name.split(' ')[0] ?? ''))

/** What is offered, without order; with …, among other things. */
const OFFERED: [line: string, offered: string[], more?: '…'][] = [
  ['', [...topics, 'help', 'version']],
  ['assume', ['assume-role']],
  ['trust ', ['generate', 'check', 'audit', 'thumbprint']],
  ['trust ch', ['check']],
  ['assume-role --role-s', ['--role-session-name']],
  ['trust check --provider', ['--provider-client-ids']],
  ['cleanup --', COMMANDS.cleanup.options.map((name) => `--${name}`), '…'],
  ['assume-role --region eu-west-1 --credentials ', ['static', 'refresh', 'token-file']],
  ['assume-role --overwrite --credentials re', ['refresh']],
  ['trust generate --for terr', ['terraform']],
  ['completion ', ['bash', 'zsh', 'fish'], '…'],
  ['explain access', ['access-denied']],
  ['explain clock', ['clock-skew']],
  ['trust check --claims cla', ['claims.json']],
  ['trust generate --out-dir cl', ['clients']],
  ['assume-role --role-arn ', []],
  ['exec --role-arn x -- cat cla', ['claims.json']],
]

for (const [shell, args] of Object.entries(SHELLS)) {
  describe(shell, { skip: without(shell) }, () => {
    let answers: string[] = []
    before(() => {
      const script = join(directory, `script.${shell}`)
      writeFileSync(script, execFileSync(process.execPath, [CLI, 'completion', shell]))
      const lines = OFFERED.map(([line]) => `circleci-aws-oidc ${line}`)
      const options = { cwd: directory, encoding: 'utf8', timeout: 60_000 } as const
      const { stdout, stderr } = spawnSync(shell, [...args, script, ...lines], options)
      assert.equal(stderr, '')
      answers = stdout.split('(end)\n')
    })

    for (const [index, [line, offered, more]] of OFFERED.entries()) {
      test(`circleci-aws-oidc ${line}<tab>`, () => {
        const words = (answers[index] ?? '').split('\n').filter((word) => word !== '')
        // fish says what each word means; zsh offers a directory twice.
        const got = [...new Set(words.map((word) => word.replace(/\/?(\t.*)?$/, '')))].sort()
        const missing = offered.filter((word) => !got.includes(word))
        assert.deepEqual(missing, [], words.join(' '))
        if (!more) assert.deepEqual(got, offered.toSorted())
      })
    }
  })
}
