import { detectCi } from '../ci.ts'
import type { Context } from '../context.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { readCircleciToken } from './circleci.ts'
import {
  type ReadSource,
  refuseExpired,
  type TokenOptions,
  unexpired,
  type WebIdentityToken,
} from './web-identity-token.ts'

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
    const { readVariable } = await import('./given.ts')
    return unexpired(readVariable(options['token-env'] ?? '', env), whenExpired)
  },
  file: async ({ options, signal, whenExpired }) => {
    const { readTokenFile } = await import('./given.ts')
    return readTokenFile(options['token-file'] ?? '', whenExpired, signal)
  },
  stdin: async ({ signal, whenExpired }) =>
    unexpired(await (await import('./given.ts')).readTokenFromStdin(signal), whenExpired),
} as const satisfies Record<Source, ReadSource>

/**
 * Reads the web identity token from the source that the options name. An expired one is an error, unless
 * `whenExpired` accepts it, as a command does that only shows the token.
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

/** The tokens of one run: each audience is read once, whoever asks for it. */
export interface TokenPool {
  /** The command's own token, or one minted for the audience. */
  get(audience?: string): Promise<WebIdentityToken>
}

export function tokenPool(
  options: TokenOptions,
  { env, deadline }: Pick<Context, 'env' | 'deadline'>,
): TokenPool {
  const tokens = new Map<string | undefined, Promise<WebIdentityToken>>()
  const read = (audience: string | undefined) => {
    const wanted = audience === undefined ? options : { ...options, audience }
    const reading = readToken(wanted, env, deadline.signal)
    return deadline.race('reading the web identity token', reading)
  }
  return {
    get: (audience) => {
      const token = tokens.get(audience) ?? read(audience)
      tokens.set(audience, token)
      return token
    },
  }
}

/** Whether the job has no token, as that of a fork: an audience means minting, which then fails in another way. */
export function saysTokenMissing({ code }: OidcError, env: Environment): boolean {
  const hasVariable = Boolean(env['CIRCLE_OIDC_TOKEN_V2'] || env['CIRCLE_OIDC_TOKEN'])
  return code === 'token-not-found' || (code === 'token-mint-failed' && !hasVariable)
}

/** An option that the source would ignore is a mistake, not a wish. Throws `invalid-usage`. */
function checkOptions(source: Source, options: TokenOptions): void {
  const names = Object.keys(SOURCES_OF) as SourceOption[]
  for (const option of names) {
    const sources: readonly Source[] = SOURCES_OF[option]
    if (options[option] === undefined || sources.includes(source)) continue
    const elsewhere = option === 'audience' ? AUDIENCE_IN[source] : undefined
    const other = elsewhere ? `and ${elsewhere}` : `or use --token-source ${sources.join(' or ')}`
    throw new OidcError('invalid-usage', {
      what: `--${option} does not apply to the token source "${source}".`,
      next: `Leave --${option} out, ${other}.`,
    })
  }
  const needed = source in NEEDED ? NEEDED[source as keyof typeof NEEDED] : undefined
  if (needed && options[needed] === undefined) {
    throw new OidcError('invalid-usage', {
      what: `The token source "${source}" needs --${needed}.`,
      next: `Add --${needed}.`,
    })
  }
  if (options.audience !== undefined && options['token-version'] === 'v1') {
    throw new OidcError('invalid-usage', {
      what: '--token-version v1 and --audience cannot be combined.',
      why: 'A token with another audience must be minted, and CircleCI mints only V2 tokens.',
      next: 'Leave one of them out.',
    })
  }
}

type SourceOption = Exclude<keyof TokenOptions, 'token-source'>

/** The sources to which an option means something. */
const SOURCES_OF = {
  'token-env': ['env', 'gitlab'],
  'token-file': ['file'],
  'token-version': ['circleci'],
  audience: ['circleci', 'github', 'buildkite', 'jenkins'],
} as const satisfies Record<SourceOption, readonly Source[]>

const NEEDED = { env: 'token-env', file: 'token-file' } as const satisfies Partial<
  Record<Source, SourceOption>
>

/** How to choose the audience where the CI makes the token before any step runs. */
const AUDIENCE_IN: Partial<Record<Source, string>> = {
  gitlab: 'choose the audience with "aud" of id_tokens in .gitlab-ci.yml',
  bitbucket: 'choose the audience with "oidc: audiences" of the step in bitbucket-pipelines.yml',
}
