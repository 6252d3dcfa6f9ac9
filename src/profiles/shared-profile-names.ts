import { readLastingFile } from '../input-file.ts'
import type { Environment } from '../options.ts'
import { errorCode, unreadable } from './file-error.ts'
import { parseIni } from './ini-lines.ts'
import { sharedFileLocations } from './shared-file-locations.ts'

/** Names of the profiles that the user's shared files have. Throws `file-malformed`, `file-unreadable`. */
export async function sharedProfileNames(env: Environment): Promise<Set<string>> {
  const { config, credentials } = sharedFileLocations(env)
  const inConfig = (await sectionNames(config)).map((name) =>
    name === 'default' ? name : /^profile\s+(?:"(.*)"|(\S.*))$/.exec(name)?.slice(1).find(Boolean),
  )
  const names = [...inConfig, ...(await sectionNames(credentials))]
  return new Set(names.filter((name) => name !== undefined))
}

async function sectionNames(path: string): Promise<string[]> {
  const content = await readLastingFile(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return ''
    throw unreadable(path, error)
  })
  return parseIni(content.toString(), path).sections.map(({ name }) => name)
}
