import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { build } from 'esbuild'
import { started } from '../../../scripts/build/loader.ts'
import { smallFiles, stagedFiles, type TwoFiles } from '../../../scripts/build/single-file.ts'

type Files = Readonly<Record<string, string>>

/** Builds `src/main.ts` among these files the way `scripts/build.ts` does. */
async function buildParts(t: TestContext, files: Files) {
  const root = mkdtempSync(join(tmpdir(), 'single-file-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const built = await build({
    absWorkingDir: root,
    entryPoints: { main: 'src/main.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['./beside.cjs'],
    splitting: true,
    write: false,
    metafile: true,
  })
  return { built, root }
}

/** The first command is loaded as a part of the first file, the second from the other one. */
const DIVISION = {
  stages: { main: ['main.ts'], one: ['one.ts'] },
  unneeded: [],
}

/** The same in two parts, the first command in the second of them. */
const SMALL = {
  later: ['one.ts'],
  unread: { of: [], keys: [] },
  unneeded: [],
}

async function runStages(t: TestContext, files: Files) {
  const { built, root } = await buildParts(t, files)
  return runFiles(root, await stagedFiles(built, DIVISION))
}

async function runFiles(root: string, { parts, rest }: TwoFiles) {
  const file = await started(parts, 'rest.cjs')
  writeFileSync(join(root, 'first.cjs'), file)
  writeFileSync(join(root, 'rest.cjs'), rest)
  const run = () =>
    spawnSync(process.execPath, [join(root, 'first.cjs')], { encoding: 'utf8', cwd: '/' })
  const runAlone = () => {
    rmSync(join(root, 'rest.cjs'))
    return run()
  }
  return { ...run(), file, runAlone }
}

const TWO_COMMANDS = {
  'src/main.ts': `import { tag } from './tag.ts'
import { basename } from 'node:path'
const show = (name, load) => load().then(({ run }) => console.log(tag(run()), basename('/a/b')), ({ code }) => console.log(name, code))
show('one', () => import('./one.ts')).then(() => show('two', () => import('./two.ts')))`,
  'src/tag.ts': 'export const tag = (text) => `<${text}>`',
  'src/one.ts': `import { tag } from './tag.ts'
import { createHash } from 'node:crypto'
export const run = () => tag('one ' + createHash('sha256').update('').digest('hex').slice(0, 8))`,
  'src/two.ts':
    'export const run = () => "it\'s \\"two\\" \\\\ " + import.meta.url.startsWith("file:")',
}

test('parts that share a part, built-in modules, quotes, its own URL', async (t) => {
  const { status, stdout, stderr } = await runStages(t, TWO_COMMANDS)
  assert.equal(stderr, '')
  assert.equal(stdout, '<<one e3b0c442>> b\n<it\'s "two" \\ true> b\n')
  assert.equal(status, 0)
})

test('a file beside the bundle is loaded from there, wherever the build ran', async (t) => {
  const { built, root } = await buildParts(t, {
    'src/main.ts': "import('./beside.cjs').then(({ name }) => console.log(name))",
  })
  const { parts } = await stagedFiles(built, { ...DIVISION, stages: { main: ['main.ts'] } })
  writeFileSync(join(root, 'first.cjs'), await started(parts, 'rest.cjs'))
  writeFileSync(join(root, 'beside.cjs'), "exports.name = 'beside'")
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'first.cjs')], {
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  assert.equal(stdout, 'beside\n')
})

test('a call of a function whose result nothing needs goes; one that nothing calls any more ends the build', async (t) => {
  const { built } = await buildParts(t, {
    'src/main.ts': `const registry = { add: () => console.log('registered') }
const kept = registry.add()
console.log('done')`,
  })
  const stages = { main: ['main.ts'] }
  const made = (unneeded: string[]) => stagedFiles(built, { ...DIVISION, stages, unneeded })
  assert.match((await made([])).parts.join(''), /registered/)
  assert.doesNotMatch((await made(['registry.add'])).parts.join(''), /registered/)
  await assert.rejects(made(['registry.drop']), { message: 'Nothing calls registry.drop any more' })
})

test('a module left out is not found when it is loaded', async (t) => {
  const { built, root } = await buildParts(t, TWO_COMMANDS)
  const { stdout } = await runFiles(
    root,
    await smallFiles(built, { ...SMALL, leftOut: ['two.ts'] }),
  )
  assert.equal(stdout, '<<one e3b0c442>> b\ntwo MODULE_NOT_FOUND\n')
})

test('a module to be left out that nothing loads ends the build', async (t) => {
  const { built } = await buildParts(t, TWO_COMMANDS)
  await assert.rejects(smallFiles(built, { ...SMALL, leftOut: ['two.ts', 'three.ts'] }), {
    message: 'No import() loads, to be left out: src/three.ts',
  })
})

test('the first file has the stages, and does without the other one until it comes to that', async (t) => {
  const { file, runAlone } = await runStages(t, TWO_COMMANDS)
  assert.match(file, /"one "/)
  assert.doesNotMatch(file, /it's/)
  assert.equal(runAlone().stdout, '<<one e3b0c442>> b\ntwo MODULE_NOT_FOUND\n')
})

test('a module that imports itself ends the build: esbuild writes a call of what is not there', async (t) => {
  const { built } = await buildParts(t, {
    'src/main.ts': "import('./one.ts').then(({ run }) => run())",
    'src/one.ts': "export const run = async () => (await import('./one.ts')).run",
  })
  await assert.rejects(stagedFiles(built, DIVISION), {
    message: 'one.cjs: Left over from esbuild: require_one())).run;',
  })
})

test('a stage of a module that nothing loads ends the build', async (t) => {
  const { built } = await buildParts(t, TWO_COMMANDS)
  const stages = { ...DIVISION.stages, three: ['three.ts'] }
  await assert.rejects(stagedFiles(built, { ...DIVISION, stages }), {
    message: 'No import() loads src/three.ts',
  })
})

/** The parts of a build, in which one text has changed as it might in another release of esbuild. */
async function changed(t: TestContext, from: string | RegExp, to: string) {
  const { built } = await buildParts(t, TWO_COMMANDS)
  const outputFiles = built.outputFiles.map((file) => {
    const text = file.text.replace(from, to)
    return { ...file, text }
  })
  assert.ok(outputFiles.some(({ text }, index) => text !== built.outputFiles[index]?.text))
  return { ...built, outputFiles }
}

const ESBUILD_CHANGES: readonly {
  readonly name: string
  readonly from: string | RegExp
  readonly to: string
  readonly message: RegExp
}[] = [
  {
    name: 'a module known at run time only, whose properties a helper copies',
    from: /^/,
    to: 'import(process.argv[2]);',
    message: /Left over from esbuild: __toESM\(/,
  },
  {
    name: 'a helper that the loader does not have',
    from: /^(?=.*export\{run\b)/s,
    to: 'export * from "node:os";',
    message: /Left over from esbuild: __reExport\(/,
  },
]

for (const { name, from, to, message } of ESBUILD_CHANGES) {
  test(`${name} ends the build`, async (t) => {
    const built = await changed(t, from, to)
    await assert.rejects(stagedFiles(built, DIVISION), { message })
  })
}
