import type { OptionValue } from '../options.ts'
import type { RoleSource } from '../roles/role-plan.ts'
import type { ChainedRoleRequest } from '../sts/chained-role.ts'

/** One role to assume and the profile to write, with everything checked that needs no network. */
export interface ProfilePlan extends ChainedRoleRequest {
  readonly profile: string
  /** Line of the section's header, from 1. */
  readonly line: number
  readonly source: RoleSource
  readonly region?: string
  readonly output?: NonNullable<OptionValue<'output'>>
  readonly credentials: OptionValue<'credentials'>
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
  readonly credentials: OptionValue<'credentials'>
}
