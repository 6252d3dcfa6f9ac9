import type { Context } from '../context.ts'
import { pause } from '../deadline.ts'
import {
  checkReplaceable,
  type FileChange,
  type FileEdit,
  fileRemoval,
  replaceFiles,
} from '../files/replace.ts'
import type { Environment } from '../options.ts'
import type { Plan } from '../plans/plans.ts'
import type { ProfilePlan } from '../plans/profile-plan.ts'
import { type Profile, profileEdits } from '../profiles/profile.ts'
import { cacheEdit } from '../refresh/cache.ts'
import {
  checkDataDirectory,
  filesIn,
  type ProfileFiles,
  profileDirectory,
  profilesDirectory,
} from '../refresh/data-directory.ts'
import { credentialProcess, installation } from '../refresh/installed-copy.ts'
import { recipeEdit } from '../refresh/recipe.ts'
import type { PlannedRole } from '../sts/assume-roles.ts'
import { type ExportStep, exportStep, keysToMask } from './export.ts'

type Role = PlannedRole<ProfilePlan>

/** Writes everything in one step: all files change, or none. Returns the shared files that changed. */
export async function writeProfiles(
  plan: Plan,
  roles: readonly Role[],
  { env, terminal }: Pick<Context, 'env' | 'terminal'>,
): Promise<readonly string[]> {
  for (const key of keysToMask(plan.export, roles)) terminal.mask(key)
  const { edits, afterwards } = await stepsOf(plan, roles, env)
  const changed = await replaceFiles(edits)
  await afterwards()
  return Object.values(plan.locations).filter((path) => changed.includes(path))
}

/**
 * Changes nothing, but throws what would keep `writeProfiles` from writing, as far as that shows without
 * credentials: files that are malformed or must not be read or written.
 */
export async function checkWritable(plan: Plan, { env }: Pick<Context, 'env'>): Promise<void> {
  const roles = plan.profiles.map((profile) => ({ plan: profile, role: roleToCome(profile) }))
  const { edits } = await stepsOf(plan, roles, env)
  await checkReplaceable(edits)
}

function roleToCome({ role: { arn, accountId } }: ProfilePlan): Role['role'] {
  const credentials = {
    accessKeyId: 'to-come',
    secretAccessKey: 'to-come',
    sessionToken: 'to-come',
    expiration: new Date(0),
  }
  return { arn, accountId, credentials }
}

async function stepsOf(plan: Plan, roles: readonly Role[], env: Environment): Promise<ExportStep> {
  const { locations, export: exported } = plan
  const directory = profilesDirectory(locations.config, env)
  const profiles: Profile[] = []
  const own: FileEdit[] = []
  const gone: FileChange[] = []
  for (const role of roles) {
    await pause()
    const files = filesIn(profileDirectory(directory, role.plan.profile))
    profiles.push(profileOf(role, files, env))
    own.push(...ownEdits(role, files, plan.renewal))
    gone.push(...removals(role.plan.credentials, files))
  }
  const index = roles.findIndex((role) => role.plan.profile === exported?.profile)
  const [chosen, profile] = [roles[index], profiles[index]]
  const step =
    exported && chosen && profile
      ? await exportStep(exported, profile, chosen.role, env)
      : undefined
  const renewing = roles.some((role) => role.plan.credentials === 'refresh')
  if (own.length > 0) checkDataDirectory(env)
  return {
    edits: [
      ...(renewing ? installation(__filename, env) : []),
      ...own,
      ...profileEdits(profiles, locations, plan.ownKeys),
      ...gone,
      ...(step?.edits ?? []),
    ],
    afterwards: async () => step?.afterwards(),
  }
}

function profileOf({ plan, role }: Role, files: ProfileFiles, env: Environment): Profile {
  const { profile, region, output } = plan
  const settings = { name: profile, region, output }
  switch (plan.credentials) {
    case 'static':
      return { ...settings, kind: 'static', credentials: role.credentials }
    case 'refresh':
      return { ...settings, kind: 'refresh', credentialProcess: credentialProcess(profile, env) }
    case 'token-file':
      return {
        ...settings,
        kind: 'token-file',
        roleArn: plan.role.arn,
        tokenFile: files.token,
        roleSessionName: plan.roleSessionName,
      }
  }
}

/** The files of ours that a profile needs to get credentials when it is used. */
function ownEdits({ plan, role }: Role, files: ProfileFiles, renewal: Plan['renewal']): FileEdit[] {
  if (plan.credentials === 'refresh') {
    return [
      recipeEdit(files.recipe, { plan, ...renewal }),
      cacheEdit(files.cache, role.credentials),
    ]
  }
  if (plan.credentials === 'token-file' && role.token) {
    const { value } = role.token
    return [{ path: files.token, edit: () => Buffer.from(value), secret: true }]
  }
  return []
}

/** A profile that changed its kind of credentials leaves no file of the kind it had. */
function removals(kind: ProfilePlan['credentials'], files: ProfileFiles): FileChange[] {
  const { recipe, cache, token } = files
  const others = { static: [recipe, cache, token], refresh: [token], 'token-file': [recipe, cache] }
  return others[kind].map(fileRemoval)
}
