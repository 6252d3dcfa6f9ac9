import { type FileChange, replaceFiles } from '../files/replace.ts'
import type { Environment } from '../options.ts'
import type { Export } from '../plans/export.ts'
import type { ProfilePlan } from '../plans/profile-plan.ts'
import type { Profile } from '../profiles/profile.ts'
import type { PlannedRole } from '../sts/assume-roles.ts'

/** Tells later steps that there was no token, and so no role. */
const SKIPPED = 'AWS_OIDC_SKIPPED'

/** How later steps are told of a profile: by a file that is replaced, or afterwards by one that is added to. */
export interface ExportStep {
  readonly edits: readonly FileChange[]
  afterwards(): Promise<void>
}

export async function exportStep(
  { kind, path, mode, region }: Export,
  profile: Profile,
  { credentials: keys, accountId }: PlannedRole<ProfilePlan>['role'],
  env: Environment,
): Promise<ExportStep> {
  if (kind === 'bash-env') {
    const what = { profile: profile.name, accountId, region }
    const exports =
      mode === 'keys'
        ? { ...what, mode, credentials: keys }
        : { ...what, mode, credentials: profile.kind }
    const { bashEnvEdit } = await import('./bash-env.ts')
    return { edits: [bashEnvEdit(path, exports, env)], afterwards: async () => {} }
  }
  const file = await import('./step-variables.ts')
  const variables = file.profileVariables(profile.name, region)
  if (kind === 'dotenv') {
    return { edits: [file.variableFileEdit(path, variables)], afterwards: async () => {} }
  }
  file.checkGithubEnv(path)
  const added = {
    ...(mode === 'keys'
      ? file.keyVariables(keys, profile.name, region, env)
      : { ...variables, ...file.neutralizedVariables(profile, env) }),
    ...(env[SKIPPED] ? { [SKIPPED]: '' } : {}),
  }
  return { edits: [], afterwards: () => file.appendGithubEnv(path, added) }
}

/** Tells later steps that there was no token, if there is a file for that. */
export async function exportSkip(
  file: Pick<Export, 'kind' | 'path'>,
  env: Environment,
): Promise<void> {
  if (file.kind === 'bash-env') {
    const { bashEnvEdit } = await import('./bash-env.ts')
    await replaceFiles([bashEnvEdit(file.path, { mode: 'skipped' }, env)])
    return
  }
  const { appendGithubEnv, variableFileEdit } = await import('./step-variables.ts')
  const variables = { [SKIPPED]: '1' }
  if (file.kind === 'github-env') await appendGithubEnv(file.path, variables)
  else await replaceFiles([variableFileEdit(file.path, variables)])
}

/** The keys that later steps will have in their environment, where a log can be told to hide them. */
export function keysToMask(
  exported: Export | undefined,
  roles: readonly PlannedRole<ProfilePlan>[],
): readonly string[] {
  if (exported?.kind !== 'github-env' || exported.mode !== 'keys') return []
  const keys = roles.find(({ plan }) => plan.profile === exported.profile)?.role.credentials
  return keys ? [keys.accessKeyId, keys.secretAccessKey, keys.sessionToken] : []
}
