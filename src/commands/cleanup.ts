import type { Context } from '../command.ts'
import type { OptionValues } from '../options.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { removeFromFiles } from '../profiles/removal.ts'
import { sharedFileLocations } from '../profiles/shared-file-locations.ts'
import { removeDataFiles } from './cleanup-data-files.ts'
import type { CLEANUP_OPTIONS } from './cleanup-options.ts'

type CleanupOptions = OptionValues<(typeof CLEANUP_OPTIONS)[number]>

export async function run(
  { profile, format }: CleanupOptions,
  { env, terminal }: Context,
): Promise<number> {
  const profiles = profile === undefined ? undefined : profileNames(profile)
  const locations = sharedFileLocations(env)
  const files = await removeFromFiles(locations, env['BASH_ENV'], profiles)
  const dataFiles = await removeDataFiles(locations.config, profiles, env)
  const { changed } = files
  const removed = [...files.removed, ...dataFiles]

  if (format === 'json') terminal.print(JSON.stringify({ changed, removed }, null, 2))
  else if (changed.length + removed.length === 0) terminal.print('There is nothing to clean up.')
  else {
    const label = (text: string) => terminal.paint('stdout', 'bold', text.padEnd(9))
    for (const path of changed) terminal.print(`${label('Changed')}${path}`)
    for (const path of removed) terminal.print(`${label('Removed')}${path}`)
  }
  return 0
}

/** No profile name has a comma or a blank. Throws `invalid-profile-name`. */
function profileNames(list: string): string[] {
  const names = list.split(/[\s,]+/).filter((name) => name !== '')
  for (const name of names.length > 0 ? names : [list]) assertProfileName(name)
  return names
}
