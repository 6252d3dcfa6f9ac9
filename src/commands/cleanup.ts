import { dirname, resolve } from 'node:path'
import type { Context } from '../command.ts'
import type { OptionValues } from '../options.ts'
import { resolveTarget } from '../profiles/file-target.ts'
import { removeTemporaryFiles } from '../profiles/left-overs.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { removeFromFiles } from '../profiles/removal.ts'
import { sharedFileLocations } from '../profiles/shared-file-locations.ts'
import { findDataFiles, removeEmptyDirectory } from './cleanup-data-files.ts'
import type { CLEANUP_OPTIONS } from './cleanup-options.ts'

type CleanupOptions = OptionValues<(typeof CLEANUP_OPTIONS)[number]>

export async function run(
  { profile, format }: CleanupOptions,
  { env, terminal }: Context,
): Promise<number> {
  const profiles = profile === undefined ? undefined : profileNames(profile)
  const locations = sharedFileLocations(env)
  const { directories, files } = findDataFiles(locations.config, profiles, env)
  const bashEnv = env['BASH_ENV']
  const { changed, removed: ours } = await removeFromFiles(locations, bashEnv, files, profiles)
  const written = [...Object.values(locations), ...(bashEnv ? [resolve(bashEnv)] : [])]
  const places = new Set([...written.map((path) => dirname(resolveTarget(path))), ...directories])
  const removed = [...ours, ...[...places].flatMap(removeTemporaryFiles)]
  for (const directory of directories) removeEmptyDirectory(directory)

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
