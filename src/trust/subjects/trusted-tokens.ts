import { OidcError } from '../../errors.ts'

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

/** Several parties of one issuer as one: a role for several projects or branches. */
export function together(parties: readonly TrustedTokens[]): TrustedTokens {
  const [first] = parties
  if (first === undefined) {
    throw new OidcError('internal-error', { what: 'A role needs somebody to trust.' })
  }
  return {
    ...first,
    subjects: [...new Set(parties.flatMap(({ subjects }) => subjects))],
    warnings: [...new Set(parties.flatMap(({ warnings }) => warnings))],
  }
}

/** The items of a list, or once nothing where it is empty: one party for each. */
export function eachOf(list: readonly string[]): readonly (string | undefined)[] {
  return list.length > 0 ? list : [undefined]
}
