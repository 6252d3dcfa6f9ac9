import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../../src/command-table.ts'
import { Job } from './job.ts'

const FOLDER = fileURLToPath(new URL('help', import.meta.url))
const OVERVIEW = 'overview'
/** `npm run update:help` writes the pages as they are now. */
const UPDATING = process.env['UPDATE_HELP'] === '1'

function page(name: string, width: number): string {
  return readFileSync(`${FOLDER}/${width}/${name}.txt`, 'utf8')
}

/** Pages that may be longer than 60 lines at 80 columns: one has the coordinates of every CI, two whatever a role can be asked for. */
const LONGER: Readonly<Record<string, number>> = {
  'trust-generate': 86,
  'assume-role': 66,
  doctor: 72,
}

/** `trust check` has the page `trust-check.txt`. */
const PAGES: readonly [name: string, words: string[]][] = [
  [OVERVIEW, []],
  ['trust', ['trust']],
  ...Object.keys(COMMANDS).map((name): [string, string[]] => [
    name.replace(' ', '-'),
    name.split(' '),
  ]),
]

for (const width of [80, 120]) {
  for (const [name, words] of PAGES) {
    test(`${[...words, '--help'].join(' ')} at ${width} columns`, async (t) => {
      const job = new Job(t, { COLUMNS: String(width) })
      const { stdout, stderr } = await job.done([...words, '--help'])
      if (UPDATING) {
        mkdirSync(`${FOLDER}/${width}`, { recursive: true })
        writeFileSync(`${FOLDER}/${width}/${name}.txt`, stdout)
      }
      assert.equal(stderr, '')
      assert.equal(stdout, page(name, width), 'if the new text is right: npm run update:help')
      const lines = stdout.split('\n')
      const [count, most] = [lines.length - 1, LONGER[name] ?? 60]
      assert.ok(count <= most, `${count} lines; the page has at most ${most}`)
      assert.deepEqual(
        lines.filter(({ length }) => length > width),
        [],
      )
      assert.doesNotMatch(stdout, /\[(string|boolean)\]|\s$(?!\n?$)/m)
    })
  }

  test(`every page at ${width} columns is that of a command`, () => {
    const pages = readdirSync(`${FOLDER}/${width}`).map((name) => basename(name, '.txt'))
    assert.deepEqual(pages.sort(), PAGES.map(([name]) => name).sort())
  })
}

const SAME: [args: string[], name: string][] = [
  [['help', 'assume-role'], 'assume-role'],
  [['assume-role', '-h'], 'assume-role'],
  [['assume-role', '--role-arn', 'x', '--help'], 'assume-role'],
  [['help', 'trust'], 'trust'],
  [['trust', '-h'], 'trust'],
  [['help', 'trust', 'check'], 'trust-check'],
  [['-h'], OVERVIEW],
  [['help'], OVERVIEW],
]
for (const [args, name] of SAME) {
  test(`${args.join(' ')}: the page ${name}, in 80 columns where nothing says how wide the terminal is`, async (t) => {
    const job = new Job(t)
    assert.equal((await job.done(args)).stdout, page(name, 80))
  })
}

for (const columns of ['0', '-1', 'wide', '']) {
  test(`COLUMNS=${columns} is no width`, async (t) => {
    const job = new Job(t, { COLUMNS: columns })
    assert.equal((await job.done(['help'])).stdout, page(OVERVIEW, 80))
  })
}

test('every command has two examples, which its options are in', () => {
  for (const [name, { examples, options }] of Object.entries(COMMANDS)) {
    const lines = Object.values<string>(examples)
    assert.equal(lines.length, 2, name)
    for (const line of lines) {
      assert.ok(line === name || line.startsWith(`${name} `), line)
      const [own = ''] = line.split(' -- ')
      const used = [...own.matchAll(/ --([a-z-]+)/g)].map(([, option]) => option)
      assert.deepEqual(
        used.filter((option) => !options.some((one) => one === option)),
        [],
        line,
      )
    }
  }
})

for (const args of [
  ['--version'],
  ['-V'],
  ['version'],
  ['assume-role', '--version'],
  ['exec', '-V'],
]) {
  test(`${args.join(' ')} prints the version`, async (t) => {
    const { stdout } = await new Job(t).done(args)
    assert.equal(stdout, `${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`)
  })
}

const ARN = 'arn:aws:iam::111111111111:role/circleci-oidc'
const SUGGESTED: [args: string[], said: RegExp][] = [
  [['assume-role', '--role', ARN], /There is no option --role\.\n {2}Likely: --role-arn or /],
  [['assume-role', '--role_arn', ARN], /no option --role_arn\.\n {2}Likely: --role-arn was meant/],
  [['assume-role', '--duration', '900'], /Likely: --duration-seconds was meant/],
  [['assume-role', '--session-name', 'x'], /Likely: --role-session-name was meant/],
  [['assume-role', '--session-name=x'], /no option --session-name\.\n {2}Likely: --role-session/],
  [['assume-role', '--profil', 'x'], /Likely: --profile was meant/],
  [['assume-role', ARN], /Unexpected argument "arn:.*\n {2}Likely: --role-arn arn:\S+ was meant/],
  [['whoami', '--trust-policy', 'x'], /Why: {4}It is an option of doctor\./],
  [
    ['exec', '--role-arn', ARN, 'aws'],
    /Likely: It is part of the command to run.*[\s\S]*after "--"/,
  ],
  [['assume-role', '--no-such'], /no option --no-such\.\n {2}Next: /],
  [['assume-role', '-x'], /no option -x\.\n {2}Next: /],
  [['assume-rol'], /There is no command "assume-rol"\.\n {2}Likely: "assume-role" was meant/],
  [['trust'], /"trust" is not a complete command\.\n {2}Next: {3}Choose one of: trust generate,/],
  [['help', 'trus'], /There is no command "trus"/],
  [
    ['completion', 'tcsh'],
    /no completion for "tcsh"\.\n {2}Next: {3}Choose one of: bash, zsh, fish/,
  ],
  [['completion'], /No shell is given/],
]
for (const [args, said] of SUGGESTED) {
  test(`${args.join(' ').replace(ARN, 'ARN')}: ${said.source.slice(0, 60)}`, async (t) => {
    await new Job(t).fails(args, 'invalid-usage', said)
  })
}
