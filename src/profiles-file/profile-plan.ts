import type { OptionValue } from '../options.ts'
import type { AssumeRoleRequest } from '../sts/assume-role.ts'

export const CREDENTIALS_KINDS = ['static', 'refresh', 'token-file'] as const
export type CredentialsKind = (typeof CREDENTIALS_KINDS)[number]

/** Whose credentials ask for the role. */
export type PlanSource =
  /** The web identity token; the command's own unless the profile names an audience. */
  | { readonly kind: 'token'; readonly audience?: string }
  /** Another profile of the same file, which comes earlier among the plans. */
  | { readonly kind: 'profile'; readonly name: string }
  /** A profile of the user's shared files, which stays as it is. */
  | { readonly kind: 'shared-profile'; readonly name: string }

export interface SessionTag {
  readonly key: string
  readonly value: string
}

/** One role to assume and the profile to write, with everything checked that needs no network. */
export interface ProfilePlan extends AssumeRoleRequest {
  readonly profile: string
  /** Line of the section's header, from 1. */
  readonly line: number
  readonly source: PlanSource
  /** These four only where the source is a profile. */
  readonly externalId?: string
  readonly sessionTags: readonly SessionTag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
  readonly region?: string
  readonly output?: NonNullable<OptionValue<'output'>>
  readonly credentials: CredentialsKind
}

/** What a profile gets that doesn't say otherwise: the command's own options, checked by the caller. */
export interface ProfileDefaults {
  readonly roleSessionName: string
  /** Chained profiles get an hour of it at most, as AWS gives no more. */
  readonly durationSeconds: number
  readonly policy?: string | undefined
  readonly policyArns: readonly string[]
  readonly region?: string | undefined
  readonly output?: OptionValue<'output'>
  readonly credentials: CredentialsKind
}
