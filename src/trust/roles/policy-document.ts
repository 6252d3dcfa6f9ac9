import { OidcError } from '../../errors.ts'
import { issuerHostPath } from '../policy/context-keys.ts'
import type { TrustedParty } from '../subjects/party.ts'
import type { TrustedTokens } from '../subjects/trusted-tokens.ts'
import { providerArn, type RoleSetup } from './setup.ts'

type ConditionBlock = Readonly<Record<string, Readonly<Record<string, string | string[]>>>>

// IAM quotas: "Role trust policy: 2,048 characters"; "IAM doesn't count white space".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
const MAXIMUM_LENGTH = 2048

/** The trust policy as a JSON document. Throws `invalid-usage` when IAM would find it too long. */
export function trustPolicyDocument(setup: RoleSetup): object {
  const { party } = setup
  const principal =
    party.kind === 'tokens' ? { Federated: providerArn(party, setup) } : { AWS: party.roleArn }
  return checkLength(policyWith(principal, party))
}

/** The same for any form of the principal, such as a reference of a template language. */
export function policyWith(principal: object, party: TrustedParty): object {
  const condition = conditionBlock(party)
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: principal,
        Action: trustAction(party),
        ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
      },
    ],
  }
}

export function trustAction(party: TrustedParty): string {
  return party.kind === 'tokens' ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole'
}

export function conditionBlock(party: TrustedParty): ConditionBlock {
  if (party.kind === 'tokens') return tokenConditions(party)
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
  return party.externalId === undefined
    ? {}
    : { StringEquals: { 'sts:ExternalId': party.externalId } }
}

function tokenConditions({ issuer, audience, subjects }: TrustedTokens): ConditionBlock {
  const host = issuerHostPath(issuer)
  const subject = subjects.length === 1 ? (subjects[0] ?? '') : [...subjects]
  // What remains of `*` and `?` after taking the escapes away is a wildcard.
  const wildcard = subjects.some((one) => /[*?]/.test(one.replace(/\$\{[*?$]\}/g, '')))
  const aud = { [`${host}:aud`]: audience }
  const sub = { [`${host}:sub`]: subject }
  return wildcard ? { StringEquals: aud, StringLike: sub } : { StringEquals: { ...aud, ...sub } }
}

function checkLength(document: object): object {
  const length = JSON.stringify(document).length
  if (length <= MAXIMUM_LENGTH) return document
  throw new OidcError('invalid-usage', {
    what: `The trust policy would have ${length} characters; IAM accepts at most ${MAXIMUM_LENGTH}.`,
    next: 'Shorten the subject with a wildcard, or ask AWS for a higher quota.',
  })
}

/** Throws as `trustPolicyDocument` does, where no account is known yet: an account id has 12 digits. */
export function checkPolicyLength(setup: RoleSetup): RoleSetup {
  trustPolicyDocument({ ...setup, accountId: setup.accountId ?? '123456789012' })
  return setup
}
