import { existsSync, lstatSync, readdirSync, rmdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { CommandContext, OptionsOf } from '../command-table.ts'
import { editExports, isExportOf } from '../delivery/bash-env.ts'
import { OidcError } from '../errors.ts'
import { errorCode, unreadable } from '../files/failure.ts'
import { type FileChange, type FileEdit, fileRemoval, replaceFiles } from '../files/replace.ts'
import { removeStaleLocks, removeTemporaryFiles } from '../files/stale.ts'
import { readTarget, resolveTarget, statTarget } from '../files/target.ts'
import type { Environment } from '../options.ts'
import { parseIni } from '../profiles/ini.ts'
import { type SharedFileLocations, sharedFileLocations } from '../profiles/locations.ts'
import { markersIn, mentionsMarker } from '../profiles/marker.ts'
import { decode } from '../profiles/profile.ts'
import { assertProfileName, profileOf, type SharedFile } from '../profiles/profile-name.ts'
import { removeOurs } from '../profiles/removal.ts'
import { filesIn, profileDirectory, profilesDirectory } from '../refresh/data-directory.ts'
import { nearest, printable } from '../text.ts'

export async function run(
  { profile, format }: OptionsOf<'cleanup'>,
  { env, terminal }: CommandContext,
): Promise<number> {
  const profiles = profile === undefined ? undefined : profileNames(profile)
  const locations = sharedFileLocations(env)
  const bashEnv = env['BASH_ENV'] ? resolve(env['BASH_ENV']) : undefined
  if (profiles) await refuseUnknown(profiles, locations, bashEnv, env)
  const directories = () => dataDirectories(locations.config, profiles, env)
  const files = () => directories().flatMap((directory) => Object.values(filesIn(directory)))
  const { changed, removed: ours } = await removeFromFiles(locations, bashEnv, files, profiles)

  const written = [...Object.values(locations), ...(bashEnv ? [bashEnv] : [])].filter(mayBeThere)
  const targets = [...written.map((path) => resolveTarget(path)), ...files()]
  const places = new Set(targets.map((target) => dirname(target)))
  const removed = [...ours]
  for (const place of places) removed.push(...(await removeTemporaryFiles(place)))
  await removeStaleLocks(targets)
  for (const directory of directories()) removeEmptyDirectory(directory)

  if (format === 'json') terminal.print(JSON.stringify({ changed, removed }, null, 2))
  else if (changed.length + removed.length === 0) terminal.print('There is nothing to clean up.')
  else {
    const label = (text: string) => terminal.paint('stdout', 'bold', text.padEnd(9))
    for (const path of changed) terminal.print(`${label('Changed')}${printable(path)}`)
    for (const path of removed) terminal.print(`${label('Removed')}${printable(path)}`)
  }
  return 0
}

/** No profile name has a comma or a blank. Throws `invalid-profile-name`. */
function profileNames(list: string): string[] {
  const names = list.split(/[\s,]+/).filter((name) => name !== '')
  for (const name of names.length > 0 ? names : [list]) assertProfileName(name)
  return names
}

/** A name of no profile leaves credentials behind that were meant to go. Throws `invalid-usage`. */
async function refuseUnknown(
  names: readonly string[],
  locations: SharedFileLocations,
  bashEnv: string | undefined,
  env: Environment,
): Promise<void> {
  const kinds = ['config', 'credentials'] as const
  const read = kinds.map((file) => profilesIn(textOf(locations[file]), file))
  const found = (await Promise.all(read)).flat()
  const ours = [...new Set(found.flatMap(({ name, isOurs }) => (isOurs ? [name] : [])))]
  const exported = bashEnv ? textOf(bashEnv) : ''
  const parent = mayBeThere(locations.config) ? profilesDirectory(locations.config, env) : undefined
  const isKnown = (name: string) =>
    found.some((one) => one.name === name) ||
    isExportOf(name, exported, '') ||
    (parent !== undefined && existsSync(profileDirectory(parent, name)))
  const unknown = ours.length > 0 ? names.find((name) => !isKnown(name)) : undefined
  if (unknown === undefined) return
  const meant = nearest(unknown, ours)
  throw new OidcError('invalid-usage', {
    what: `Nothing was written for a profile "${unknown}", only for: ${ours.join(', ')}.`,
    ...(meant ? { likely: `"${meant}" was meant.` } : {}),
    next: 'Correct the name, or leave --profile out to clean up after all of them. Nothing was removed.',
  })
}

async function profilesIn(
  text: string,
  file: SharedFile,
): Promise<{ name: string; isOurs: boolean }[]> {
  try {
    const ini = await parseIni(text, file)
    return ini.sections.flatMap((section) => {
      const name = profileOf(section.name, file)
      return name === undefined ? [] : [{ name, isOurs: markersIn(ini, section).length > 0 }]
    })
  } catch {
    // What can't be read is told of where it is edited.
    return []
  }
}

function textOf(path: string): string {
  try {
    return readTarget(resolveTarget(path)).content.toString('latin1')
  } catch {
    return ''
  }
}

/** The paths of files that changed, and of those that are gone. */
interface Removal {
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/**
 * Takes back what we wrote for these profiles, or for any, into the shared files and the file that
 * `$BASH_ENV` names, and removes the files of ours that `files` finds: all of it, or nothing. A shared file
 * that is empty then is removed, for to AWS tools that is the same; where a symbolic link leads to it, it stays.
 * Throws `file-malformed` and what `replaceFiles` throws.
 */
async function removeFromFiles(
  locations: SharedFileLocations,
  bashEnv: string | undefined,
  files: () => readonly string[],
  profiles: readonly string[] | undefined,
): Promise<Removal> {
  const shared = (['config', 'credentials'] as const)
    .filter((file) => mayBeThere(locations[file]))
    .map((file) => sharedFileChange(locations[file], file, profiles))
  const exported = bashEnv && mayBeThere(bashEnv) ? [exportsEdit(bashEnv, profiles)] : []
  const changed = await replaceFiles(() => [...shared, ...exported, ...files().map(fileRemoval)])
  const isThere = (path: string) => statTarget(path) !== undefined
  return { changed: changed.filter(isThere), removed: changed.filter((path) => !isThere(path)) }
}

/** Not where a part of the path is a file. */
function mayBeThere(path: string): boolean {
  try {
    lstatSync(path, { throwIfNoEntry: false })
    return true
  } catch (error) {
    return errorCode(error) !== 'ENOTDIR'
  }
}

function sharedFileChange(
  path: string,
  file: SharedFile,
  profiles: readonly string[] | undefined,
): FileChange {
  const isLink = statTarget(path)?.isSymbolicLink() === true
  const edit = async (content: Buffer, exists: boolean) => {
    // A file that AWS tools cannot read is no concern of ours as long as we wrote nothing into it.
    const isOurs = mentionsMarker(content.toString('latin1'))
    const rest = isOurs
      ? Buffer.from(await removeOurs(decode(content, path), file, profiles, path))
      : content
    const becameEmpty = rest.length === 0 && (content.length > 0 || !exists)
    return becameEmpty && !isLink ? undefined : rest
  }
  return { path, edit, secret: file === 'credentials' }
}

/** Later steps need not find the profile exported any more; another one's exports stay. */
function exportsEdit(path: string, profiles: readonly string[] | undefined): FileEdit {
  const edit = (content: Buffer) => {
    // Latin-1 keeps every byte of what others wrote, in whatever encoding.
    const text = content.toString('latin1')
    const rest = editExports(text, { mode: 'none' }, {})
    const isMeant = !profiles || profiles.some((one) => isExportOf(one, text, rest))
    return isMeant ? Buffer.from(rest, 'latin1') : content
  }
  return { path, edit, secret: false }
}

/**
 * Where the files are that we keep for these profiles, or for all profiles of a shared config file.
 * Throws `file-unreadable`.
 */
function dataDirectories(
  config: string,
  profiles: readonly string[] | undefined,
  env: Environment,
): string[] {
  if (!mayBeThere(config)) return []
  const parent = profilesDirectory(config, env)
  if (profiles) return profiles.map((profile) => profileDirectory(parent, profile))
  try {
    const entries = readdirSync(parent, { withFileTypes: true })
    return entries.filter((one) => one.isDirectory()).map(({ name }) => join(parent, name))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw unreadable(parent, error)
  }
}

function removeEmptyDirectory(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Missing, or something else is in it: another process at work, or profiles of another config file.
  }
}
