import { OidcError } from '../errors.ts'
import type { Environment } from '../options.ts'
import type { IniFile, Section } from '../profiles/ini.ts'
import { sharedFileLocations } from '../profiles/locations.ts'
import { markersIn } from '../profiles/marker.ts'
import { profileOf, type SharedFile } from '../profiles/profile-name.ts'
import { profileFiles } from '../refresh/data-directory.ts'
import { readRecipe } from '../refresh/recipe.ts'
import type { RoleSource } from '../sts/assume-role.ts'
import { readSharedFile } from './parse.ts'
import type { Renewing } from './sources.ts'

// Loaded only for a profile that renews itself from one of the shared files.

/**
 * A profile that renews itself from one that an earlier step wrote: whose keys end, it would end with; from one
 * that needs the profile itself, it would wait for itself. Throws `invalid-profiles-file`.
 */
export async function checkEarlierSources(
  plans: readonly Renewing[],
  env: Environment,
): Promise<void> {
  const earlier = await earlierProfiles(env)
  const lines = plans
    .filter(({ credentials }) => credentials === 'refresh')
    .flatMap((plan) => problemOf(plan, plans, earlier, env) ?? [])
  if (lines.length === 0) return
  throw new OidcError('invalid-profiles-file', {
    what: lines,
    why: 'A profile that renews itself needs a source that stays valid.',
    next: 'Put the source in the same profiles file with credentials = refresh, or use credentials = static here.',
  })
}

/** What the shared files say of a profile that matters to one that starts from it. */
interface EarlierProfile {
  readonly source?: string
  /** When keys of ours in it end. */
  readonly end?: string
}

function problemOf(
  { profile, source }: Renewing,
  plans: readonly Renewing[],
  earlier: ReadonlyMap<string, EarlierProfile>,
  env: Environment,
): string | undefined {
  const path = [profile]
  let name = nameOf(source)
  while (name !== undefined) {
    path.push(name)
    if (name === profile) {
      return `The profile "${profile}" renews itself with its own credentials: ${path.join(' → ')}.`
    }
    // A circle without this profile is told of where it is another's.
    if (path.indexOf(name) < path.length - 1) return undefined
    const plan = plans.find((one) => one.profile === name)
    const found = earlier.get(name)
    if (!plan && found?.end !== undefined) {
      return `The profile "${profile}" renews itself, but its source "${name}", which an earlier step wrote, has keys that expire at ${found.end}.`
    }
    name = plan ? nameOf(plan.source) : (recipeSource(name, env) ?? found?.source)
  }
  return undefined
}

function nameOf(source: RoleSource): string | undefined {
  return source.kind === 'token' ? undefined : source.name
}

/** What a profile of ours that renews itself starts from. */
function recipeSource(profile: string, env: Environment): string | undefined {
  const { recipe } = profileFiles(sharedFileLocations(env).config, profile, env)
  try {
    return nameOf(readRecipe(recipe, profile).recipe.plan.source)
  } catch {
    // None, or none that works: whoever uses it is told.
    return undefined
  }
}

async function earlierProfiles(env: Environment): Promise<ReadonlyMap<string, EarlierProfile>> {
  const profiles = new Map<string, EarlierProfile>()
  for (const [file, path] of Object.entries(sharedFileLocations(env))) {
    const ini = await readSharedFile(path)
    for (const section of ini.sections) {
      const profile = profileOf(section.name, file as SharedFile)
      if (profile === undefined) continue
      profiles.set(profile, { ...profiles.get(profile), ...readSection(ini, section) })
    }
  }
  return profiles
}

function readSection(ini: IniFile, section: Section): EarlierProfile {
  const option = section.options.find(({ key }) => key === 'source_profile')
  const notes = markersIn(ini, section).map(({ marker }) => marker.note ?? '')
  const [, end] = notes.map((note) => /^credentials expire (\S+)$/.exec(note)).find(Boolean) ?? []
  return {
    ...(option ? { source: option.value } : {}),
    ...(end === undefined ? {} : { end }),
  }
}
