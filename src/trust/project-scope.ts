import { parseOidcKey } from './oidc-key.ts'
import { parseOperator } from './operators.ts'
import type { Condition, Statement } from './policy.ts'
import { subjectReach } from './subject-reach.ts'

/** Claims that tell one project from another. */
const PROJECT =
  /^(sub|oidc\.circleci\.com\/project-id|repository|repository_id|job_workflow_ref|project_id|pipeline_id|pipeline_slug|rpst_id)$/
/** Claims that tell whose projects they are: an owner's, a group's, an organization's. */
const OWNER =
  /^(repository_owner_id|enterprise_id|namespace_id|organization_id|organization_slug|google\/organization_number)$/

/** The claim a condition is about, in small letters; empty where it is about none. */
export function claimOf({ key }: Condition): string {
  return parseOidcKey(key)?.claim.toLowerCase() ?? ''
}

export function namesProject(condition: Condition): boolean {
  return PROJECT.test(claimOf(condition))
}

/** Whether the condition keeps out tokens that lack the claim. */
export function requires({ operator }: Condition): boolean {
  const parsed = parseOperator(operator)
  return (
    parsed !== undefined &&
    !parsed.negated &&
    !parsed.ifExists &&
    parsed.quantifier !== 'ForAllValues'
  )
}

/** Whether it also keeps out tokens with another value: in a list, one that fits everything lets all in. */
export function limits(condition: Condition): boolean {
  const everything = isPattern(condition) && condition.values.some((value) => /^[*?]+$/.test(value))
  return requires(condition) && !everything
}

export function namesOwner(condition: Condition): boolean {
  const ofOwner =
    claimOf(condition) === 'sub'
      ? reaches(condition).every((reach) => reach !== 'everyone')
      : OWNER.test(claimOf(condition))
  return limits(condition) && ofOwner
}

/** Whether one of the conditions admits a single project, whatever the others leave open. */
export function pinsProject({ conditions }: Statement): boolean {
  const owned = conditions.some(namesOwner)
  return conditions.filter(limits).some((one) => {
    const claim = claimOf(one)
    if (claim === 'sub') return reaches(one).every((reach) => reach === 'project')
    // Organizations may well have pipelines of the same name.
    return namesProject(one) && !hasWildcard(one) && (claim !== 'pipeline_slug' || owned)
  })
}

/** Whether the values of a pattern have wildcards, apart from the escapes `${*}` and `${?}`. */
export function hasWildcard(condition: Condition): boolean {
  return isPattern(condition) && condition.values.some((value) => /[*?]/.test(unescaped(value)))
}

/** Without the escapes `${*}`, `${?}`, `${$}`. */
export function unescaped(value: string): string {
  return value.replace(/\$\{[*?$]\}/g, '')
}

function reaches(condition: Condition) {
  const issuer = parseOidcKey(condition.key)?.issuer ?? ''
  return condition.values.map((value) =>
    isPattern(condition) ? subjectReach(value, issuer) : 'project',
  )
}

function isPattern({ operator }: Condition): boolean {
  return operator.includes('Like')
}
