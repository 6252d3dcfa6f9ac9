import { CIS, detectCi } from '../ci.ts'
import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { quote } from '../text.ts'

// STS API Reference, AssumeRoleWithWebIdentity: RoleSessionName, 2 to 64 of [\w+=,.@-].
const VALID = /^[\w+=,.@-]{2,64}$/

/**
 * The name the session has in CloudTrail: the given one, or `circleci-<build number>-<project>-<job>`, or what
 * the CI is called and has instead, made valid and cut to 64 characters. A given one that AWS would refuse is
 * made valid, too, where it comes from a variable, as a branch does, and refused where it is a literal.
 */
export function roleSessionName(
  given: GivenName | undefined,
  env: Environment,
  note: (text: string) => void,
): string {
  if (given === undefined) return defaultName(env)
  const { text, isVariable } = given
  if (VALID.test(text)) return text
  if (!isVariable) throw invalidName(text)
  const name = makeValid(text)
  note(
    `The role session name is "${name}", because AWS does not accept ${quote(text)} from the variable.`,
  )
  return name
}

interface GivenName {
  readonly text: string
  readonly isVariable: boolean
}

function invalidName(given: string): OidcError {
  const problem =
    given.length < 2 || given.length > 64
      ? `has ${given.length} character${given.length === 1 ? '' : 's'}`
      : 'has characters that AWS does not accept'
  return new OidcError('invalid-role-session-name', {
    what: `The role session name "${given.slice(0, 100)}" ${problem}.`,
    why: 'AWS accepts 2 to 64 letters, digits and _+=,.@-',
    next: `Use, for example, "${makeValid(given)}".`,
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
