import { transform } from 'esbuild'
import { version } from '../../package.json'

/** ES5 before anything newer is parsed: says which Node it takes, and ends with the exit code of bad usage. */
export const REFUSE_OLD_NODE = `var release = process.versions.node
if (parseInt(release, 10) < 20) {
  console.error('circleci-aws-oidc ${version} needs Node 20 or newer, but this is Node ' + release + ' (' + process.execPath + ').')
  process.exit(2)
}
`

/** The file of these parts, the first of which is the entry. */
export async function started(parts: readonly string[], restName: string): Promise<string> {
  const options = { minifyWhitespace: true, minifySyntax: true, target: 'es5' } as const
  const { code } = await transform(LOADER.replace('REST', restName), options)
  const list = parts.map(quoted).join(',\n')
  return `#!/usr/bin/env node\n${code.trimEnd()}\nvar parts=[${list}];\nlink(0);\n`
}

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

/** The file beside it: these parts too. */
export function listed(parts: readonly string[]): string {
  return `module.exports=[${parts.map(quoted).join(',\n')}];\n`
}

/** A single-quoted string literal: minified code is full of double quotes. */
function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1)
  return `'${inner.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A CommonJS file whose code is a text in it, so that an old Node parses only what refuses it. */
export function parsedLate(code: string): string {
  const names = ['exports', 'require', 'module', '__filename', '__dirname']
  return `${REFUSE_OLD_NODE}require('vm').compileFunction(${JSON.stringify(code)}, [${names.map(quoted).join(',')}], { filename: __filename })(${names.join(',')})\n`
}
