import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'

// STS API Reference, AssumeRoleWithWebIdentity: RoleSessionName, 2 to 64 of [\w+=,.@-].
const VALID = /^[\w+=,.@-]{2,64}$/

/**
 * The name the session has in CloudTrail: the given one, refused when AWS would refuse it, or
 * `circleci-<build number>-<project>-<job>` made valid and cut to 64 characters.
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

function defaultName(env: Environment): string {
  const parts = [env['CIRCLE_BUILD_NUM'], env['CIRCLE_PROJECT_REPONAME'], env['CIRCLE_JOB']]
  const given = parts.filter((part) => part !== undefined && part !== '')
  return given.length === 0 ? 'circleci-aws-oidc' : makeValid(['circleci', ...given].join('-'))
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
