import { OidcError } from '../errors.ts'
import type { TrustedRole } from './trusted-party.ts'

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/([\w+=,.@/-]{1,512}\/)?[\w+=,.@-]{1,64}$/
// STS API Reference, AssumeRole: ExternalId.
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/

/** The party of a chained role: another role, by its ARN, perhaps with an external id. */
export function trustedRole(roleArn: string, externalId: string | undefined): TrustedRole {
  if (!ROLE_ARN.test(roleArn)) {
    throw new OidcError('invalid-role-arn', {
      what: `--trusts-role is ${JSON.stringify(roleArn.slice(0, 120))}, which is not the ARN of a role.`,
      next: 'Give the ARN as the IAM console shows it: arn:aws:iam::123456789012:role/NAME.',
    })
  }
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId)) {
    throw new OidcError('invalid-usage', {
      what: '--external-id must be 2 to 1224 letters, digits and _+=,.@:/-',
      next: 'Give the external id that the other side uses.',
    })
  }
  return { kind: 'role', roleArn, externalId }
}
