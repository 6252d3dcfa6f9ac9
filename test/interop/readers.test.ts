import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Job, ROLE, startJob } from '../acceptance/job.ts'
import { addReaders, QUIET, READERS } from './readers.ts'

const execute = promisify(execFile)

const OIDC = /^arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//
const PLAYGROUND = /^arn:aws:sts::222222222222:assumed-role\/playground\//

const PROFILES = `[profile static]
role_arn = ${ROLE}
[profile refresh]
role_arn = ${ROLE}
credentials = refresh
[profile token-file]
role_arn = ${ROLE}
credentials = token-file
[profile chained]
role_arn = arn:aws:iam::222222222222:role/playground
source_profile = static
[profile chained-refresh]
role_arn = arn:aws:iam::222222222222:role/playground
source_profile = refresh
credentials = refresh
`

const EXPECTED: [profile: string, arn: RegExp][] = [
  ['static', OIDC],
  ['refresh', OIDC],
  ['token-file', OIDC],
  ['chained', PLAYGROUND],
  ['chained-refresh', PLAYGROUND],
]

/** Has every Node but the reader's own say something on stdout first, as a tracer may. */
function preload(job: Job): string {
  const program = "if (/launcher|aws-oidc/.test(process.argv[1] ?? '')) console.log('traced')\n"
  return `--require ${job.write('tracer.cjs', program)}`
}

for (const { name, skip, command } of READERS) {
  describe(name, { skip }, () => {
    test('every kind of profile, on paths with blanks, under NODE_OPTIONS', async (t) => {
      const { job } = await startJob(t)
      job.env['XDG_DATA_HOME'] = `${job.home}/with blanks, it's`
      const file = job.write('profiles.ini', PROFILES)
      await job.done(['assume-role', '--profiles-file', file, '--region', 'eu-central-1'])
      addReaders(job)
      const env = { ...job.env, ...QUIET, NODE_OPTIONS: preload(job) }
      for (const [profile, arn] of EXPECTED) {
        await t.test(profile, async () => {
          const { stdout } = await execute('sh', ['-c', `${command} ${profile}`], { env })
          const identity = JSON.parse(stdout)
          assert.match(identity.Arn, arn)
          if ('region' in identity) assert.equal(identity.region, 'eu-central-1')
        })
      }
    })
  })
}
