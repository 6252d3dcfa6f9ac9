import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { decodeClaims } from './claims.ts'
import { readVariable } from './given.ts'
import { type Reading, unexpired, type WebIdentityToken } from './web-identity-token.ts'

/** Names that `id_tokens` have in the documentation of GitLab and of others; each job chooses its own. */
const COMMON_NAMES = [
  'GITLAB_OIDC_TOKEN',
  'AWS_ID_TOKEN',
  'AWS_OIDC_TOKEN',
  'MY_OIDC_TOKEN',
  'ID_TOKEN',
] as const

/**
 * The job's ID token, from the variable that `id_tokens` gives it. Errors: `token-not-found`,
 * `token-expired`, `token-malformed`.
 */
export async function readGitlabToken({
  options,
  env,
  whenExpired,
}: Reading): Promise<WebIdentityToken> {
  const name = options['token-env'] ?? COMMON_NAMES.find((one) => env[one]?.trim())
  if (name === undefined) throw notFound(env)
  return unexpired(readVariable(name, env, inTheJob(name)), whenExpired)
}

/** https://docs.gitlab.com/ci/yaml/#id_tokens */
function inTheJob(name: string): string[] {
  return [
    'Add to the job in .gitlab-ci.yml, with the audience that AWS has registered:',
    'id_tokens:',
    `  ${name}:`,
    '    aud: https://gitlab.com',
  ]
}

function notFound(env: Environment): OidcError {
  const found = idTokens(env)
  const what = `This GitLab job has no ID token in ${COMMON_NAMES.slice(0, -1).join(', ')} or ${COMMON_NAMES.at(-1)}.`
  if (found.length > 0) {
    return new OidcError('token-not-found', {
      what,
      why: `${found.length === 1 ? 'This variable holds' : 'These variables hold'} an ID token, but only you know whether it is for AWS: ${found.join(', ')}.`,
      next: `Name the one for AWS: --token-env ${found[0]}`,
    })
  }
  return new OidcError('token-not-found', {
    what,
    why: 'Since GitLab 17.0, a job gets only the tokens listed in its id_tokens.',
    next: [...inTheJob(COMMON_NAMES[0]), 'If you choose another name, also pass --token-env.'],
  })
}

/** The variables that hold an ID token, by name; CI_JOB_TOKEN and the like have no audience. */
function idTokens(env: Environment): string[] {
  return Object.keys(env).filter((name) => {
    try {
      const { iss, aud } = decodeClaims(env[name]?.trim() ?? '', name)
      return iss !== undefined && aud !== undefined
    } catch {
      return false
    }
  })
}
