import { audiences, type Claims } from '../token/claims.ts'

/** The account and partition that hold the provider. */
export interface ProviderPlace {
  readonly partition: string
  readonly accountId: string
}

/** A trust-policy statement that admits this token and no other project's: audience and subject. */
export function admittingStatement(claims: Claims, place: ProviderPlace): object {
  const host = providerHost(claims)
  const [audience = '', ...others] = audiences(claims)
  return {
    Effect: 'Allow',
    Principal: {
      Federated: `arn:${place.partition}:iam::${place.accountId}:oidc-provider/${host}`,
    },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: { [`${host}:aud`]: others.length > 0 ? [audience, ...others] : audience },
      StringLike: { [`${host}:sub`]: subjectPattern(claims.sub ?? '') },
    },
  }
}

/** The issuer as IAM names the provider: host and path, without the scheme. */
export function providerHost(claims: Claims): string {
  return (claims.iss ?? '').replace(/^https?:\/\//, '')
}

/** CircleCI's subject names the user last (V1) or before the branch (V2); any user of the project fits. */
function subjectPattern(subject: string): string {
  return subject.replace(/^(org\/[^/]+\/project\/[^/]+\/user\/).*$/s, '$1*')
}
