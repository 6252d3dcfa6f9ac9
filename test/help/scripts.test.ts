import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompletedCommand, CompletedOption } from '../../src/help/completion.ts'
import '../acceptance/built-modules.ts'

// Not before a module that only a build has can be loaded.
const load = {
  bash: async () => (await import('../../src/help/bash.ts')).bashScript,
  fish: async () => (await import('../../src/help/fish.ts')).fishScript,
  zsh: async () => (await import('../../src/help/zsh.ts')).zshScript,
  groups: async () => (await import('../../src/help/completion.ts')).commandGroups,
}

const option = (name: string, value: CompletedOption['value'], more = {}): CompletedOption => ({
  ...{ name, value, description: `Takes ${name}`, isList: false },
  ...more,
})

const OPTIONS = [
  option('flag', 'none', { description: "It's [so] \\ so" }),
  option('file', 'file', { isList: true }),
  option('directory', 'directory'),
  option('any', 'any'),
  option('other', 'any'),
  option('choice', ['a', 'b']),
]
const command = (words: string, more: Partial<CompletedCommand> = {}): CompletedCommand => ({
  ...{ words: words.split(' '), summary: `Does: ${words}` },
  ...{ options: [], values: [], takesProgram: false },
  ...more,
})
const COMMANDS = [
  command('run', { options: OPTIONS, values: ['x', 'y'] }),
  command('two one', { options: [option('flag', 'none')] }),
  command('two other'),
]

/** Whether the script has these lines, in this order. */
function assertLines(script: string, lines: readonly string[]): void {
  const all = script.split('\n').map((line) => line.trim().replace(/ \\$/, ''))
  const found = all.filter((line) => lines.includes(line))
  assert.deepEqual(found, lines, script)
}

test('words that begin several commands', async () => {
  const commandGroups = await load.groups()
  assert.deepEqual([...commandGroups(COMMANDS)], [['two', ['one', 'other']]])
})

// What `_arguments` and `_describe` read: zshcompsys(1).
test('the specifications of zsh', async () => {
  const zshScript = await load.zsh()
  const script = zshScript(COMMANDS)
  const [, first = ''] = /commands=\(\n([^)]*)\)/.exec(script) ?? []
  assert.equal(first.trim().split('\n').length, 4, 'each word once')
  assertLines(script, [
    String.raw`'run:Does\: run'`,
    "'two:one, other'",
    "'help:Show help'",
    "'version:Show the version'",
    'two)',
    String.raw`'one:Does\: two one'`,
    String.raw`'other:Does\: two other'`,
    "'run')",
    String.raw`'--flag[It'\''s \[so\] \\ so]'`,
    "'*--file=[Takes file]:file:_files'",
    "'--directory=[Takes directory]:directory:_files -/'",
    "'--any=[Takes any]:any:'",
    "'--other=[Takes other]:other:'",
    "'--choice=[Takes choice]:choice:(a b)'",
    "'1:word:(x y)' ;;",
    "'two one')",
    "'--flag[Takes flag]' ;;",
    "'two other')",
    '_arguments ;;',
  ])
})

// complete(1) of fish: -x takes a value, and no file; -r takes one, -F a file.
test('the lines of fish', async () => {
  const fishScript = await load.fish()
  const program = 'complete -c circleci-aws-oidc'
  const first = `${program} -n __circleci_aws_oidc_first -a`
  const within = (words: string) => `${program} -n '__circleci_aws_oidc_in ${words}' -l`
  const after = (words: string) => `${program} -n '__circleci_aws_oidc_after ${words}' -a`
  const script = fishScript(COMMANDS)
  assert.deepEqual(
    script.split('\n').filter((line) => /^complete .* -[la] /.test(line)),
    [
      `${program} -n __circleci_aws_oidc_in_program -a '(__circleci_aws_oidc_program)'`,
      `${first} run -d 'Does: run'`,
      `${first} two -d 'one, other'`,
      `${first} help -d 'Show help'`,
      `${first} version -d 'Show the version'`,
      `${after('run')} 'x y'`,
      String.raw`${within('run')} flag -d 'It\'s [so] \\ so'`,
      `${within('run')} file -r -F -d 'Takes file'`,
      `${within('run')} directory -x -a '(__fish_complete_directories)' -d 'Takes directory'`,
      `${within('run')} any -x -d 'Takes any'`,
      `${within('run')} other -x -d 'Takes other'`,
      `${within('run')} choice -x -a 'a b' -d 'Takes choice'`,
      `${after('two')} one -d 'Does: two one'`,
      `${within('two one')} flag -d 'Takes flag'`,
      `${after('two')} other -d 'Does: two other'`,
    ],
  )
})

test('the cases of bash', async () => {
  const bashScript = await load.bash()
  assertLines(bashScript(COMMANDS), [
    'two)',
    "words='one other'",
    "words='run two help version'",
    '--file) _circleci_aws_oidc_paths -f; return ;;',
    '--directory) _circleci_aws_oidc_paths -d; return ;;',
    '--any | --other) :; return ;;',
    `--choice) COMPREPLY=($(compgen -W 'a b' -- "$current")); return ;;`,
    "'run') words='x y --flag --file --directory --any --other --choice' ;;",
    "'two one') words='--flag' ;;",
    "'two other') words='' ;;",
  ])
})
