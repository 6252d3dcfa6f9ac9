import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AWS_SET_UPS } from './aws-set-ups.ts'
import { COMBINED_SET_UPS } from './combined-set-ups.ts'
import { FILE_SET_UPS, LOCAL_SET_UPS } from './local-set-ups.ts'
import { type BrokenSetUp, startBroken } from './set-ups.ts'
import { TOKEN_SET_UPS } from './token-set-ups.ts'

const ALL: Readonly<Record<string, readonly BrokenSetUp[]>> = {
  'the token': TOKEN_SET_UPS,
  'the AWS side, and the way to it': AWS_SET_UPS,
  'the shared files': FILE_SET_UPS,
  'options and variables': LOCAL_SET_UPS,
  'several things': COMBINED_SET_UPS,
}

for (const [title, setUps] of Object.entries(ALL)) {
  describe(`the first line names what is wrong: ${title}`, () => {
    for (const setUp of setUps) {
      test(setUp.name, async (t) => {
        const { job, args, settings } = await startBroken(t, setUp)
        const before = job.files()
        const { code, stdout } = await job.run(args, settings)
        const [first = '', ...rest] = stdout.split('\n')
        assert.match(first, setUp.first)
        assert.equal(code, setUp.code, stdout)
        assert.match(rest.join('\n'), /^ {4}Fix: {2}\S/m)
        assert.match(rest.join('\n'), /^ {4}More: npx circleci-aws-oidc explain [a-z0-9-]+$/m)
        assert.deepEqual(job.files(), before, 'nothing is written')
      })
    }
  })
}
