/** Bearers of an issuer's tokens with this audience and one of these subjects. */
export interface TrustedTokens {
  readonly kind: 'tokens'
  /** The name of the CI in a default role name: `circleci`. */
  readonly ci: 'circleci' | 'gitlab' | 'github' | 'ci'
  /** The `iss` of the tokens, exactly. */
  readonly issuer: string
  readonly audience: string
  /** Values for `sub` as a policy writes them: with wildcards, literals escaped. */
  readonly subjects: readonly string[]
  /** What the reader must know before using the policy. */
  readonly warnings: readonly string[]
}

/** Sessions of another role, which assumes this one (role chaining). */
export interface TrustedRole {
  readonly kind: 'role'
  readonly roleArn: string
  readonly externalId: string | undefined
}

export type TrustedParty = TrustedTokens | TrustedRole
