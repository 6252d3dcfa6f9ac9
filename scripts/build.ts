import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { build, type Plugin } from 'esbuild'

const OUT = 'dist'

/**
 * Built-in modules that a plain run may do without; each costs start-up time.
 * esbuild reads imports from `require()` results at the place of use, so a proxy can load them then.
 */
const LAZY_BUILTINS = /\brequire\("(?:node:)?(assert|child_process|crypto|https|os|zlib)"\)/g
const LAZY_REQUIRE =
  'const lazyRequire=(id)=>{const load=()=>require(id);return new Proxy({},{get:(_,k)=>load()[k],has:(_,k)=>k in load(),ownKeys:()=>Reflect.ownKeys(load()),getOwnPropertyDescriptor:(_,k)=>({...Reflect.getOwnPropertyDescriptor(load(),k),configurable:true})})};'

// yargs and its helpers are ESM that asks for its own URL.
const MODULE_URL = 'const moduleUrl=require("node:url").pathToFileURL(__filename).href;'

/** Replaces modules that are large or slow and that no command needs. */
const replacements: Plugin = {
  name: 'replacements',
  setup({ onResolve, onLoad }) {
    const replace = (filter: RegExp, contents: string) => {
      const namespace = `replaced ${filter}`
      onResolve({ filter }, ({ path }) => ({ path, namespace }))
      onLoad({ filter: /./, namespace }, () => ({ contents, loader: 'js' }))
    }
    // Compiles a large emoji expression at start; our help is plain text.
    replace(/^string-width$/, 'export default (text) => text.length')
    // The default credential chain: a web identity exchange is not signed.
    replace(
      /^@aws-sdk\/credential-provider-node$/,
      'export const defaultProvider = () => async () => { throw new Error("no credentials") }',
    )
    // Its agent check loads TLS even for a plain HTTP endpoint; the check needs only the method.
    onLoad({ filter: /node-http-handler[/\\]dist-es[/\\]node-https\.js$/ }, () => ({
      contents: `import * as https from 'node:https'
class Agent {
  static [Symbol.hasInstance](value) { return typeof value?.destroy === 'function' }
  constructor(options) { return new https.Agent(options) }
}
export const node_https = { Agent, request: (...args) => https.request(...args) }`,
      loader: 'js',
    }))
    // Kept apart: the sandbox is no part of what the orb embeds.
    onResolve({ filter: /\/sandbox\/index\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './sandbox.cjs', external: true },
    )
  },
}

await rm(OUT, { recursive: true, force: true })
await mkdir(OUT)
const result = await build({
  entryPoints: {
    'circleci-aws-oidc': 'src/main.ts',
    sandbox: 'src/sandbox/index.ts',
    'sandbox-circleci': 'src/sandbox/circleci.ts',
  },
  outdir: OUT,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  mainFields: ['module', 'main'],
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'moduleUrl' },
  external: ['kerberos'],
  plugins: [replacements],
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
})
for (const { path, text } of result.outputFiles) {
  const name = path.replace(/^.*[/\\]/, '')
  const banner = `${name.startsWith('circleci-aws-oidc') ? '#!/usr/bin/env node\n' : ''}"use strict";${MODULE_URL}${LAZY_REQUIRE}`
  const code = text.replace(/^"use strict";/, '').replace(LAZY_BUILTINS, 'lazyRequire("node:$1")')
  await writeFile(`${OUT}/${name}`, banner + code)
  console.log(`${OUT}/${name} ${(Buffer.byteLength(code) / 1000).toFixed(0)} kB`)
}
await chmod(`${OUT}/circleci-aws-oidc.cjs`, 0o755)
await writeFile(`${OUT}/metafile.json`, JSON.stringify(result.metafile))
