import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { type Orb, orbText, packOrb } from '../../scripts/pack-orb.ts'
import { pathOf, without } from '../tools/programs.ts'
import { orbRoot } from './packed-orb.ts'

function write(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'pack-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const RUN = (command: string) => `steps: [{ run: { command: "${command}" } }]`
const commandOf = (orb: Orb, name = 'greet') => {
  const commands = orb['commands'] as Record<string, { steps: [{ run: { command: string } }] }>
  return commands[name]?.steps[0].run.command
}

/** Packages that the official packer and ours must read alike. */
const CASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a component per file, named by it': {
    '@orb.yml': 'version: 2.1\ndescription: d\ndisplay: { source_url: "https://example.com" }',
    'commands/greet.yml': RUN('echo hi'),
    'commands/part.yaml': RUN('echo ho'),
    'jobs/all.yml': 'steps: [greet]',
    'executors/default.yml': 'docker: [{ image: a }]',
    'examples/usage.yml':
      'description: d\nusage: { version: 2.1, orbs: { o: o/o@1 }, workflows: {} }',
  },
  'an include is the text of the file, a << in it escaped': {
    '@orb.yml': 'version: 2.1',
    'commands/greet.yml': RUN('<<include(scripts/greet.sh)>>'),
    'commands/spaced.yml': RUN('<< include(scripts/greet.sh) >>'),
    'scripts/greet.sh': 'cat <<\'E\'\n\ttab, "quote", \\<< and << x >>\nE\n',
  },
  'only commands, jobs and executors include': {
    '@orb.yml': 'version: 2.1\ndescription: "<<include(scripts/greet.sh)>>"',
    'examples/usage.yml':
      'description: "<<include(scripts/greet.sh)>>"\nusage: { version: 2.1, orbs: {}, workflows: {} }',
    'scripts/greet.sh': 'echo hi\n',
  },
  'folders, dot files and what is no YAML are not components': {
    '@orb.yml': 'version: 2.1',
    'commands/greet.yml': RUN('echo hi'),
    'commands/.hidden.yml': RUN('echo hidden'),
    'commands/notes.md': 'notes',
    'scripts/greet.sh': 'echo hi',
    'dist/other.txt': 'x',
  },
  'values that look like others': {
    '@orb.yml': 'version: 2.1',
    'commands/greet.yml':
      'parameters: { a: { type: string, default: "on" }, b: { type: string, default: "1.0" }, c: { type: string, default: "" }, d: { type: boolean, default: true }, e: { type: integer, default: 0 } }\nsteps: []',
  },
}

describe('packing', () => {
  const pack = (t: TestContext, name: string) => packOrb(write(t, CASES[name] ?? {}))

  test('a component per file', (t) => {
    const orb = pack(t, 'a component per file, named by it')
    assert.deepEqual(Object.keys(orb), [
      'version',
      'description',
      'display',
      'commands',
      'executors',
      'jobs',
      'examples',
    ])
    assert.deepEqual(Object.keys(orb['commands'] as object), ['greet', 'part'])
    assert.equal(commandOf(orb, 'part'), 'echo ho')
  })

  test('an include is the text of the file', (t) => {
    const orb = pack(t, 'an include is the text of the file, a << in it escaped')
    const text = 'cat \\<<\'E\'\n\ttab, "quote", \\\\<< and \\<< x >>\nE\n'
    assert.equal(commandOf(orb), text)
    assert.equal(commandOf(orb, 'spaced'), text)
    assert.deepEqual(parse(orbText(orb)), orb)
  })

  for (const [name, command, message] of [
    ['two includes', '<<include(a.sh)>><<include(a.sh)>>', /must be the whole value/],
    ['an include within text', 'echo <<include(a.sh)>>', /must be the whole value/],
    ['an include of nothing', '<<include(dist/a.sh)>>', /dist\/a\.sh is missing: npm run orb/],
  ] as const) {
    test(`${name} is refused`, (t) => {
      const root = write(t, { '@orb.yml': 'version: 2.1', 'commands/greet.yml': RUN(command) })
      assert.throws(() => packOrb(root), { message })
    })
  }

  test('an unknown key of the orb is refused', (t) => {
    const root = write(t, { '@orb.yml': 'version: 2.1\nscripts: {}' })
    assert.throws(() => packOrb(root), /has unknown keys: scripts/)
  })

  test('the same source gives the same text', () => {
    assert.equal(orbText(packOrb(orbRoot)), orbText(packOrb(orbRoot)))
  })
})

describe('the official packer gives the same', { skip: without('circleci-cli') }, () => {
  const packOfficially = (root: string): unknown => {
    const options = ['orb', 'pack', '--skip-update-check', root]
    const env = { ...process.env, CIRCLECI_CLI_TELEMETRY_OPTOUT: '1' }
    return parse(execFileSync(pathOf('circleci-cli'), options, { env, encoding: 'utf8' }))
  }

  test('our orb', () => assert.deepEqual(packOfficially(orbRoot), packOrb(orbRoot)))

  for (const [name, files] of Object.entries(CASES)) {
    test(name, (t) => {
      const root = write(t, files)
      assert.deepEqual(packOfficially(root), packOrb(root))
    })
  }
})
