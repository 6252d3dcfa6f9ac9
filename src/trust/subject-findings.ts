import type { Finding, FindingKind } from './findings.ts'
import { parseOidcKey } from './oidc-key.ts'
import type { Condition } from './policy.ts'
import { subjectReach } from './subject-reach.ts'

/** What the patterns for `sub` admit: projects, token versions, branches. */
export function subjectFindings({ key, values, operator }: Condition, path: string): Finding[] {
  const issuer = parseOidcKey(key)?.issuer ?? ''
  const like = operator.includes('Like')
  const found: Finding[] = []
  const report = (kind: FindingKind, detail: string) => found.push({ kind, path, detail })
  for (const value of values) {
    if (like && subjectReach(value, issuer) !== 'project') report('any-project', `"${value}"`)
    if (/^org\/.*\*.*\/vcs-(origin|ref)\//s.test(value)) {
      report('wildcard-before-branch', `"${value}"`)
    }
    // Subjects of CircleCI are fixed words and UUIDs in small letters, up to the origin.
    if (/^org\//i.test(value) && /[A-Z]/.test(value.split('/vcs-')[0] ?? '')) {
      report('wrong-case', `"${value}"`)
    }
  }
  const versions = new Set(values.filter((value) => value.startsWith('org/')).map(tokenVersion))
  if (versions.size === 1 && versions.has('V1')) report('v1-only-subject', list(values))
  if (versions.size === 1 && versions.has('V2')) report('v2-only-subject', list(values))
  return found
}

/** https://circleci.com/docs/openid-connect-tokens/: V1 ends after the user, V2 goes on with origin and ref. */
function tokenVersion(value: string): 'V1' | 'V2' | 'both' {
  if (value.includes('/vcs-')) return 'V2'
  return /\/user\/[^/*]+$/.test(value) ? 'V1' : 'both'
}

function list(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(', ')
}
