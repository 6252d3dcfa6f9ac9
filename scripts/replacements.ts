import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

/** What the AWS SDK asks of a crash-safe random id; it only labels requests. */
const UUID = `export const bindV4 = () => () => {
  const digits = () => Math.floor(Math.random() * 65536).toString(16).padStart(4, '0')
  const rest = '89ab'[Math.floor(Math.random() * 4)] + digits().slice(1)
  return [digits() + digits(), digits(), '4' + digits().slice(1), rest, digits() + digits() + digits()].join('-')
}`

// Its agent check loads TLS even for a plain HTTP endpoint; the check needs only the method.
const NODE_HTTPS = `import * as https from 'node:https'
class Agent {
  static [Symbol.hasInstance](value) { return typeof value?.destroy === 'function' }
  constructor(options) { return new https.Agent(options) }
}
export const node_https = { Agent, request: (...args) => https.request(...args) }`

function refusing(name: string, reason: string): string {
  return `export const ${name} = () => async () => { throw new Error(${JSON.stringify(reason)}) };`
}

/** Modules that are large or slow to load and that no command needs, with what stands in for them. */
const MODULES: Readonly<Record<string, string>> = {
  // Compiles a large emoji expression at start; our help is plain text.
  'string-width': 'export default (text) => text.length',
  // For browsers only.
  bowser: 'export default {}',
  // STS has no streams of events.
  '@smithy/core/event-streams': 'export class EventStreamSerde {}',
  // The proxy agents' own logging.
  debug: 'export default () => Object.assign(() => {}, { enabled: false })',
  // Roles that a profile names are assumed by our own code, given to the SDK as role assumers.
  '@aws-sdk/nested-clients/sts':
    'export const AssumeRoleCommand = undefined, STSClient = undefined',
  // Other kinds of profiles than ours, and than the static keys one may start from.
  '@smithy/credential-provider-imds':
    refusing('fromInstanceMetadata', 'it takes the credentials of the machine') +
    refusing('fromContainerMetadata', 'it takes the credentials of the container'),
  '@aws-sdk/credential-provider-http': refusing(
    'fromHttp',
    'it takes the credentials of the container',
  ),
  '@aws-sdk/credential-provider-sso': refusing(
    'fromSSO',
    'it signs in with SSO, which a CI job cannot',
  ),
  '@aws-sdk/credential-provider-login': refusing(
    'fromLoginCredentials',
    'it signs in with a browser, which a CI job cannot',
  ),
}

// Without the base class of streams and without web streams, which Node's HTTP never gives.
const STREAM_COLLECTOR = `export const streamCollector = (stream) => new Promise((resolve, reject) => {
  const chunks = []
  stream.on('data', (chunk) => chunks.push(chunk))
  stream.on('end', () => resolve(Buffer.concat(chunks)))
  stream.on('error', reject)
})`

const FILES: Readonly<Record<string, string>> = {
  'serde/util-stream/stream-collector.js': STREAM_COLLECTOR,
  'node-http-handler/dist-es/node-https.js': NODE_HTTPS,
  'serde/uuid/v4.js': UUID,
  // Its own tries at load whether Node can make a hash, which would load all of node:crypto.
  'checksum/sha256/Sha256Node.js': `import { Hash } from '@smithy/core/serde'
export const Sha256Node = class { constructor(secret) { return new Hash('sha256', secret) } }`,
}

/** Edits of a module's text; each must still find what it replaces. */
const EDITS: Readonly<Record<string, readonly [from: string, to: string]>> = {
  // Reading the function at load would load all of node:crypto.
  'submodules/serde/index.js': [
    'const _getRandomValues = getRandomValues;',
    'const _getRandomValues = undefined;',
  ],
  'dist-es/write-request-body.js': [
    'import { Readable } from "node:stream";',
    "const Readable = { [Symbol.hasInstance]: (value) => typeof value?.pipe === 'function' };",
  ],
}

/** Keeps out of the bundle what it does not need, and provides modules that only a build has. */
export const replacements = (provided: Readonly<Record<string, string>>): Plugin => ({
  name: 'replacements',
  setup({ onResolve, onLoad }) {
    const modules = { ...MODULES, ...provided }
    // Kept apart: the sandbox is no part of what the orb embeds.
    onResolve({ filter: /\/sandbox\/index\.ts$/ }, () => ({
      path: './sandbox.cjs',
      external: true,
    }))
    onResolve({ filter: exactly(Object.keys(modules)) }, ({ path }) => ({
      path,
      namespace: 'replaced',
    }))
    onLoad({ filter: /./, namespace: 'replaced' }, ({ path }) => ({
      contents: modules[path] ?? '',
    }))
    for (const [path, contents] of Object.entries(FILES)) {
      onLoad({ filter: endingIn(path) }, () => ({ contents }))
    }
    for (const [path, [from, to]] of Object.entries(EDITS)) {
      onLoad({ filter: endingIn(path) }, async ({ path: file }) => {
        const text = await readFile(file, 'utf8')
        if (!text.includes(from)) throw new Error(`${file} no longer has: ${from}`)
        return { contents: text.replace(from, to) }
      })
    }
  },
})

function exactly(names: readonly string[]): RegExp {
  return new RegExp(`^(${names.map(escaped).join('|')})$`)
}

function endingIn(path: string): RegExp {
  return new RegExp(`${escaped(path).replaceAll('/', '[/\\\\]')}$`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
