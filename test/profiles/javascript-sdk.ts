import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSharedConfigFiles } from '@smithy/core/config'
import type { SharedFile } from '../../src/profiles/profile-name.ts'

/** What the AWS SDK for JavaScript itself reads from a file. */
export async function readWithSdk(
  file: SharedFile,
  text: string,
): Promise<Record<string, Record<string, string | undefined>>> {
  const directory = mkdtempSync(join(tmpdir(), 'sdk-'))
  try {
    const filepath = join(directory, 'credentials')
    const configFilepath = join(directory, 'config')
    writeFileSync(filepath, file === 'credentials' ? text : '')
    writeFileSync(configFilepath, file === 'config' ? text : '')
    const read = await loadSharedConfigFiles({ filepath, configFilepath, ignoreCache: true })
    return file === 'credentials' ? read.credentialsFile : read.configFile
  } finally {
    rmSync(directory, { recursive: true })
  }
}
