import { resolve } from 'node:path'
import type { Environment } from '../options.ts'
import type { ProfileDelivery } from '../profiles/delivery.ts'
import type { FileEdit } from '../profiles/file-replacement.ts'
import type { SharedFileLocations } from '../profiles/shared-file-locations.ts'
import { profileFiles } from '../refresh/data-directory.ts'
import { credentialProcess, installation } from '../refresh/installed-copy.ts'
import { cacheEdit } from '../refresh/process-credentials.ts'
import { recipeEdit } from '../refresh/recipe.ts'
import type { PlannedRole } from '../roles/assume-roles.ts'
import type { AssumeRoleOptions } from './assume-role.ts'
import type { AssumeRolePlan } from './assume-role-plans.ts'

type Role = PlannedRole<AssumeRolePlan>

/** Profiles that get credentials when they are used, from files of ours. */
export interface KeptCredentials {
  /** What those profiles need to stand on. */
  edits(roles: readonly Role[]): FileEdit[]
  /** Undefined for a profile with static keys. */
  delivery(role: Role): ProfileDelivery | undefined
}

export function keptCredentials(
  { config }: SharedFileLocations,
  options: AssumeRoleOptions,
  env: Environment,
): KeptCredentials {
  const editsOf = ({ plan, role }: Role): FileEdit[] => {
    const files = profileFiles(config, plan.profile, env)
    if (plan.credentials === 'refresh') {
      return [
        recipeEdit(files.recipe, recipe(plan, options)),
        cacheEdit(files.cache, role.credentials),
      ]
    }
    if (plan.credentials === 'token-file' && role.token) {
      const { value } = role.token
      return [{ path: files.token, edit: () => Buffer.from(value), secret: true }]
    }
    return []
  }
  return {
    edits: (roles) => {
      const renewing = roles.some(({ plan }) => plan.credentials === 'refresh')
      const bundle = renewing ? installation(__filename, env) : []
      return [...bundle, ...roles.flatMap(editsOf)]
    },
    delivery: ({ plan }) => {
      const { profile, region, output } = plan
      const settings = { profile, region, output }
      switch (plan.credentials) {
        case 'static':
          return undefined
        case 'refresh':
          return {
            ...settings,
            kind: 'refresh',
            credentialProcess: credentialProcess(profile, env),
          }
        case 'token-file':
          return {
            ...settings,
            kind: 'token-file',
            roleArn: plan.role.arn,
            tokenFile: profileFiles(config, profile, env).token,
            roleSessionName: plan.roleSessionName,
          }
      }
    },
  }
}

function recipe(plan: AssumeRolePlan, options: AssumeRoleOptions) {
  const tokenFile = options['token-file']
  return {
    plan,
    token: {
      'token-source': options['token-source'],
      'token-env': options['token-env'],
      // AWS tools call the renewal from any directory.
      'token-file': tokenFile === undefined ? undefined : resolve(tokenFile),
      'token-version': options['token-version'],
      audience: options.audience,
    },
    maxAttempts: options['max-attempts'],
    timeoutSeconds: options['timeout-seconds'],
    allowedAccountIds: options['allowed-account-ids'],
  }
}
