import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { describe, test } from 'node:test'
import { importsOf, sourceFiles } from './source-files.ts'

const files = sourceFiles('src')

/** What each folder may import of the others, the foundations first: a folder only names ones above it. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  help: [],
  files: [],
  network: ['files'],
  token: ['files', 'network'],
  'trust/policy': ['token/claims.ts'],
  role: ['files', 'trust/policy'],
  'trust/check': ['trust/policy', 'token/claims.ts'],
  'trust/subjects': ['role', 'trust/policy', 'trust/check', 'token/claims.ts'],
  profiles: ['files', 'role'],
  trust: ['files', 'network', 'role', 'token', 'profiles', 'trust/policy'],
  'trust/audit': ['trust', 'trust/policy', 'trust/check'],
  'trust/roles': ['role', 'trust', 'trust/policy', 'trust/subjects'],
  'trust/generate': ['files', 'trust/policy', 'trust/roles', 'trust/subjects', 'token/claims.ts'],
  sts: ['role', 'token', 'network', 'trust/policy'],
  refresh: ['files', 'role', 'token', 'sts'],
  plans: ['files', 'role', 'token', 'profiles', 'sts', 'refresh'],
  delivery: ['files', 'role', 'profiles', 'sts', 'plans', 'refresh'],
  doctor: [
    ...['files', 'network', 'role', 'token', 'trust', 'trust/policy', 'trust/check'],
    ...['profiles', 'sts', 'plans', 'delivery'],
  ],
  'sandbox/aws': ['trust/policy', 'token/claims.ts'],
  sandbox: ['files', 'sandbox/aws'],
}

/** Files of src itself that are not for folders to import: they run commands. Of terminal, see below. */
const UPPER = /^src\/(main|launcher|cli)\.ts$/

const domainFolders = Object.keys(ALLOWED)

test('the table has every folder but commands, and only names folders above', () => {
  const names = [...new Set(files.map(({ path }) => dirname(path).replace(/^src\/?/, '')))].filter(
    (name) => name !== '' && !isIn(name, 'commands'),
  )
  assert.deepEqual(
    names.filter((name) => !domainFolders.includes(name)),
    [],
  )
  for (const [index, [folder, allowed]] of Object.entries(ALLOWED).entries()) {
    const above = domainFolders.slice(0, index)
    for (const name of allowed) {
      assert.ok(
        above.some((one) => isIn(name, one)),
        `${folder} may not name ${name}`,
      )
    }
  }
})

for (const [folder, allowed] of Object.entries(ALLOWED)) {
  test(`src/${folder} imports ${allowed.join(', ') || 'no other folder'}`, () => {
    const own = files.filter(({ path }) => dirname(path) === `src/${folder}`)
    const wrong = own.flatMap((file) =>
      importsOf(file)
        .filter((name) => dirname(name) !== `src/${folder}`)
        .filter(
          (name) => !allowed.some((one) => name === `src/${one}` || dirname(name) === `src/${one}`),
        )
        .filter((name) => UPPER.test(name) || dirname(name) !== 'src')
        .filter((name) => name !== 'package.json')
        .map((name) => `${file.path} imports ${name}`),
    )
    assert.deepEqual(wrong, [])
  })
}

describe('main → cli → commands', () => {
  const importers = (matches: (name: string) => boolean): string[] =>
    files.filter((file) => importsOf(file).some(matches)).map(({ path }) => path)

  test('nobody imports main', () => {
    assert.deepEqual(
      importers((name) => name === 'src/main.ts'),
      [],
    )
  })

  test('only main opens the terminal', () => {
    const opening = files
      .filter(({ text }) => text.includes('openTerminal'))
      .map(({ path }) => path)
    assert.deepEqual(opening, ['src/main.ts', 'src/terminal.ts'])
  })

  test('only main imports cli', () => {
    assert.deepEqual(
      importers((name) => name === 'src/cli.ts'),
      ['src/main.ts'],
    )
  })

  test('only cli imports commands', () => {
    const outside = importers((name) => name.startsWith('src/commands/')).filter(
      (path) => !path.startsWith('src/commands/'),
    )
    assert.deepEqual(outside, ['src/cli.ts'])
  })
})

function isIn(name: string, place: string): boolean {
  return name === place || name.startsWith(`${place}/`)
}
