/**
 * A process that writes static profiles, for tests that start many and kill some:
 * `node writer.mjs <directory> <profile> [count]` writes `<profile>` (with a count: `<profile>-0`, …).
 */
import { join } from 'node:path'
import { OidcError } from '../../src/errors.ts'
import { writeProfiles } from './write-files.ts'

const [directory = '', name = '', count] = process.argv.slice(2)
const uid = process.env['WRITER_UID']
if (uid !== undefined) process.setuid?.(Number(uid))

const locations = { config: join(directory, 'config'), credentials: join(directory, 'credentials') }
try {
  for (let i = 0; i < Number(count ?? 1); i += 1) {
    const profile = count === undefined ? name : `${name}-${i}`
    const credentials = {
      accessKeyId: `ASIA-${profile}`,
      secretAccessKey: `secret-of-${profile}`,
      sessionToken: `token-of-${profile}==`,
      expiration: new Date('2026-11-21T12:00:00Z'),
    }
    await writeProfiles(
      [{ kind: 'static', name: profile, region: 'eu-west-1', credentials }],
      locations,
    )
  }
} catch (error) {
  if (!(error instanceof OidcError)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message, next: error.next }))
  process.exitCode = error.exitCode
}
