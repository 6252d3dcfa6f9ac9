import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { OptionsOf } from '../command-table.ts'
import { OidcError } from '../errors.ts'
import { readTextFile } from '../files/read.ts'
import { type InlineProfiles, inlineProfiles } from '../option-values.ts'
import type { Environment, OptionValue } from '../options.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { stsRegion } from '../role/region.ts'
import { checkAccount, readRequest } from '../role/request.ts'
import { roleSessionName } from '../role/session-name.ts'
import { checkPolicyArns, readSessionPolicy } from '../role/session-policy.ts'
import type { RolePlan } from '../sts/assume-roles.ts'
import { stsEndpoint } from '../sts/endpoint.ts'
import type { ProfilePlan } from './profile-plan.ts'
import { checkRenewableSources } from './sources.ts'

/** One profile to write: its role, and what else stands in it. */
export interface AssumeRolePlan extends RolePlan {
  readonly region: string | undefined
  readonly output: string | undefined
  readonly credentials: OptionValue<'credentials'>
}

/** What is to be done, with everything checked that can be before the network is asked. */
export async function readPlans(
  options: OptionsOf<'assume-role'>,
  env: Environment,
  signal?: AbortSignal,
): Promise<AssumeRolePlan[]> {
  const file = await readProfilesFile(options, env, signal)
  const plans = file ? await plansOf(file, options, env) : [await planOfOptions(options, env)]
  for (const plan of plans) checkTokenFile(plan)
  checkRenewableSources(plans)
  if (plans.some(({ credentials }) => credentials === 'refresh')) checkRenewable(options)
  return plans
}

async function planOfOptions(
  options: OptionsOf<'assume-role'>,
  env: Environment,
): Promise<AssumeRolePlan> {
  const request = await readRequest(options, env)
  return {
    ...request,
    profile: options.profile ?? 'default',
    source: { kind: 'token' },
    sessionTags: [],
    transitiveTagKeys: [],
    region: options.region,
    output: options.output,
    credentials: options.credentials,
    endpoint: endpointOf(request, options.region, options, env),
  }
}

function endpointOf(
  { role }: Pick<RolePlan, 'role'>,
  region: string | undefined,
  options: OptionsOf<'assume-role'>,
  env: Environment,
) {
  return stsEndpoint(stsRegion(region, env, role), options['sts-endpoint'], env)
}

/** `--profiles-file`, or the text itself from a variable. */
async function readProfilesFile(
  options: OptionsOf<'assume-role'>,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<InlineProfiles | undefined> {
  const path = options['profiles-file']
  const inline = inlineProfiles(env)
  const sources = [
    ...(options['role-arn'] === undefined ? [] : ['role-arn']),
    ...(path === undefined ? [] : ['profiles-file']),
    ...(inline === undefined ? [] : [inline.source]),
  ]
  if (sources.length > 1) {
    throw new OidcError('invalid-usage', {
      what: `${sources.join(' and ')} exclude each other.`,
      next: 'Give one of them; a role can be a section of the profiles file.',
    })
  }
  if (path === undefined) return inline
  refuseSharedFile(path, env)
  return { text: await readTextFile(path, { what: 'The profiles file', signal }), source: path }
}

/** Writing profiles takes away their role_arn: it would take the user's own away. */
function refuseSharedFile(path: string, env: Environment): void {
  const shared = Object.values(sharedFileLocations(env)).map(realPath)
  if (!shared.includes(realPath(path))) return
  throw new OidcError('invalid-usage', {
    what: `The profiles file ${path} is the shared file that the profiles would be written to.`,
    why: 'Each profile gets credentials in place of its role_arn, which the file would lose.',
    next: 'Copy it to another file and name that one.',
  })
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

async function plansOf(
  { text, source }: InlineProfiles,
  options: OptionsOf<'assume-role'>,
  env: Environment,
): Promise<AssumeRolePlan[]> {
  const { parseProfilesFile, sharedProfileNames } = await import('./parse.ts')
  const { policy } = options
  checkPolicyArns(options['policy-arns'])
  const plans = await parseProfilesFile(text, {
    env,
    source,
    sharedProfiles: await sharedProfileNames(env),
    defaults: {
      roleSessionName: roleSessionName(options['role-session-name'], env),
      durationSeconds: options['duration-seconds'],
      policy: policy === undefined ? undefined : await readSessionPolicy(policy),
      policyArns: options['policy-arns'],
      region: options.region,
      output: options.output,
      credentials: options.credentials,
    },
  })
  for (const { role, profile } of plans) {
    checkAccount(role.accountId, options['allowed-account-ids'], `The role of "${profile}"`)
  }
  return plans.map((plan) => complete(plan, options, env))
}

function complete(
  plan: ProfilePlan,
  options: OptionsOf<'assume-role'>,
  env: Environment,
): AssumeRolePlan {
  const endpoint = endpointOf(plan, plan.region, options, env)
  return { ...plan, region: plan.region, output: plan.output, endpoint }
}

function checkRenewable(options: OptionsOf<'assume-role'>): void {
  if (options['token-source'] !== 'stdin') return
  throw new OidcError('invalid-usage', {
    what: 'Credentials can not be renewed with a token from stdin.',
    why: 'The command that renews them runs later, without that input.',
    next: 'Use another token source, or credentials static.',
  })
}

/** The SDK exchanges such a profile's token by itself, by the profile's own few settings. */
function checkTokenFile({ credentials, durationSeconds, policy, policyArns }: AssumeRolePlan) {
  if (credentials !== 'token-file') return
  const ignored = [
    ...(durationSeconds === 3600 ? [] : ['duration']),
    ...(policy === undefined && policyArns.length === 0 ? [] : ['session policy']),
  ]
  if (ignored.length === 0) return
  throw new OidcError('invalid-usage', {
    what: `With credentials token-file the AWS SDK asks for the role itself, without the ${ignored.join(' and ')} given.`,
    next: 'Leave it out, or use credentials static or refresh.',
  })
}
