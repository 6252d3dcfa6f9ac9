import { basename } from 'node:path'
import { type BuildResult, type Metafile, transform } from 'esbuild'

/**
 * Runs at the start of the file. The parts are texts, so that Node parses only what a run needs; built-in
 * modules that are slow to load are loaded at their first use.
 */
const LOADER = `'use strict'
const slow = /^(node:)?(assert|child_process|crypto|fs\\/promises|http|https|net|os|tls|url|zlib)$/
const own = []
function offer(target, getters) {
  for (const name in getters) Object.defineProperty(target, name, { get: getters[name], enumerable: true })
}
function lazy(id) {
  const load = () => require(id)
  return new Proxy(function () {}, {
    get: (_, key) => key === 'default' ? load() : key === '__esModule' ? true : load()[key],
    has: (_, key) => key in load(),
  })
}
function link(id) {
  if (typeof id === 'string') return slow.test(id) ? lazy(id) : require(id)
  if (!own[id]) {
    own[id] = {}
    const names = ['exports', 'require', 'offer', '__filename', '__dirname']
    const run = require('node:vm').compileFunction(parts[id], names, { filename: __filename + '#' + id })
    run(own[id], link, offer, __filename, __dirname)
  }
  return own[id]
}
`

type Built = BuildResult<{ write: false; metafile: true }>

/**
 * Joins `src/main.ts` and the parts esbuild split off it into one CommonJS file, without the modules left
 * out and what only they need.
 */
export async function singleFile(built: Built, leftOut: readonly string[]): Promise<string> {
  const wanted = reachable(built.metafile.outputs, leftOut)
  const chosen = built.outputFiles.filter(({ path }) => wanted.has(basename(path)))
  const numbers = new Map(chosen.map(({ path }, index) => [basename(path), index]))
  const parts = await Promise.all(chosen.map(({ text }) => asCommonJs(text, numbers)))
  const { code } = await transform(LOADER, { minifyWhitespace: true, minifySyntax: true })
  const texts = parts.map(quoted).join(',\n')
  return `#!/usr/bin/env node\n${code.trimEnd()}\nconst parts=[${texts}];\nlink(${numbers.get('main.cjs')});\n`
}

/** The names of the parts that the entry leads to, by any import but those of the modules left out. */
function reachable(outputs: Metafile['outputs'], leftOut: readonly string[]): Set<string> {
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]))
  const found = new Set<string>()
  const visit = (name: string) => {
    const output = byName.get(name)
    if (!output || found.has(name) || leftOut.some((path) => output.entryPoint === `src/${path}`))
      return
    found.add(name)
    for (const { path, external } of output.imports) if (!external) visit(basename(path))
  }
  visit('main.cjs')
  return found
}

/** A part as the text of a function; `numbers` says which part is which. */
async function asCommonJs(text: string, numbers: ReadonlyMap<string, number>): Promise<string> {
  const options = { format: 'cjs', platform: 'node', target: 'node20' } as const
  const { code } = await transform(text, {
    ...options,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
  })
  // Before the exports stand esbuild's helpers, which the loader has once for all parts.
  const own = code
    .replace(/^[\s\S]*?^var stdin_exports = \{\};$/m, '')
    .replace('__export(stdin_exports, ', 'offer(exports, ')
    .replace('module.exports = __toCommonJS(stdin_exports);', '')
  const linked = own
    // esbuild copies the properties of a required module, which would load a built-in one.
    .replace(/__toESM\((require\("[^"]+"\))(?:, 1)?\)/g, '$1')
    .replace(/require\("\.\/([^"]+)"\)/g, (call, name) =>
      numbers.has(name) ? `require(${numbers.get(name)})` : call,
    )
  const url = code.includes('moduleUrl')
    ? 'const moduleUrl=require("url").pathToFileURL(__filename).href;'
    : ''
  const minified = await transform(url + linked, { ...options, minify: true })
  return minified.code.trimEnd()
}

/** A single-quoted string literal: minified code is full of double quotes. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
