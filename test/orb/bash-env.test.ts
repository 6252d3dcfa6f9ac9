import assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { jobOf } from './config.ts'
import { openHost, runJob } from './job-runner.ts'
import { SHELLS } from './shells.ts'

const job = jobOf('aws-oidc/install', {
  'aws-oidc/assume-role': {
    'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc',
    profile: '${STAGE:-default}',
    helper: 'installed',
  },
})

const HOSTILE = 'IFS=/eo0\nset -C\numask 0\nexport CDPATH=/tmp LC_ALL=C\nshopt -s failglob'

/** What earlier steps may have written to `$BASH_ENV`, before the export that is used. */
const FILES = {
  'a command that fails': 'false',
  'one that is missing': 'nvm use 20',
  'a variable that is not set': 'export NODE_PATH="$NOT_SET/lib"',
  'what only bash knows': '[[ $CI == true ]]\nshopt -s globstar',
  'options of its own': 'set -ux',
  'separators, patterns, redirections and a mask of its own': HOSTILE,
  'no end of the last line': ':',
}

for (const { command: shell, skip, busybox } of SHELLS) {
  // Here bash reads the file by itself, before the step: its options and failures are its own.
  if (/^bash (?!--posix)/.test(shell)) continue
  describe(`$BASH_ENV under ${shell}`, { skip }, () => {
    for (const [name, line] of Object.entries(FILES)) {
      test(name, async (t) => {
        const host = await openHost(t, { busybox })
        writeFileSync(host.bashEnv, `export PASSWORD=hunter2\n${line}\nexport STAGE=dev`)
        const { succeeded, output, steps } = await runJob(host, job, { shell })
        assert.ok(succeeded, output)
        assert.match(steps[1]?.stdout ?? '', /\bdev\b/)
        assert.doesNotMatch(output, /hunter2|^\++ |No such file|not found/m)
        assert.ok(output.length < 2000, 'the payload was traced')
      })
    }

    test('a last command that fails', async (t) => {
      const host = await openHost(t, { busybox })
      writeFileSync(host.bashEnv, 'export STAGE=dev\n[ -n "$NVM_DIR" ] && . "$NVM_DIR/nvm.sh"\n')
      const { succeeded, output } = await runJob(host, job, { shell })
      assert.ok(succeeded, output)
      assert.doesNotMatch(output, /BASH_ENV|reads/)
    })

    // It reads all of bash's syntax also when it is called sh, and goes on after a failure.
    const isBash = shell.startsWith('bash')
    test('syntax of bash', async (t) => {
      const host = await openHost(t, { busybox })
      writeFileSync(host.bashEnv, 'export STAGE=dev\nlist=(a b)\n')
      const { succeeded, output, steps } = await runJob(host, job, { shell })
      assert.ok(succeeded, output)
      assert.match(steps[1]?.stdout ?? '', /\bdev\b/)
      const warning = `This shell reads ${host.bashEnv} only up to there. Next: `
      assert.equal(output.includes(warning), !isBash, output)
    })

    for (const [name, text, code] of [
      ['an exit', 'exit 3', 6],
      ['a failure after set -e', 'set -ex\nfalse\n:', isBash ? 0 : 6],
    ] as const) {
      test(name, async (t) => {
        const host = await openHost(t, { busybox })
        writeFileSync(host.bashEnv, text)
        const { steps } = await runJob(host, job, { shell })
        assert.equal(steps[0]?.code, code)
        if (code === 0) return
        assert.match(
          (steps[0]?.stderr ?? '').replace(host.bashEnv, 'FILE'),
          /FILE, the file for what earlier steps export, ended this step\.\nNext: remove /,
        )
      })
    }

    for (const [name, path] of [
      ['a directory', 'home'],
      ['a file that is missing', 'none'],
      ['a path from the working directory', 'bash_env'],
    ] as const) {
      test(name, async (t) => {
        const host = await openHost(t, { busybox })
        writeFileSync(host.bashEnv, 'export STAGE=dev\n')
        const env = { BASH_ENV: path }
        const cleanup = jobOf('aws-oidc/cleanup')
        const { succeeded, output } = await runJob(host, cleanup, { shell, env })
        assert.ok(succeeded, output)
      })
    }
  })
}

test('bash with separators, patterns, redirections and a mask of its own: nothing that others may write or read', async (t) => {
  const host = await openHost(t)
  writeFileSync(host.bashEnv, `${HOSTILE}\nexport STAGE=dev\n`, { mode: 0o600 })
  const { succeeded, output } = await runJob(host, job)
  assert.ok(succeeded, output)
  const written = readdirSync(host.home, { recursive: true, encoding: 'utf8' })
  const modes = written.map((name) => ({ name, mode: statSync(join(host.home, name)).mode }))
  assert.deepEqual(
    modes.filter(({ mode }) => (mode & 0o022) !== 0),
    [],
  )
  assert.equal(statSync(join(host.home, '.aws/credentials')).mode & 0o777, 0o600)
  const ours = statSync(join(host.home, '.local/share/circleci-aws-oidc')).mode
  assert.equal(ours & 0o077, 0)
})
