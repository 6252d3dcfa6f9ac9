import { type Ci, detectCi } from '../ci.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'

// STS API Reference, AssumeRoleWithWebIdentity: RoleSessionName, 2 to 64 of [\w+=,.@-].
const VALID = /^[\w+=,.@-]{2,64}$/

/**
 * The name the session has in CloudTrail: the given one, refused when AWS would refuse it, or
 * `circleci-<build number>-<project>-<job>`, or what the CI is called and has instead, made valid and cut
 * to 64 characters.
 */
export function roleSessionName(given: string | undefined, env: Environment): string {
  if (given === undefined) return defaultName(env)
  if (VALID.test(given)) return given
  const problem =
    given.length < 2 || given.length > 64
      ? `has ${given.length} character${given.length === 1 ? '' : 's'}`
      : 'has characters that AWS does not take'
  throw new OidcError('invalid-role-session-name', {
    what: `The role session name "${given.slice(0, 100)}" ${problem}.`,
    why: 'AWS takes 2 to 64 letters, digits and _+=,.@-',
    next: `Use for instance "${makeValid(given)}".`,
  })
}

/** Number, project and job of each CI, in that order; of alternatives in a list the first that is set. */
const PARTS = {
  circleci: ['CIRCLE_BUILD_NUM', 'CIRCLE_PROJECT_REPONAME', 'CIRCLE_JOB'],
  github: ['GITHUB_RUN_ID', 'GITHUB_REPOSITORY', 'GITHUB_JOB'],
  gitlab: ['CI_JOB_ID', 'CI_PROJECT_NAME', 'CI_JOB_NAME'],
  // A step has a name, but no variable tells it.
  bitbucket: ['BITBUCKET_BUILD_NUMBER', 'BITBUCKET_REPO_SLUG', 'BITBUCKET_DEPLOYMENT_ENVIRONMENT'],
  buildkite: [
    'BUILDKITE_BUILD_NUMBER',
    'BUILDKITE_PIPELINE_SLUG',
    ['BUILDKITE_STEP_KEY', 'BUILDKITE_LABEL'],
  ],
  jenkins: ['BUILD_NUMBER', 'JOB_NAME', 'STAGE_NAME'],
} as const satisfies Record<Ci, readonly (string | readonly string[])[]>

function defaultName(env: Environment): string {
  const ci = detectCi(env) ?? 'circleci'
  const names = PARTS[ci].map((one) => [one].flat().find((name) => env[name]))
  const parts = names.flatMap((name) => (name ? [partOf(name, env[name] ?? '')] : []))
  return parts.length === 0 ? 'circleci-aws-oidc' : makeValid([ci, ...parts].join('-'))
}

/** Of GitHub's OWNER/NAME only the name: the owner is the same in every job. */
function partOf(name: string, value: string): string {
  return name === 'GITHUB_REPOSITORY' ? value.replace(/^.*\//, '') : value
}

function makeValid(text: string): string {
  const valid = text
    .replace(/[^\w+=,.@-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-+/, '')
    .slice(0, 64)
    .replace(/-+$/, '')
  return VALID.test(valid) ? valid : 'circleci-aws-oidc'
}
