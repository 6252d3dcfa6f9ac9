import type { ChainedRoleRequest } from '../sts/chained-role.ts'
import type { StsEndpoint } from '../sts/endpoint.ts'

/** Whose credentials ask for the role. */
export type RoleSource =
  /** The web identity token; the command's own unless the profile names an audience. */
  | { readonly kind: 'token'; readonly audience?: string }
  /** Another profile of the same run. */
  | { readonly kind: 'profile'; readonly name: string }
  /** A profile of the user's shared files, which stays as it is. */
  | { readonly kind: 'shared-profile'; readonly name: string }

/** One role to assume for a profile, and where STS is asked for it. */
export interface RolePlan extends ChainedRoleRequest {
  readonly profile: string
  readonly source: RoleSource
  readonly endpoint: StsEndpoint
}
