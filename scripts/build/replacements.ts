import type { Plugin } from 'esbuild'

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

/**
 * Keeps out of the bundle what it does not need, and provides modules that only a build has. Ends the build
 * if nothing loads one of them: its name or the import of it has changed.
 */
export const replacements = (
  provided: Readonly<Record<string, string>>,
  replaced: Readonly<Record<string, string>> = MODULES,
): Plugin => ({
  name: 'replacements',
  setup({ onResolve, onLoad, onEnd }) {
    const modules = { ...replaced, ...provided }
    const unused = new Set(Object.keys(modules))
    // Kept apart: the sandbox is no part of what the orb embeds.
    onResolve({ filter: /\/sandbox\/index\.ts$/ }, () => ({
      path: './sandbox.cjs',
      external: true,
    }))
    onResolve({ filter: exactly(Object.keys(modules)) }, ({ path }) => ({
      path,
      namespace: 'replaced',
    }))
    onLoad({ filter: /./, namespace: 'replaced' }, ({ path }) => {
      unused.delete(path)
      return { contents: modules[path] ?? '' }
    })
    onEnd(() => ({
      errors: [...unused].map((name) => ({ text: `Nothing loads ${name}, which is replaced` })),
    }))
  },
})

function exactly(names: readonly string[]): RegExp {
  return new RegExp(`^(${names.map(escaped).join('|')})$`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
