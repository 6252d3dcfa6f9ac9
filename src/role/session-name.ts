import { CIS, detectCi } from '../ci.ts'
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

function defaultName(env: Environment): string {
  const ci = detectCi(env) ?? 'circleci'
  const names = CIS[ci].sessionName.map((one) => [one].flat().find((name) => env[name]))
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
