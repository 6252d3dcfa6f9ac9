import { bashEnvEdit } from '../../src/delivery/bash-env.ts'
import { replaceFiles } from '../../src/files/replace.ts'
import { profileEdits, sharedFileEdits } from '../../src/profiles/profile.ts'

/** What a command does with the edits: each returns the paths that changed. */
type Arguments = Parameters<typeof profileEdits>
export const writeProfiles = async (profiles: Arguments[0], locations: Arguments[1]) =>
  replaceFiles(profileEdits(profiles, locations, 'replaced'))
export const writeSharedFiles = async (...args: Parameters<typeof sharedFileEdits>) =>
  replaceFiles(sharedFileEdits(...args))
export const writeBashEnv = async (...args: Parameters<typeof bashEnvEdit>) =>
  (await replaceFiles([bashEnvEdit(...args)])).length > 0
