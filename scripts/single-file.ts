import { basename } from 'node:path'
import { type BuildResult, type Metafile, transform } from 'esbuild'
import { rollup } from 'rollup'
import { minify } from 'terser'
import { REFUSE_OLD_NODE } from './old-node.ts'

/**
 * Runs at the start of the file; in ES5, which an old Node parses. The parts are texts, so that Node parses
 * only what a run needs; built-in modules that are slow to load are loaded at their first use.
 */
const LOADER = `'use strict'
${REFUSE_OLD_NODE}
var slow = /^(node:)?(assert|child_process|crypto|fs\\/promises|http|https|net|os|tls|url|zlib)$/
var own = []
function offer(target, getters) {
  for (var name in getters) Object.defineProperty(target, name, { get: getters[name], enumerable: true })
}
function lazy(id) {
  function load() { return require(id) }
  return new Proxy(function () {}, {
    get: function (_, key) { return key === 'default' ? load() : key === '__esModule' ? true : load()[key] },
    has: function (_, key) { return key in load() },
  })
}
function link(id) {
  if (typeof id === 'string') return slow.test(id) ? lazy(id) : require(id)
  if (!own[id]) {
    if (id >= parts.length) parts = parts.concat(require('./REST'))
    own[id] = {}
    var names = ['exports', 'require', 'offer', '__filename', '__dirname']
    var run = require('vm').compileFunction(parts[id], names, { filename: __filename + '#' + id })
    run(own[id], link, offer, __filename, __dirname)
  }
  return own[id]
}
`

type Built = BuildResult<{ write: false; metafile: true }>
type Output = Metafile['outputs'][string]
type Import = Pick<Output['imports'][number], 'path' | 'external'>

/**
 * Joins `src/main.ts` and the parts esbuild split off it into one CommonJS file, without the modules left
 * out and what only they need.
 *
 * esbuild splits ES modules into many files and bundles CommonJS into one that Node parses as a whole; what
 * it makes of either is rewritten here. From one plain bundle, assume-role over https would take 119 ms instead of 97.
 */
export async function singleFile(built: Built, leftOut: readonly string[] = []): Promise<string> {
  const { outputs, texts } = partsOf(built)
  const names = [...reachable(outputs, leftOut)]
  const numbers = numbered(names)
  const parts = await Promise.all(
    names.map((name) => {
      const output = outputs.get(name)
      if (!output) throw new Error(`esbuild made no ${name}`)
      return asCommonJs(texts.get(name) ?? '', output, numbers).catch((cause: Error) => {
        throw new Error(`${output.entryPoint ?? name}: ${cause.message}`, { cause })
      })
    }),
  )
  return started(parts, '')
}

export interface Division {
  /** Modules that neither file has, as paths below `src`. */
  readonly leftOut: readonly string[]
  /** Modules that are in the second file, with what only they need. */
  readonly later: readonly string[]
  /** Keys of modules whose texts nothing reads: what only help shows. */
  readonly unread: { readonly of: readonly string[]; readonly keys: readonly string[] }
  /** The name of the second file, which lies beside the first and is loaded when it comes to that. */
  readonly restName: string
}

/**
 * The same in two files, as small as can be: they become texts in the orb. Rollup makes one part of each, in which
 * modules see each other without exports: 4 % less once compressed.
 */
export async function twoFiles(
  built: Built,
  { leftOut, later, unread, restName }: Division,
): Promise<{ readonly file: string; readonly rest: string }> {
  const { outputs, texts } = partsOf(built)
  for (const [name, { inputs }] of outputs) {
    if (unread.of.some((path) => path in inputs)) {
      texts.set(name, withoutTexts(texts.get(name) ?? '', unread.keys))
    }
  }
  const first = reachable(outputs, [...leftOut, ...later])
  const both = reachable(outputs, leftOut)
  const { output: merged } = await (
    await rollup({
      input: 'main.cjs',
      external: (id) => !both.has(basename(id)),
      treeshake: { moduleSideEffects: false, tryCatchDeoptimization: false },
      plugins: [
        {
          name: 'parts',
          resolveId: (id) => (both.has(basename(id)) ? basename(id) : null),
          load: (id) => texts.get(id) ?? null,
        },
      ],
    })
  ).generate({
    format: 'es',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    manualChunks: (id) => (first.has(id) ? 'main' : 'rest'),
  })
  const chunks = merged.filter((one) => one.type === 'chunk')
  const names = ['main.cjs', 'rest.cjs']
  const [main = '', rest = ''] = await Promise.all(
    names.map(async (name) => {
      const chunk = chunks.find(({ fileName }) => fileName === name)
      if (!chunk) throw new Error(`Rollup made no ${name}`)
      const imports = [...chunk.imports, ...chunk.dynamicImports].map((path) => ({
        path,
        external: false,
      }))
      return squeezed(
        await asCommonJs(chunk.code, { exports: chunk.exports, imports }, numbered(names)),
      )
    }),
  )
  return { file: await started([main], restName), rest: `module.exports=[${quoted(rest)}];\n` }
}

function withoutTexts(code: string, keys: readonly string[]): string {
  const text = '(["\'`])(?:(?!\\1)[^\\\\]|\\\\.)*\\1'
  const pattern = new RegExp(`(?<=[{,])(?:${keys.join('|')}):(?:${text}|\\{[^{}]*\\}),?`, 'g')
  const shorter = code.replace(pattern, '')
  if (shorter === code) throw new Error(`Nothing is called ${keys.join(', ')} any more`)
  return shorter
}

