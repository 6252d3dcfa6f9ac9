import { dirname, resolve } from 'node:path'
import type { Context } from '../command.ts'
import type { OptionValues } from '../options.ts'
import { resolveTarget } from '../profiles/file-target.ts'
import { removeStaleLocks, removeTemporaryFiles } from '../profiles/left-overs.ts'
import { assertProfileName } from '../profiles/profile-name.ts'
import { mayBeThere, removeFromFiles } from '../profiles/removal.ts'
import { sharedFileLocations } from '../profiles/shared-file-locations.ts'
import { filesIn } from '../refresh/data-directory.ts'
import { dataDirectories, removeEmptyDirectory } from './cleanup-data-files.ts'
import type { CLEANUP_OPTIONS } from './cleanup-options.ts'

type CleanupOptions = OptionValues<(typeof CLEANUP_OPTIONS)[number]>

export async function run(
  { profile, format }: CleanupOptions,
  { env, terminal }: Context,
): Promise<number> {
  const profiles = profile === undefined ? undefined : profileNames(profile)
  const locations = sharedFileLocations(env)
  const bashEnv = env['BASH_ENV'] ? resolve(env['BASH_ENV']) : undefined
  const directories = () => dataDirectories(locations.config, profiles, env)
  const files = () => directories().flatMap((directory) => Object.values(filesIn(directory)))
  const { changed, removed: ours } = await removeFromFiles(locations, bashEnv, files, profiles)

  const written = [...Object.values(locations), ...(bashEnv ? [bashEnv] : [])].filter(mayBeThere)
  const targets = [...written.map((path) => resolveTarget(path)), ...files()]
  const places = new Set(targets.map((target) => dirname(target)))
  const removed = [...ours, ...[...places].flatMap(removeTemporaryFiles)]
  await removeStaleLocks(targets)
  for (const directory of directories()) removeEmptyDirectory(directory)

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
