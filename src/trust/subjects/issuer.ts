import { OidcError } from '../../errors.ts'
import { isShared, subjectReach } from '../check/scope.ts'
import { checkCoordinate, missing } from './coordinate.ts'
import type { TrustedTokens } from './trusted-tokens.ts'

interface IssuerCoordinates {
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
    throw missing('audience', `Only ${issuer} knows the audience of its tokens.`)
  }
  const given = coordinates.subject ?? (coordinates.anyProject ? '*' : undefined)
  if (given === undefined) {
    throw missing('subject', 'Without it every token of the issuer would be trusted.')
  }
  const subject = checkCoordinate('subject', given, 'subject')
  const reach = subjectReach(subject, issuer)
  if (reach === 'everyone' && isShared(issuer)) {
    // Whoever has an account there gets tokens.
    throw tooBroad(subject, `everyone who uses ${issuer}`, 'Name the organization')
  }
  if (reach !== 'project' && !coordinates.anyProject) {
    throw tooBroad(subject, 'more than one project', 'Add --any-project, or name the project')
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

function tooBroad(subject: string, whom: string, next: string): OidcError {
  return new OidcError('invalid-usage', {
    what: `--subject "${subject}" trusts ${whom}.`,
    next: `${next} in --subject, before any wildcard.`,
  })
}
