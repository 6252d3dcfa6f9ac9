import { basename } from 'node:path'
import { type OutputFile, transform } from 'esbuild'

/**
 * Runs at the start of the file. The parts are texts, so that Node parses only what a run needs; built-in
 * modules that are slow to load are loaded at their first use.
 */
const LOADER = `'use strict'
const slow = /^(node:)?(assert|child_process|crypto|fs\\/promises|http|https|net|os|tls|url|zlib)$/
const own = new Map()
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
    const names = ['exports', 'require', 'module', '__filename', '__dirname']
    const run = require('node:vm').compileFunction(text, names, { filename: __dirname + '/' + id.slice(2) })
    run(module.exports, link, module, __filename, __dirname)
  }
  return own.get(id).exports
}
`

/** Joins an entry and the chunks esbuild split off it into one CommonJS file. */
export async function singleFile(outputs: readonly OutputFile[], entry: string): Promise<string> {
  const parts = await Promise.all(
    outputs.map(
      async ({ path, text }) => `${quoted(basename(path))}:${quoted(await asCommonJs(text))}`,
    ),
  )
  const { code } = await transform(`${LOADER}`, { minifyWhitespace: true, minifySyntax: true })
  return `#!/usr/bin/env node\n${code.trimEnd()}\nconst parts={${parts.join(',\n')}};\nlink(${quoted(`./${entry}`)});\n`
}

async function asCommonJs(text: string): Promise<string> {
  const options = { format: 'cjs', platform: 'node', target: 'node20' } as const
  const { code } = await transform(text, {
    ...options,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
  })
  // esbuild copies the properties of a built-in module's namespace, which would load it.
  const linked = code.replace(/__toESM\((require\("[^".][^"]*"\))(?:, 1)?\)/g, '$1')
  const url = code.includes('moduleUrl')
    ? 'const moduleUrl=require("url").pathToFileURL(__filename).href;'
    : ''
  const minified = await transform(url + linked, { minify: true, target: 'node20' })
  return minified.code.trimEnd()
}

/** A single-quoted string literal: minified code is full of double quotes. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
