import { detectCi } from '../ci.ts'
import type { OptionsOf } from '../command-table.ts'
import { OidcError } from '../errors.ts'
import type { FileChange } from '../files/replace.ts'
import type { Environment } from '../options.ts'
import type { AssumeRolePlan } from '../plans/plans.ts'
import type { ProfileDelivery, StaticCredentials } from '../profiles/profile.ts'
import { STATIC_KEY_VARIABLES } from '../role/request.ts'
import type { PlannedRole } from '../sts/assume-roles.ts'

/** What later steps get, and the file that tells them. */
export interface Export {
  /** `dotenv` is the file of `--export-file`. */
  readonly kind: 'bash-env' | 'github-env' | 'dotenv'
  readonly path: string
  readonly mode: 'profile' | 'keys'
  readonly profile: string
  readonly region: string | undefined
}

/** Throws `invalid-usage`. */
export function planExport(
  plans: readonly AssumeRolePlan[],
  options: OptionsOf<'assume-role'>,
  env: Environment,
): Export | undefined {
  const mode = options.export
  const chosen = chosenPlan(plans, options.profile)
  const file = exportFile(options, env)
  if (mode === 'none') return undefined
  if (mode === 'keys' && (!file || !chosen || file.kind === 'dotenv')) throw noKeysToExport(file)
  if (!file || !chosen) return undefined
  return { ...file, mode, profile: chosen.profile, region: chosen.region ?? regionToShare(env) }
}

function exportFile(
  options: OptionsOf<'assume-role'>,
  env: Environment,
): Pick<Export, 'kind' | 'path'> | undefined {
  const dotenv = options['export-file']
  if (dotenv !== undefined) return { kind: 'dotenv', path: dotenv }
  const [github, bash] = [env['GITHUB_ENV'], env['BASH_ENV']]
  if (github && detectCi(env) === 'github') return { kind: 'github-env', path: github }
  return bash ? { kind: 'bash-env', path: bash } : undefined
}

/** The one profile that is clearly meant for later steps: the one named, the only one, or `default`. */
function chosenPlan(
  plans: readonly AssumeRolePlan[],
  named: string | undefined,
): AssumeRolePlan | undefined {
  const wanted = named ?? (plans.length === 1 ? plans[0]?.profile : 'default')
  const chosen = plans.find(({ profile }) => profile === wanted)
  if (chosen || named === undefined) return chosen
  throw new OidcError('invalid-usage', {
    what: `--profile is "${named}", but the profiles file has no such profile.`,
    next: `With a profiles file, --profile chooses the one that later steps use: ${plans.map(({ profile }) => profile).join(', ')}.`,
  })
}

function noKeysToExport(file: Pick<Export, 'kind'> | undefined): OidcError {
  if (file?.kind === 'dotenv') {
    return new OidcError('invalid-usage', {
      what: '--export keys and --export-file exclude each other.',
      why: 'Such a file becomes an artifact, which others can read.',
      next: 'Leave one of them out; exec gives the keys to one command.',
    })
  }
  if (file) {
    return new OidcError('invalid-usage', {
      what: '--export keys needs one profile, but the profiles file has several and no "default".',
      next: 'Choose one with --profile, or leave --export out.',
    })
  }
  return new OidcError('invalid-usage', {
    what: '--export keys needs BASH_ENV, which is not set.',
    why: 'In a CircleCI job it names a file that each bash step reads first; other shells have none.',
    next: 'Use the profile instead: leave --export out and name the profile in later commands.',
  })
}

/** A region that only one of the two variables has, so that half of the AWS tools would not see it. */
function regionToShare(env: Environment): string | undefined {
  const [sdk, cli] = [env['AWS_REGION'], env['AWS_DEFAULT_REGION']]
  return sdk && cli ? undefined : sdk || cli || undefined
}

/** The keys that later steps will have in their environment, where a log can be told to hide them. */
export function keysToMask(
  exported: Export | undefined,
  roles: readonly PlannedRole<AssumeRolePlan>[],
): readonly string[] {
  if (exported?.kind !== 'github-env' || exported.mode !== 'keys') return []
  const keys = roles.find(({ plan }) => plan.profile === exported.profile)?.role.credentials
  return keys ? [keys.accessKeyId, keys.secretAccessKey, keys.sessionToken] : []
}

/** How later steps are told of a profile: by a file that is replaced, or afterwards by one that is added to. */
export interface ExportStep {
  readonly edits: readonly FileChange[]
  afterwards(): Promise<void>
}

export async function exportStep(
  { kind, path, mode, profile, region }: Export,
  delivery: ProfileDelivery,
  keys: StaticCredentials,
  env: Environment,
): Promise<ExportStep> {
  if (kind === 'bash-env') {
    const exports =
      mode === 'keys'
        ? { mode, profile, credentials: keys, region }
        : { mode, profile, credentials: delivery.kind, region }
    const { bashEnvEdit } = await import('./bash-env.ts')
    return { edits: [bashEnvEdit(path, exports)], afterwards: async () => {} }
  }
  const file = await import('./step-variables.ts')
  const variables = file.profileVariables(profile, region)
  if (kind === 'dotenv') {
    return { edits: [file.variableFileEdit(path, variables)], afterwards: async () => {} }
  }
  file.checkGithubEnv(path)
  const added =
    mode === 'keys'
      ? file.keyVariables(keys, profile, region, env)
      : { ...variables, ...file.overriding(delivery, env) }
  return { edits: [], afterwards: () => file.appendGithubEnv(path, added) }
}

/** What to say of static keys in the environment, which win over profiles; their values stay unsaid. */
export function staticKeysWarning(
  env: Environment,
  exported: Export | undefined,
): string | undefined {
  const names = STATIC_KEY_VARIABLES.filter((name) => env[name])
  if (names.length === 0) return undefined
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them']
  const found = `Warning: ${names.join(', ')} ${are} set in the environment and would win over the profile.`
  if (!exported || exported.kind === 'dotenv') {
    return `${found} Unset ${them}, or name the profile in each command with --profile.`
  }
  const steps = exported.kind === 'bash-env' ? 'Later bash steps' : 'Later steps'
  if (exported.mode === 'keys') return `${found} ${steps} get the new keys instead.`
  return `${found} ${steps} no longer see ${them}.`
}
