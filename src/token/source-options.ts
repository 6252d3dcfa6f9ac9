import { OidcError } from '../errors.ts'
import type { Source } from './source.ts'
import type { TokenOptions } from './token-options.ts'

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

/** Where the audience is chosen with sources that get a token made before. */
const AUDIENCE_IN: Partial<Record<Source, string>> = {
  gitlab: 'choose the audience with "aud" of id_tokens in .gitlab-ci.yml',
  bitbucket: 'choose the audience with "oidc: audiences" of the step in bitbucket-pipelines.yml',
}

/** An option that the source would ignore is a mistake, not a wish. Throws `invalid-usage`. */
export function checkOptions(source: Source, options: TokenOptions): void {
  const names = Object.keys(SOURCES_OF) as SourceOption[]
  for (const option of names) {
    const sources: readonly Source[] = SOURCES_OF[option]
    if (options[option] === undefined || sources.includes(source)) continue
    const elsewhere = option === 'audience' ? AUDIENCE_IN[source] : undefined
    const other = elsewhere ? `and ${elsewhere}` : `or use --token-source ${sources.join(' or ')}`
    throw new OidcError('invalid-usage', {
      what: `--${option} has no meaning with the token source "${source}".`,
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
      what: '--token-version v1 and --audience exclude each other.',
      why: 'An audience means a minted token, and only its audience can be chosen.',
      next: 'Leave one of them out.',
    })
  }
}
