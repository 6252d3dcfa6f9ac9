import { checkCoordinate } from './coordinate.ts'
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
  const everyone = /^[*?]*$/.test(subject)
  if (everyone && !coordinates.anyProject) {
    throw missing('any-project', `The subject "${subject}" trusts every token of the issuer.`)
  }
  return {
    kind: 'tokens',
    ci: 'ci',
    issuer,
    audience: checkCoordinate('audience', coordinates.audience, 'audience'),
    // Wildcards and their escapes are meant here, policy variables are not.
    subjects: [subject.replace(/\$(?=\{(?![*?$]\}))/g, '${$}')],
    description: everyone ? `every token of ${issuer}` : `${subject} of ${issuer}`,
    warnings: everyone ? [`Every token of ${issuer} for this audience can assume this role.`] : [],
  }
}
