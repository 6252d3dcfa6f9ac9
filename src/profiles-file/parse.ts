import type { Environment } from '../options.ts'
import { type Problem, type Report, refuseProblems } from './problem.ts'
import type { ProfileDefaults, ProfilePlan } from './profile-plan.ts'
import { profileSections } from './profile-section.ts'
import { readSettings } from './profile-settings.ts'
import { readPlan } from './read-plan.ts'
import { readLines } from './readable-lines.ts'
import { reportUnreadable } from './shared-reading.ts'
import { readSources, sourcesFirst, sourcesOnly } from './source-profile.ts'

export interface ProfilesFileContext {
  readonly env: Environment
  /** What to call the text in messages: a path, or the option it came from. */
  readonly source: string
  readonly defaults: ProfileDefaults
  /** Names of the profiles in the user's shared files. */
  readonly sharedProfiles: ReadonlySet<string>
}

/**
 * Reads a profiles file, AWS config syntax with a few keys of ours, into one plan for each profile, sources
 * before those that need them. What AWS's own readers would not read, or not alike, is refused.
 * Throws `invalid-profiles-file` with all problems at once.
 */
export async function parseProfilesFile(
  text: string,
  { env, source, defaults, sharedProfiles }: ProfilesFileContext,
): Promise<ProfilePlan[]> {
  const problems: Problem[] = []
  const report: Report = (line, text) => problems.push({ line, text })

  const file = readLines(text, report)
  refuseProblems(problems, source, () => undefined)
  reportUnreadable(file, report)
  const sections = profileSections(file, report)
  const profiles = sections.map((section) => readSettings(file, section, env, report))
  const borrowed = sourcesOnly(profiles, sharedProfiles)
  const roles = profiles.filter(({ profile }) => !borrowed.has(profile))
  if (roles.length === 0 && problems.length === 0) {
    report(1, 'there is no profile with a role. Write [profile NAME] and beneath it role_arn = ….')
  }
  const sources = readSources(roles, sharedProfiles, report)
  const plans: ProfilePlan[] = []
  for (const role of roles) {
    const plan = await readPlan(role, sources.get(role.profile), defaults, report)
    if (plan) plans.push(plan)
  }
  const profileAt = (line: number) =>
    sections.find((one) => one.line <= line && line <= one.lastLine)?.profile
  refuseProblems(problems, source, profileAt)
  return sourcesFirst(plans)
}
