import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SourceFile, sourceFiles } from './source-files.ts'

const source = sourceFiles('src')

/** They run as processes of their own; what they share with `main.ts` is nothing. */
const SMALL_PROGRAMS = ['src/launcher.ts', 'src/sandbox/circleci.ts']

function matching(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.filter(({ text }) => pattern.test(text)).map(({ path }) => path)
}

test('only main ends the process', () => {
  const ending = matching(source, /process\.exit\b|process\.exitCode|process\.abort/)
  assert.ok(ending.includes('src/main.ts'))
  assert.deepEqual(
    ending.filter((path) => !['src/main.ts', ...SMALL_PROGRAMS].includes(path)),
    [],
  )
})

test('only terminal writes to stdout and stderr; console is nowhere', () => {
  assert.deepEqual(matching(source, /\bconsole\./), [])
  const writing = matching(source, /process\.(stdout|stderr)\b/)
  assert.ok(writing.includes('src/terminal.ts'))
  assert.deepEqual(
    writing.filter((path) => !['src/terminal.ts', ...SMALL_PROGRAMS].includes(path)),
    [],
  )
})

test('a file is named after its noun, in kebab-case', () => {
  const drawers = /(^|\/)(utils?|helpers?|common|misc|shared|types)\.\w+$/
  const wrong = [...source, ...sourceFiles('scripts')]
    .map(({ path }) => path)
    .filter((path) => drawers.test(path) || !/^[a-z0-9/.-]+$/.test(path))
  assert.deepEqual(wrong, [])
})

test('no check of the compiler or the linter is silenced, no debugger is left', () => {
  // Control characters in an expression are what must not be written or shown.
  const silenced =
    /@ts-(ignore|nocheck|expect-error)|biome-ignore (?!lint\/suspicious\/noControlChar)|^\s*debugger\b/m
  assert.deepEqual(matching(source, silenced), [])
})
