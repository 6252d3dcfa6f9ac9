import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Job } from './job.ts'

const FOLDER = fileURLToPath(new URL('help', import.meta.url))
const OVERVIEW = 'overview'
const pages = readdirSync(FOLDER).map((name) => basename(name, '.txt'))

function page(name: string): string {
  return readFileSync(`${FOLDER}/${name}.txt`, 'utf8')
}

/** Pages that may be longer than 40 lines: one has the coordinates of every CI, one whatever a role can be asked for. */
const LONGER: Readonly<Record<string, number>> = {
  'trust-generate': 51,
  'assume-role': 42,
  doctor: 43,
}

/** The commands that the overview lists. */
function listedCommands(): string[] {
  const [, list = ''] = /^Commands:\n((?: .*\n)+)/m.exec(page(OVERVIEW)) ?? []
  return [...list.matchAll(/^ {2}(\S+(?: \S+)*) {2}/gm)].map(([, name]) => name ?? '')
}

/** `trust check` has the page `trust-check.txt`. */
const PAGES: readonly [name: string, words: string[]][] = [
  [OVERVIEW, []],
  ...listedCommands().map((name): [string, string[]] => [name.replace(' ', '-'), name.split(' ')]),
]

for (const [name, words] of PAGES) {
  const command = ['circleci-aws-oidc', ...words, '--help'].join(' ')
  test(`${command}`, async (t) => {
    const job = new Job(t)
    const { stdout, stderr } = await job.done([...words, '--help'])
    assert.equal(stderr, '')
    const how = `if the new text is right: ${command} > test/acceptance/help/${name}.txt`
    assert.equal(stdout, pages.includes(name) ? page(name) : '', how)
    const lines = stdout.split('\n')
    const [count, most] = [lines.length - 1, LONGER[name] ?? 40]
    assert.ok(count <= most, `${count} lines; the page has at most ${most}`)
    const long = lines.filter(({ length }) => length > 110)
    assert.deepEqual(long, [], 'at most 110 columns')
    assert.doesNotMatch(stdout, /\[(string|boolean)\]|\s$(?!\n?$)/m)
    assert.equal((await job.done([...words, '-h'])).stdout, stdout)
  })
}

test('every page is that of a command', () => {
  assert.deepEqual(pages.sort(), PAGES.map(([name]) => name).sort())
})

test('help COMMAND is COMMAND --help', async (t) => {
  const job = new Job(t)
  const { stdout } = await job.done(['help', 'assume-role'])
  assert.equal(stdout, page('assume-role'))
})

test('help beside wrong options is still help', async (t) => {
  const job = new Job(t)
  const { stdout } = await job.done(['assume-role', '--role-arn', 'x', '--help'])
  assert.equal(stdout, page('assume-role'))
})
