import { OidcError } from '../errors.ts'
import { checkCoordinate } from './coordinate.ts'
import { isShared, subjectReach } from './subject-reach.ts'
import type { TrustedTokens } from './trusted-party.ts'
import { missing } from './usage.ts'

export interface IssuerCoordinates {
  readonly issuer: string
  readonly audience: string | undefined
  /** May have `*` and `?` as wildcards. */
  readonly subject: string | undefined
  readonly anyProject: boolean
}

/** Tokens of any issuer, by audience and subject. */
export function issuerTokens(coordinates: IssuerCoordinates): TrustedTokens {
  const issuer = checkCoordinate('issuer', coordinates.issuer, 'issuer')
  if (coordinates.audience === undefined) {
    throw missing('audience', `Nobody but ${issuer} knows the audience of its tokens.`)
  }
  const given = coordinates.subject ?? (coordinates.anyProject ? '*' : undefined)
  if (given === undefined) {
    throw missing('subject', 'Without it every token of the issuer would be trusted.')
  }
  const subject = checkCoordinate('subject', given, 'subject')
  const reach = subjectReach(subject, issuer)
  if (reach === 'everyone' && isShared(issuer)) throw trustsStrangers(subject, issuer)
  if (reach !== 'project' && !coordinates.anyProject) {
    throw missing('any-project', `The subject "${subject}" trusts more than one project.`)
  }
  return {
    kind: 'tokens',
    ci: 'ci',
    issuer,
    audience: checkCoordinate('audience', coordinates.audience, 'audience'),
    // Wildcards and their escapes are meant here, policy variables are not.
    subjects: [subject.replace(/\$(?=\{(?![*?$]\}))/g, '${$}')],
    warnings:
      reach === 'project'
        ? []
        : [`Every project of ${issuer} whose subject matches "${subject}" can assume this role.`],
  }
}

/** Whoever has an account at such an issuer gets tokens of it. */
function trustsStrangers(subject: string, issuer: string): OidcError {
  return new OidcError('invalid-usage', {
    what: `--subject "${subject}" trusts everyone who uses ${issuer}, also outside your organization.`,
    next: 'Name the organization in --subject, before any wildcard.',
  })
}
