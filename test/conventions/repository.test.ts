import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join, relative, sep } from 'node:path'
import { test } from 'node:test'

const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(path) && statSync(path).isFile())

/** Tests of these folders are not of one folder of src. */
const OTHER_TESTS = [
  'attack',
  'acceptance',
  'conventions',
  'docs',
  'interop',
  'orb',
  'scripts',
  'tools',
]

function matching(pattern: RegExp): string[] {
  return tracked.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line}`] : [])),
  )
}

test('no file names a place on the machine where it was written', () => {
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const places = [process.cwd(), `${homedir()}/`, hostname()]
  const here = places.filter((name) => name.length > 5 && name !== 'localhost')
  const names = new RegExp(`(?<![\\w.-])(${here.map(escaped).join('|')})(?![\\w-])`)
  // In CI these are well-known places, such as /home/circleci/project.
  if (process.env['CI'] !== 'true') assert.deepEqual(matching(names), [])
  assert.deepEqual(matching(/(?<![\w.~$}-])\/(home|Users)\/(?!me\/|circleci\/|USER\/)\w+\//), [])
})

test('no file says where packages come from: that is for who installs them', () => {
  const registries =
    /(registry|index[-_]url|find-links|GOPROXY)['"]?\s*[=:\s]\s*['"]?https?:|\/\/[^\s/]+\/:_|_authToken/
  const own = 'test/conventions/repository.test.ts'
  assert.deepEqual(
    matching(registries).filter((line) => !line.startsWith(own)),
    [],
  )
})

test('tests mirror src', () => {
  const folders = (root: string) =>
    readdirSync(root, { withFileTypes: true, recursive: true })
      .filter((one) => one.isDirectory())
      .map((one) => relative(root, join(one.parentPath, one.name)))
  const source = folders('src')
  assert.deepEqual(
    folders('test').filter(
      (name) => !source.includes(name) && !OTHER_TESTS.includes(name.split(sep)[0] ?? ''),
    ),
    [],
  )
  const untested = source.filter((name) => name !== 'commands' && !hasTests(`test/${name}`))
  assert.deepEqual(untested, [])
  const alone = readdirSync('test').filter((name) => name.endsWith('.test.ts'))
  assert.deepEqual(
    alone.filter((name) => !existsSync(`src/${name.replace('.test.ts', '.ts')}`)),
    [],
  )
})

test('no test is left out without a reason, or alone', () => {
  const own = 'test/conventions/repository.test.ts'
  const found = matching(
    /\b(test|it|describe|suite)\.(only|todo|skip)\(|\bskip: true\b|\bonly: true\b/,
  )
  assert.deepEqual(
    found.filter((line) => line.startsWith('test/') && !line.startsWith(own)),
    [],
  )
})

test('scripts that are run as programs are executable', () => {
  const modes = execFileSync('git', ['ls-files', '-s', '.ci'], { encoding: 'utf8' })
  assert.match(modes, /^100755 \w+ 0\t\.ci\/run$/m)
})

function hasTests(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.test.ts'))
}
