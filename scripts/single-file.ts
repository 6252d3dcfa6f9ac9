import { basename } from 'node:path'
import { type BuildResult, type Metafile, transform } from 'esbuild'

/**
 * Runs at the start of the file. The parts are texts, so that Node parses only what a run needs; built-in
 * modules that are slow to load are loaded at their first use.
 */
const LOADER = `'use strict'
const slow = /^(node:)?(assert|child_process|crypto|fs\\/promises|http|https|net|os|tls|url|zlib)$/
const own = new Map()
function __export(target, getters) {
  for (const name in getters) Object.defineProperty(target, name, { get: getters[name], enumerable: true })
}
const __toCommonJS = (module) => module
function lazy(id) {
  const load = () => require(id)
  return new Proxy(function () {}, {
    get: (_, key) => key === 'default' ? load() : key === '__esModule' ? true : load()[key],
    has: (_, key) => key in load(),
  })
}
function link(id) {
  const text = parts[id.slice(2)]
  if (text === undefined) return slow.test(id) ? lazy(id) : require(id)
  if (!own.has(id)) {
    const module = { exports: {} }
    own.set(id, module)
    const names = ['exports', 'require', 'module', '__filename', '__dirname', '__export', '__toCommonJS']
    const run = require('node:vm').compileFunction(text, names, { filename: __dirname + '/' + id.slice(2) })
    run(module.exports, link, module, __filename, __dirname, __export, __toCommonJS)
  }
  return own.get(id).exports
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
  const parts = await Promise.all(
    chosen.map(
      async ({ path, text }) => `${quoted(basename(path))}:${quoted(await asCommonJs(text))}`,
    ),
  )
  const { code } = await transform(LOADER, { minifyWhitespace: true, minifySyntax: true })
  return `#!/usr/bin/env node\n${code.trimEnd()}\nconst parts={${parts.join(',\n')}};\nlink('./main.cjs');\n`
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

async function asCommonJs(text: string): Promise<string> {
  const options = { format: 'cjs', platform: 'node', target: 'node20' } as const
  const { code } = await transform(text, {
    ...options,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
  })
  const [helpers = '', body] = code.split(/^(?=var stdin_exports = )/m)
  // A part without exports needs no helpers, or has none but the one for built-in modules.
  const own = body ?? helpers
  // esbuild copies the properties of a required module, which would load a built-in one.
  const linked = own.replace(/__toESM\((require\("[^"]+"\))(?:, 1)?\)/g, '$1')
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
