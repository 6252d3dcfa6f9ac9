import { OidcError } from '../errors.ts'
import type { OptionValue } from '../options.ts'
import type { RoleSource } from '../sts/assume-role.ts'
import { nearest, quote } from '../text.ts'
import type { Report } from './problem.ts'
import type { ProfileSettings } from './settings.ts'

/** Where each profile's credentials come from; undefined where that is reported as a problem. */
export function readSources(
  profiles: readonly ProfileSettings[],
  sharedProfiles: ReadonlySet<string>,
  report: Report,
): Map<string, RoleSource | undefined> {
  const names = new Set(profiles.map(({ profile }) => profile))
  const sources = new Map<string, RoleSource | undefined>()
  for (const { profile, settings } of profiles) {
    const setting = settings.get('source_profile')
    const name = setting?.value
    if (setting === undefined) sources.set(profile, { kind: 'token' })
    else if (name === undefined) sources.set(profile, undefined)
    else if (names.has(name)) sources.set(profile, { kind: 'profile', name })
    else if (sharedProfiles.has(name)) sources.set(profile, { kind: 'shared-profile', name })
    else {
      const meant = nearest(name, [...names, ...sharedProfiles])
      const next = meant ? `Did you mean ${quote(meant)}?` : 'Add it, or correct the name.'
      const what = `the source_profile ${quote(setting.written)} is neither in this file nor in the shared files. ${next}`
      report(setting.line, what)
      sources.set(profile, undefined)
    }
  }
  reportCycles(profiles, sources, report)
  return sources
}

function reportCycles(
  profiles: readonly ProfileSettings[],
  sources: ReadonlyMap<string, RoleSource | undefined>,
  report: Report,
): void {
  const done = new Set<string>()
  for (const { profile } of profiles) {
    const path = pathFrom(profile, sources, done)
    for (const name of path) done.add(name)
    const start = path.indexOf(sourceOf(path.at(-1) ?? '', sources) ?? '')
    if (start < 0) continue
    const cycle = new Set(path.slice(start))
    const first = profiles.find((one) => cycle.has(one.profile))
    if (!first) continue
    const line = first.settings.get('source_profile')?.line ?? first.line
    report(line, cycleText([...cycle], first.profile))
  }
}

function cycleText(cycle: readonly string[], first: string): string {
  if (cycle.length === 1) {
    return 'source_profile names the profile itself. AWS tools allow that only beside static keys in the same profile, which the new credentials would replace. Keep the keys in a profile of another name, or remove source_profile to use the web identity token.'
  }
  const turn = cycle.indexOf(first)
  const names = [...cycle.slice(turn), ...cycle.slice(0, turn), first]
  return `source_profile forms a loop: ${names.join(' → ')}. Remove it from one of them; without it the web identity token is used.`
}

/** The same plans, every source before the profiles that need it, otherwise as in the file. */
export function sourcesFirst<Plan extends { profile: string; source: RoleSource }>(
  plans: readonly Plan[],
): Plan[] {
  const byName = new Map(plans.map((plan) => [plan.profile, plan]))
  const sources = new Map(plans.map((plan) => [plan.profile, plan.source]))
  const done = new Set<string>()
  return plans.flatMap(({ profile }) => {
    const path = pathFrom(profile, sources, done).reverse()
    for (const name of path) done.add(name)
    return path.flatMap((name) => byName.get(name) ?? [])
  })
}

/** The plans that lead to one profile: its source before it, and so on. */
export function chainTo<Plan extends { profile: string; source: RoleSource }>(
  profile: string,
  plans: readonly Plan[],
): Plan[] {
  const sources = new Map(plans.map((plan) => [plan.profile, plan.source]))
  const path = new Set(pathFrom(profile, sources, new Set()))
  return plans.filter((plan) => path.has(plan.profile))
}

/** The chain of profiles of the file, up to one that is done or comes again. */
function pathFrom(
  profile: string,
  sources: ReadonlyMap<string, RoleSource | undefined>,
  done: ReadonlySet<string>,
): string[] {
  const path = new Set<string>()
  let name: string | undefined = profile
  while (name !== undefined && !done.has(name) && !path.has(name)) {
    path.add(name)
    name = sourceOf(name, sources)
  }
  return [...path]
}

function sourceOf(
  profile: string,
  sources: ReadonlyMap<string, RoleSource | undefined>,
): string | undefined {
  const source = sources.get(profile)
  return source?.kind === 'profile' ? source.name : undefined
}

/**
 * Profiles without a role that serve others as their source and are in the user's shared files: their
 * credentials come from there, of whatever kind. A section with other keys of ours lacks its role.
 */
export function sourcesOnly(
  profiles: readonly ProfileSettings[],
  sharedProfiles: ReadonlySet<string>,
): ReadonlySet<string> {
  const named = new Set(profiles.map(({ settings }) => settings.get('source_profile')?.value))
  const hasRoles = profiles.some(({ settings }) => settings.has('role_arn'))
  const settingsOnly = profiles.filter(({ settings }) =>
    [...settings.keys()].every((key) => /^(region|output)$/.test(key)),
  )
  const passedOver = settingsOnly.filter(
    ({ profile, otherCredentials }) =>
      (named.has(profile) && sharedProfiles.has(profile)) ||
      // Most config files begin so; it is the profile of whoever runs without one.
      (profile === 'default' && !named.has(profile) && otherCredentials.length === 0 && hasRoles),
  )
  return new Set(passedOver.map(({ profile }) => profile))
}

/**
 * A profile that renews itself asks with its source's credentials, so a source of the same file has to
 * renew itself as well. Throws `invalid-profiles-file` with all that don't.
 */
export function checkRenewableSources(plans: readonly Renewing[]): void {
  const kinds = new Map(plans.map(({ profile, credentials }) => [profile, credentials]))
  const lines = plans
    .filter(({ credentials }) => credentials === 'refresh')
    .flatMap(({ profile, source }) => {
      if (source.kind !== 'profile' || kinds.get(source.name) === 'refresh') return []
      return [`The profile "${profile}" renews itself, but its source "${source.name}" does not.`]
    })
  if (lines.length === 0) return
  throw new OidcError('invalid-profiles-file', {
    what: lines,
    why: 'When the credentials of the source expire, the profile cannot renew its own.',
    next: 'Set credentials = refresh for the source, too, or credentials = static for both.',
  })
}

export interface Renewing {
  readonly profile: string
  readonly source: RoleSource
  readonly credentials: OptionValue<'credentials'>
}
