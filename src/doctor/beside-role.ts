import { COMMANDS, type OptionsOf } from '../command-table.ts'
import type { Context } from '../context.ts'
import { resolveOptions } from '../option-values.ts'
import { planWriting, readProfiles } from '../plans/plans.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { errorFinding, type Finding, type Settled, settle } from './findings.ts'

/** Stands in for a role that could not be read. */
const STAND_IN = 'arn:aws:iam::123456789012:role/NAME'

/** What is read by itself, whatever the role is; the region is that of the endpoint, which is looked at anyway. */
const OWN = ['role-session-name', 'policy'] as const

/**
 * What else is wrong where the role, or the profiles file, is: with the other options, and with the files that
 * `assume-role` would write.
 */
export async function checkBesideRole(
  options: OptionsOf<'doctor'>,
  { env: all, deadline, terminal }: Context,
): Promise<{ readonly role: Finding[]; readonly files: Finding[] }> {
  const env = { ...all, ...withoutSources }
  const context = { env, deadline, terminal: { ...terminal, note: () => {} } }
  const bare = {
    ...resolveOptions(COMMANDS['assume-role'].options, {}, {}),
    'role-arn': STAND_IN,
  }
  const read = (given: Partial<OptionsOf<'assume-role'>>) =>
    readProfiles({ ...bare, ...given }, context)
  const name = await settle(() => assertProfileName(options.profile ?? 'default'))
  const profile = 'error' in name ? undefined : options.profile
  // Whose keys stand in a profile is known only where it is the one to be written.
  const overwrite = options.overwrite || options['role-arn'] === undefined || 'error' in name
  const writing = settle(async () => {
    const plans = await read({ profile, credentials: options.credentials })
    const { checkWritable } = await import('../delivery/write-profiles.ts')
    await checkWritable(planWriting(plans, { ...options, profile, overwrite }, context), { env })
  })
  const others = OWN.map((option) => settle(() => read({ [option]: options[option] })))
  return {
    role: [name, ...(await Promise.all(others))].flatMap(errorOf),
    files: errorOf(await writing),
  }
}

function errorOf(outcome: Settled<unknown>): Finding[] {
  return 'error' in outcome ? [errorFinding(outcome.error)] : []
}

const withoutSources = {
  ...{ AWS_OIDC_PROFILES: undefined, AWS_OIDC_ORB_PROFILES: undefined },
  ...{ AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
}
