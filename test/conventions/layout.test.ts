import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { describe, test } from 'node:test'
import { importsOf, type SourceFile, sourceFiles } from './source-files.ts'

const source = sourceFiles('src')
const scripts = sourceFiles('scripts')
const tests = sourceFiles('test')

test('a folder has at most 14 files: more would be two things', () => {
  const counts = new Map<string, number>()
  for (const { path } of [...source, ...scripts]) {
    counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  }
  assert.deepEqual(
    [...counts].filter(([, count]) => count > 14),
    [],
  )
})

test('a file has at most 300 lines: more would hold a second noun', () => {
  const long = [...source, ...scripts]
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 300)
  assert.deepEqual(long, [])
})

test('imports run in no circle, those of types included', () => {
  const example = { 'a.ts': ['b.ts', 'c.ts'], 'b.ts': ['c.ts'], 'c.ts': ['d.ts', 'b.ts'] }
  assert.deepEqual(circles(new Map(Object.entries(example))), [['b.ts', 'c.ts', 'b.ts']])
  const imports = new Map([...source, ...scripts].map((file) => [file.path, importsOf(file)]))
  assert.deepEqual(circles(imports), [])
})

/** Each circle once, as the files on the way round. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file)
    if (start >= 0) found.push([...way.slice(start), file])
    if (start >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return found
}

describe('exports', () => {
  const TYPE = /^export (?:interface|type|class) (\w+)/gm
  const ANY = /^export (?:async )?(?:function\*?|const|let|class|interface|type) (\w+)/gm

  function names({ text }: SourceFile, pattern: RegExp): string[] {
    return [...text.matchAll(pattern)].map(([, name = '']) => name)
  }

  test('a name of a type is exported by one file', () => {
    const places = new Map<string, string[]>()
    for (const file of source) {
      for (const name of names(file, TYPE)) {
        places.set(name, [...(places.get(name) ?? []), file.path])
      }
    }
    assert.deepEqual(
      [...places].filter(([, files]) => files.length > 1),
      [],
    )
  })

  test('what is exported is used by another file', () => {
    const importers = new Map<string, SourceFile[]>()
    for (const file of [...source, ...scripts, ...tests]) {
      for (const name of importsOf(file)) {
        importers.set(name, [...(importers.get(name) ?? []), file])
      }
    }
    const unused = [...source, ...scripts].flatMap((file) =>
      names(file, ANY)
        .filter((name) => !importers.get(file.path)?.some((one) => mentions(one, name)))
        .map((name) => `${file.path}: ${name}`),
    )
    assert.deepEqual(unused, [])
  })

  function mentions({ text }: SourceFile, name: string): boolean {
    return new RegExp(`\\b${name}\\b`).test(text)
  }
})
