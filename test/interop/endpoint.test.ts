import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readWorld } from '../../src/sandbox/index.ts'
import { ROLE, startJob } from '../acceptance/job.ts'
import { addReaders, QUIET, READERS } from './readers.ts'

const LIFE = 6

/** For what makes one call a process. */
const LOOP = `end=$(($(date +%s) + ${5 * LIFE}))
while [ "$(date +%s)" -lt "$end" ]; do aws-identity >/dev/null; done; aws-identity`

for (const { name, skip, command } of READERS) {
  describe(name, { skip }, () => {
    test('exec --credentials refresh: one command outlives its credentials three times', async (t) => {
      const world = readWorld({ credentialsLifetimeSeconds: LIFE })
      const { job, sandbox } = await startJob(t, { world })
      addReaders(job)
      const env = {
        ...QUIET,
        CALLS: `${(3 * LIFE + 2) * 2}`,
        PAUSE: '0.5',
        AWS_REGION: 'us-east-1',
      }
      const program = ['AWS CLI', 'AWS SDK for Go v1'].includes(name)
        ? LOOP.replaceAll('aws-identity', command)
        : command
      const exec = ['exec', '--role-arn', ROLE, '--credentials', 'refresh', '--']
      const { stdout } = await job.done([...exec, 'sh', '-ec', program], { env })
      assert.equal(JSON.parse(stdout).Account, '111111111111')
      assert.ok(sandbox.exchanges >= 4, `${sandbox.exchanges} exchanges`)
      assert.deepEqual(Object.keys(job.files()), [], 'nothing is on the disk')
    })
  })
}
