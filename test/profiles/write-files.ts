import { bashEnvEdit } from '../../src/profiles/bash-env.ts'
import { profileEdits } from '../../src/profiles/delivery.ts'
import { replaceFiles } from '../../src/profiles/file-replacement.ts'
import { sharedFileEdits } from '../../src/profiles/shared-files.ts'

/** What a command does with the edits: each returns the paths that changed. */
export const writeProfiles = async (...args: Parameters<typeof profileEdits>) =>
  replaceFiles(profileEdits(...args))
export const writeSharedFiles = async (...args: Parameters<typeof sharedFileEdits>) =>
  replaceFiles(sharedFileEdits(...args))
export const writeBashEnv = async (...args: Parameters<typeof bashEnvEdit>) =>
  (await replaceFiles([bashEnvEdit(...args)])).length > 0
