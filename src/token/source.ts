import { detectCi } from '../ci.ts'
import type { Environment } from '../options.ts'
import { readCircleciToken } from './circleci.ts'
import type { ReadSource } from './reading.ts'
import { checkOptions } from './source-options.ts'
import type { TokenOptions } from './token-options.ts'
import { refuseExpired, unexpired, type WebIdentityToken } from './web-identity-token.ts'

export type Source = Exclude<TokenOptions['token-source'], 'auto'>

/** How each source is read; most runs need one, so the others load only when they are asked for. */
const SOURCES = {
  circleci: ({ options, env, signal, whenExpired }) =>
    readCircleciToken(
      { version: options['token-version'], audience: options.audience },
      env,
      signal,
      whenExpired,
    ),
  github: async (reading) => (await import('./github.ts')).readGithubToken(reading),
  gitlab: async (reading) => (await import('./gitlab.ts')).readGitlabToken(reading),
  bitbucket: async (reading) => (await import('./bitbucket.ts')).readBitbucketToken(reading),
  buildkite: async (reading) => (await import('./buildkite.ts')).readBuildkiteToken(reading),
  jenkins: async (reading) => (await import('./jenkins.ts')).readJenkinsToken(reading),
  env: async ({ options, env, whenExpired }) => {
    const { readVariable } = await import('./variable.ts')
    return unexpired(readVariable(options['token-env'] ?? '', env), whenExpired)
  },
  file: async ({ options, signal, whenExpired }) => {
    const { readTokenFile } = await import('./file.ts')
    return readTokenFile(options['token-file'] ?? '', whenExpired, signal)
  },
  stdin: async ({ signal, whenExpired }) =>
    unexpired(await (await import('./stdin.ts')).readStdin(signal), whenExpired),
} as const satisfies Record<Source, ReadSource>

/**
 * Reads the web identity token from where the options say; aborted by `signal`. An expired one is an
 * error unless `whenExpired` takes it, as one does who only looks at it.
 */
export async function readToken(
  options: TokenOptions,
  env: Environment,
  signal: AbortSignal,
  whenExpired = refuseExpired,
): Promise<WebIdentityToken> {
  const source = chooseSource(options, env)
  checkOptions(source, options)
  return SOURCES[source]({ options, env, signal, whenExpired })
}

function chooseSource(options: TokenOptions, env: Environment): Source {
  if (options['token-source'] !== 'auto') return options['token-source']
  const ci = detectCi(env)
  if (options['token-env'] !== undefined) return ci === 'gitlab' ? 'gitlab' : 'env'
  if (options['token-file'] !== undefined) return 'file'
  return ci ?? 'circleci'
}