/** What esbuild made, by name, without the imports that nothing needs. */
function partsOf(built: Built) {
  const texts = new Map(
    built.outputFiles.map(({ path, text }) => [basename(path), withoutBareImports(text)]),
  )
  const outputs = new Map(
    Object.entries(built.metafile.outputs).map(([path, output]) => {
      const imported = (name: string) => texts.get(basename(path))?.includes(`/${name}"`)
      const imports = output.imports.filter((one) => one.external || imported(basename(one.path)))
      return [basename(path), { ...output, imports }]
    }),
  )
  return { outputs, texts }
}

function numbered(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]))
}

/** The file of these parts, the first of which is the entry. */
async function started(parts: readonly string[], restName: string): Promise<string> {
  const options = { minifyWhitespace: true, minifySyntax: true, target: 'es5' } as const
  const { code } = await transform(LOADER.replace('REST', restName), options)
  const list = parts.map(quoted).join(',\n')
  return `#!/usr/bin/env node\n${code.trimEnd()}\nvar parts=[${list}];\nlink(0);\n`
}

/** Smaller than esbuild makes it, by 4 % once compressed. Takes too long for every build of the whole. */
async function squeezed(code: string): Promise<string> {
  const { code: smaller } = await minify(code, {
    ecma: 2020,
    toplevel: true,
    parse: { bare_returns: true },
    compress: {
      passes: 3,
      hoist_props: true,
      hoist_funs: true,
      keep_fargs: false,
      pure_getters: true,
    },
    format: { ascii_only: true },
  })
  return smaller ?? code
}

/** The names of the parts that the entry leads to, by any import but those of the modules left out. */
function reachable(outputs: ReadonlyMap<string, Output>, leftOut: readonly string[]): Set<string> {
  const without = new Set(leftOut.map((path) => `src/${path}`))
  const entries = new Set([...outputs.values()].map(({ entryPoint }) => entryPoint))
  const unknown = [...without].filter((path) => !entries.has(path))
  if (unknown.length > 0)
    throw new Error(`No import() loads, to be left out: ${unknown.join(', ')}`)
  const found = new Set<string>()
  const visit = (name: string) => {
    const output = outputs.get(name)
    if (!output || found.has(name) || without.has(output.entryPoint ?? '')) return
    found.add(name)
    for (const { path, external } of output.imports) if (!external) visit(basename(path))
  }
  visit('main.cjs')
  return found
}

/** A part as the text of a function; `numbers` says which part is which. */
async function asCommonJs(
  text: string,
  { exports, imports }: Pick<Output, 'exports'> & { readonly imports: readonly Import[] },
  numbers: ReadonlyMap<string, number>,
): Promise<string> {
  const options = { format: 'cjs', platform: 'node', target: 'node20' } as const
  const { code } = await transform(text, {
    ...options,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'moduleUrl' },
  })
  const [own, helpers] = exports.length > 0 ? withLoadersExports(code) : [code, '']
  // esbuild copies the properties of a required module, which would load a built-in one.
  const uncopied = own.replace(/__toESM\((require\("[^"]+"\))(?:, 1)?\)/g, '$1')
  const imported = new Set(imports.filter((one) => !one.external).map(({ path }) => basename(path)))
  const linked = [...imported]
    .filter((name) => numbers.has(name))
    .reduce(
      (rest, name) => rewrite(rest, `require("./${name}")`, `require(${numbers.get(name)})`),
      uncopied,
    )
  refuseLeftOvers(linked, helpers)
  const url = linked.includes('moduleUrl')
    ? 'const moduleUrl=require("url").pathToFileURL(__filename).href;'
    : ''
  const minified = await transform(url + linked, { ...options, minify: true })
  return minified.code.trimEnd()
}

/**
 * esbuild imports every part that anything of this one's may need, for the order in which modules run. No module
 * of ours or of the SDK's does anything by being loaded alone, so a part waits for the first import of its names.
 */
function withoutBareImports(text: string): string {
  return text.replace(/\bimport\s*"\.\/[^"]+";/g, '')
}

/** A part that exports through the loader, and the helpers of esbuild's that stood before its exports. */
function withLoadersExports(code: string): [own: string, helpers: string] {
  const start = 'var stdin_exports = {};'
  const [helpers = '', ...rest] = rewrite(code, start, start).split(start)
  const offered = rewrite(rest.join(start), '__export(stdin_exports, ', 'offer(exports, ')
  return [rewrite(offered, 'module.exports = __toCommonJS(stdin_exports);', ''), helpers]
}

function rewrite(code: string, from: string, to: string): string {
  if (!code.includes(from)) throw new Error(`esbuild's output no longer has: ${from}`)
  return code.replaceAll(from, to)
}

/** What would fail at run time: esbuild's helpers, and an import of the part itself or of what is no module. */
function refuseLeftOvers(code: string, removedHelpers: string): void {
  const removed = [...removedHelpers.matchAll(/^(?:var|let|const) (\w+) =/gm)].map(
    ([, name]) => name,
  )
  const pattern = [
    '__toESM\\(',
    '__export\\(',
    'require_\\w+',
    ...removed.map((name) => `${name}\\b`),
  ]
  const left = new RegExp(`\\b(?:${pattern.join('|')}).{0,60}`).exec(code)
  if (left) throw new Error(`Left over from esbuild: ${left[0]}`)
}

/** A single-quoted string literal: minified code is full of double quotes. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
