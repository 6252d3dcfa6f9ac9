import { misspeltVariables } from '../option-values.ts'
import type { Environment } from '../options.ts'
import { profileOf } from '../profiles/profile-name.ts'
import { STATIC_KEY_VARIABLES } from '../role/request.ts'
import type { SharedFileFacts } from './files.ts'
import { type Finding, finding, fine } from './findings.ts'

/** Which profile the job is about. */
interface ProfileInUse {
  /** As `--profile` gives it. */
  readonly given: string | undefined
  /** Profiles that a role will be written to. */
  readonly written: readonly string[]
}

const WEB_IDENTITY = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN']

/** Variables that make AWS tools use something other than the profile. Of their values only names and regions are shown. */
export function checkEnvironment(
  env: Environment,
  { given, written }: ProfileInUse,
  files: readonly SharedFileFacts[],
): Finding[] {
  const set = (names: readonly string[]) => names.filter((name) => env[name])
  // AWS tools look at the others only beside this one.
  const keys = env['AWS_ACCESS_KEY_ID'] ? set(STATIC_KEY_VARIABLES) : []
  const webIdentity = set(WEB_IDENTITY)
  const wanted = given === undefined ? written : [given]
  const existing = files.flatMap(({ file, content }) =>
    (content?.sections ?? []).map(({ name }) => profileOf(name, file)),
  )
  const chosen = set(['AWS_DEFAULT_PROFILE', 'AWS_PROFILE']).map(
    (name) => [name, env[name] ?? ''] as const,
  )
  const named = [...chosen, ...(given === undefined ? [] : [['--profile', given] as const])]
  // A file that can't be read may hold any profile.
  const known = files.length > 0 && files.every(({ content }) => content !== undefined)
  const missing = named.filter(
    ([, profile]) => known && !written.includes(profile) && !existing.includes(profile),
  )
  const other = chosen
    .filter(([, profile]) => wanted.length > 0 && !wanted.includes(profile))
    .filter(([name]) => !missing.some(([one]) => one === name))
  const found = [
    ...misspeltVariables(env).map(({ name, meant }) =>
      finding('misspelt-variable', `${name}; you probably mean ${meant}`),
    ),
    ...(keys.length > 0 ? [finding('static-keys', keys.join(', '))] : []),
    ...(webIdentity.length === 2
      ? [finding('web-identity-variables', webIdentity.join(', '))]
      : []),
    ...missing.map(([name, profile]) => finding('profile-missing', `${name} is "${profile}"`)),
    ...other.map(([name, profile]) =>
      finding('profile-variable', `${name} is "${profile}", not "${wanted.join('" or "')}"`),
    ),
    ...regionFindings(env),
  ]
  return found.length > 0 ? found : [fine('environment', 'No variable overrides the profile')]
}

function regionFindings({ AWS_REGION: sdk, AWS_DEFAULT_REGION: cli }: Environment): Finding[] {
  if ((sdk || '') === (cli || '')) return []
  const said = (region: string | undefined) => (region ? `"${region}"` : 'not set')
  return [
    finding('region-variables', `AWS_REGION is ${said(sdk)}, AWS_DEFAULT_REGION is ${said(cli)}`),
  ]
}
