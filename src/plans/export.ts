import { detectCi } from '../ci.ts'
import { OidcError } from '../errors.ts'
import type { Environment, OptionValues } from '../options.ts'
import { STATIC_KEY_VARIABLES } from '../role/request.ts'
import type { ProfilePlan } from './profile-plan.ts'

/** What later steps get, and the file that tells them. */
export interface Export {
  /** `dotenv` is the file of `--export-file`. */
  readonly kind: 'bash-env' | 'github-env' | 'dotenv'
  readonly path: string
  readonly mode: 'profile' | 'keys'
  readonly profile: string
  readonly region: string | undefined
}

type ExportOptions = OptionValues<'export' | 'export-file' | 'profile'>

/** Throws `invalid-usage`. */
export function planExport(
  plans: readonly ProfilePlan[],
  options: ExportOptions,
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

/** The file by which later steps are told of what they get. */
export function exportFile(
  options: Pick<ExportOptions, 'export-file'>,
  env: Environment,
): Pick<Export, 'kind' | 'path'> | undefined {
  const dotenv = options['export-file']
  if (dotenv !== undefined) return { kind: 'dotenv', path: dotenv }
  const [github, bash] = [env['GITHUB_ENV'], env['BASH_ENV']]
  if (github && detectCi(env) === 'github') return { kind: 'github-env', path: github }
  return bash ? { kind: 'bash-env', path: bash } : undefined
}

/** The one profile that is clearly meant for later steps: the one named, the only one, or `default`. */
function chosenPlan<Plan extends Pick<ProfilePlan, 'profile'>>(
  plans: readonly Plan[],
  named: string | undefined,
): Plan | undefined {
  const wanted = named ?? (plans.length === 1 ? plans[0]?.profile : 'default')
  const chosen = plans.find(({ profile }) => profile === wanted)
  if (chosen || named === undefined) return chosen
  throw new OidcError('invalid-usage', {
    what: `--profile is "${named}", but the profiles file has no such profile.`,
    next: `With a profiles file, --profile chooses the one that later steps use: ${plans.map(({ profile }) => profile).join(', ')}.`,
  })
}

/** Why later steps get nothing although they should, and what to do; undefined where they get what they should. */
export function whyNotExported(
  plans: readonly Pick<ProfilePlan, 'profile'>[],
  options: ExportOptions,
  env: Environment,
): NotExported | undefined {
  if (options.export === 'none') return undefined
  const names = plans.map(({ profile }) => profile)
  if (chosenPlan(plans, options.profile) === undefined) {
    return {
      why: 'several profiles, and none of them is "default"',
      next: `Choose one with --profile, or name it in each command (--profile, AWS_PROFILE): ${names.join(', ')}`,
    }
  }
  if (exportFile(options, env)) return undefined
  return {
    why: 'BASH_ENV is not set',
    next: `Name the profile in later commands with --profile ${names[0]} or AWS_PROFILE=${names[0]}`,
  }
}

export interface NotExported {
  readonly why: string
  readonly next: string
}

function noKeysToExport(file: Pick<Export, 'kind'> | undefined): OidcError {
  if (file?.kind === 'dotenv') {
    return new OidcError('invalid-usage', {
      what: '--export keys and --export-file cannot be combined.',
      why: 'The file becomes an artifact, which others can read.',
      next: 'Leave one of them out, or give the keys to one command with exec.',
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
    why: 'Only the bash steps of CircleCI jobs have it.',
    next: 'Leave --export out, and name the profile in later commands.',
  })
}

/** A region that only one of the two variables has, so that half of the AWS tools would not see it. */
function regionToShare(env: Environment): string | undefined {
  const [sdk, cli] = [env['AWS_REGION'], env['AWS_DEFAULT_REGION']]
  return sdk && cli ? undefined : sdk || cli || undefined
}

/** What to say of static keys in the environment, which win over profiles; their values stay unsaid. */
export function staticKeysWarning(
  env: Environment,
  exported: Export | undefined,
): string | undefined {
  const names = STATIC_KEY_VARIABLES.filter((name) => env[name])
  if (names.length === 0) return undefined
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them']
  const found = `Warning: ${names.join(', ')} ${are} set in the environment and would override the profile.`
  if (!exported || exported.kind === 'dotenv') {
    return `${found} Unset ${them}, or name the profile in each command with --profile.`
  }
  const steps = exported.kind === 'bash-env' ? 'Later bash steps' : 'Later steps'
  if (exported.mode === 'keys') return `${found} ${steps} get the new keys instead.`
  const others = exported.kind === 'bash-env' ? `; sh steps do until they run . "$BASH_ENV"` : ''
  return `${found} ${steps} no longer see ${them}${others}.`
}
