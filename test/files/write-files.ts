import { bashEnvEdit } from '../../src/delivery/bash-env.ts'
import { replaceFiles } from '../../src/files/replace.ts'
import { profileEdits, sharedFileEdits } from '../../src/profiles/profile.ts'

/** What a command does with the edits: each returns the paths that changed. */
export const writeProfiles = async (...args: Parameters<typeof profileEdits>) =>
  replaceFiles(profileEdits(...args))
export const writeSharedFiles = async (...args: Parameters<typeof sharedFileEdits>) =>
  replaceFiles(sharedFileEdits(...args))
export const writeBashEnv = async (...args: Parameters<typeof bashEnvEdit>) =>
  (await replaceFiles([bashEnvEdit(...args)])).length > 0
