import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { jobOf } from './config.ts'
import { type Host, openHost, runJob } from './job-runner.ts'
import { giveAway, isRoot, NOBODY, plainUser, withoutPlainUser, withoutRoot } from './plain-user.ts'
import { SHELLS } from './shells.ts'

const assumeRole = {
  'aws-oidc/assume-role': {
    'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc',
    profile: 'dev',
  },
}
const job = jobOf(
  assumeRole,
  { run: 'aws sts get-caller-identity --profile dev' },
  { 'aws-oidc/whoami': { profile: 'dev' } },
  'aws-oidc/cleanup',
)

/** A directory beside the home that the plain user may write. */
function writableDirectory(host: Host, name: string): string {
  const path = join(host.root, name)
  mkdirSync(path)
  if (isRoot) chownSync(path, NOBODY, NOBODY)
  return path
}

for (const { command: shell, skip, busybox } of SHELLS) {
  describe(`a whole job under ${shell}`, { skip: skip || withoutPlainUser }, () => {
    test('of a user who is not root', async (t) => {
      const host = await openHost(t, { busybox })
      giveAway(host)
      const { succeeded, output } = await runJob(host, job, { shell, under: plainUser })
      assert.ok(succeeded, output)
    })

    test('with a read-only home, and all files elsewhere', async (t) => {
      const host = await openHost(t, { busybox })
      giveAway(host)
      chmodSync(host.home, 0o500)
      const elsewhere = writableDirectory(host, 'elsewhere')
      const env = {
        XDG_DATA_HOME: join(elsewhere, 'data'),
        AWS_CONFIG_FILE: join(elsewhere, 'config'),
        AWS_SHARED_CREDENTIALS_FILE: join(elsewhere, 'credentials'),
      }
      const { succeeded, output } = await runJob(host, job, { shell, under: plainUser, env })
      assert.ok(succeeded, output)
      assert.deepEqual(readdirSync(host.home), [])
    })

    test('with a read-only home, and only the helper elsewhere', async (t) => {
      const host = await openHost(t, { busybox })
      giveAway(host)
      chmodSync(host.home, 0o500)
      const env = { XDG_DATA_HOME: writableDirectory(host, 'data') }
      const { steps } = await runJob(host, job, { shell, under: plainUser, env })
      assert.deepEqual(
        steps.slice(0, 2).map(({ code }) => code),
        [0, 6],
      )
      assert.ok(steps[1]?.stderr.includes(join(host.home, '.aws')), steps[1]?.stderr)
    })

    for (const HOME of [undefined, '']) {
      test(`with ${HOME === '' ? 'an empty HOME' : 'no HOME'}: the account's home, which is missing`, {
        skip: withoutRoot,
      }, async (t) => {
        const host = await openHost(t, { busybox })
        giveAway(host)
        const env = { HOME, XDG_DATA_HOME: writableDirectory(host, 'data') }
        const { steps } = await runJob(host, job, { shell, under: plainUser, env })
        assert.deepEqual(
          steps.slice(0, 2).map(({ code }) => code),
          [0, 6],
        )
        assert.match(steps[1]?.stderr ?? '', /\/nonexistent\/\.aws/)
        assert.ok(!existsSync(join(host.root, '.aws')))
      })
    }
  })
}
