import { OidcError } from '../errors.ts'
import { checkCoordinate, policyLiteral } from './coordinate.ts'

/** A git ref as a policy value; a short name gets the prefix, `/*` at its end stays a wildcard. */
export function refName(option: string, name: string, prefix: string): string {
  const checked = checkCoordinate(option, name, 'ref')
  const whole = checked.startsWith('refs/') ? checked : `${prefix}${checked}`
  return whole.endsWith('/*') ? `${policyLiteral(whole.slice(0, -1))}*` : policyLiteral(whole)
}

/** Kind and short name of a ref; a short name alone tells no kind. Throws for what no subject names: `refs/pull/7/merge`. */
export function branchOrTag(
  option: string,
  ref: string,
): { readonly kind: 'branch' | 'tag' | undefined; readonly name: string } {
  if (!ref.startsWith('refs/')) return { kind: undefined, name: ref }
  const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? []
  if (name !== undefined) return { kind: kind === 'tags' ? 'tag' : 'branch', name }
  throw new OidcError('invalid-usage', {
    what: `--${option} is ${JSON.stringify(ref)}, but a subject names only branches and tags.`,
    next: 'Give refs/heads/NAME, refs/tags/NAME, or the name alone.',
  })
}
