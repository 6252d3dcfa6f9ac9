import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { readWorld } from '../../src/sandbox/index.ts'
import { pathOf, without } from '../tools/programs.ts'
import { CLI } from './built-cli.ts'
import { type Environment, type Job, startJob } from './job.ts'
import { ONE, TWO, twoAccounts } from './two-accounts.ts'

/** What the job has in its context. */
const STATIC = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'static/secret' }

/** Only bash reads `$BASH_ENV` by itself; the documentation has other shells begin with that line. */
const SHELLS = [
  { name: 'bash', command: ['bash', '-eo', 'pipefail'], begin: '' },
  { name: 'bash --posix', command: ['bash', '--posix', '-eu'], begin: '. "$BASH_ENV"\n' },
  { name: 'dash', command: ['dash', '-eu'], begin: '. "$BASH_ENV"\n' },
  { name: 'busybox sh', command: ['busybox', 'sh', '-eu'], begin: '. "$BASH_ENV"\n' },
]
type Shell = (typeof SHELLS)[number]

/** A job whose roles are in two accounts; `aws` on its PATH is a script of bash, as shims are. */
async function startTwoAccounts(t: TestContext, jobEnv: Environment = {}) {
  const { job } = await startJob(t, { world: readWorld(twoAccounts()) })
  const bashEnv = join(job.root, 'bash_env')
  writeFileSync(bashEnv, '')
  const aws = `#!${pathOf('bash')}\n"${process.execPath}" "${CLI}" whoami | sed -n 's/^Account *//p'\n`
  writeFileSync(join(job.bin, 'aws'), aws)
  chmodSync(join(job.bin, 'aws'), 0o755)
  const env = { ...jobEnv, BASH_ENV: bashEnv }
  const assume = (id: string, ...args: string[]) =>
    job.done(['assume-role', '--role-arn', `arn:aws:iam::${id}:role/deploy`, ...args], { env })
  return { job, env, bashEnv, assume }
}

/** What a step prints, each line one word; its errors fail the test. */
async function step(
  job: Job,
  shell: Shell,
  script: string,
  env: Environment,
): Promise<readonly string[]> {
  const [program = '', ...options] = shell.command
  const child = spawn(pathOf(program), [...options, '-c', shell.begin + script], {
    env: { ...job.env, ...env },
    cwd: job.home,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0, stderr)
  return stdout.split('\n').filter((line) => line !== '')
}

for (const shell of SHELLS) {
  const skip = without(shell.command[0] ?? '', 'bash')
  for (const [job, jobEnv] of [
    ['', {}],
    [', static keys in the job', STATIC],
  ] as const) {
    describe(`steps in ${shell.name}${job}`, { skip }, () => {
      test('what a step, a parent shell or an assignment sets wins in every child', async (t) => {
        const { job, env, assume } = await startTwoAccounts(t, jobEnv)
        await assume(TWO, '--profile', 'other')
        await assume(ONE, '--profile', 'dev')
        writeFileSync(join(job.home, 'child.sh'), 'aws\n')
        const script = `aws
bash child.sh
bash -c aws
AWS_PROFILE=other bash child.sh
AWS_PROFILE=other bash -c aws
AWS_PROFILE=other aws
AWS_PROFILE=other
export AWS_PROFILE
bash -c 'bash -c aws'`
        assert.deepEqual(await step(job, shell, script, env), [
          ...[ONE, ONE, ONE],
          ...[TWO, TWO, TWO],
          TWO,
        ])
        const own = { ...env, AWS_PROFILE: 'other' }
        assert.deepEqual(await step(job, shell, 'aws\nbash -c aws', own), [TWO, TWO])
      })

      test('keys that a step or an assignment sets stay', async (t) => {
        const { job, env, assume } = await startTwoAccounts(t, jobEnv)
        await assume(TWO, '--profile', 'other')
        await assume(ONE, '--profile', 'dev')
        const keys = keysOf(job, 'other')
        assert.deepEqual(await step(job, shell, 'aws\nbash -c aws', { ...env, ...keys }), [
          TWO,
          TWO,
        ])
        const inline = Object.entries(keys).map(([name, value]) => `${name}='${value}'`)
        const script = `env -u AWS_PROFILE ${inline.join(' ')} bash -c aws\naws`
        assert.deepEqual(await step(job, shell, script, env), [TWO, ONE])
      })

      test('exported keys: the later of two steps, unless a step names a profile', async (t) => {
        const { job, env, assume } = await startTwoAccounts(t, jobEnv)
        await assume(TWO, '--profile', 'other', '--export', 'keys')
        assert.deepEqual(await step(job, shell, 'aws\nbash -c aws', env), [TWO, TWO])
        await assume(ONE, '--profile', 'dev', '--export', 'keys')
        assert.deepEqual(await step(job, shell, 'aws\nbash -c aws', env), [ONE, ONE])
        const own = { ...env, AWS_PROFILE: 'other' }
        assert.deepEqual(await step(job, shell, 'aws\nbash -c aws', own), [TWO, TWO])
        await assume(ONE, '--profile', 'dev')
        assert.deepEqual(await step(job, shell, 'aws\nbash -c aws', env), [ONE, ONE])
      })
    })
  }

  describe(`the rest of the environment in ${shell.name}`, { skip }, () => {
    const SHOW = `bash -c 'echo "$AWS_REGION:$AWS_DEFAULT_REGION:\${AWS_ACCOUNT_ID-}:\${AWS_PAGER-none}"'`

    test('a later role without a region leaves the one that is exported', async (t) => {
      const { job, env, assume } = await startTwoAccounts(t)
      await assume(TWO, '--profile', 'other', '--region', 'eu-west-1')
      await assume(ONE, '--profile', 'dev')
      const exported = `eu-west-1:eu-west-1:${ONE}:`
      assert.deepEqual(await step(job, shell, SHOW, env), [exported])
      await assume(TWO, '--profile', 'other', '--region', 'us-west-2')
      assert.deepEqual(await step(job, shell, SHOW, env), [`us-west-2:us-west-2:${TWO}:`])
    })

    test('region, account and pager of the step stay', async (t) => {
      const { job, env, assume } = await startTwoAccounts(t, { AWS_REGION: 'us-east-2' })
      await assume(ONE, '--region', 'eu-west-1')
      const own = { AWS_REGION: 'eu-north-1', AWS_DEFAULT_REGION: 'eu-north-1' }
      const set = { ...env, ...own, AWS_ACCOUNT_ID: TWO, PAGER: 'cat' }
      assert.deepEqual(await step(job, shell, SHOW, set), [`eu-north-1:eu-north-1:${TWO}:none`])
      assert.deepEqual(await step(job, shell, SHOW, env), [`eu-west-1:eu-west-1:${ONE}:`])
      const inline = `AWS_REGION=sa-east-1 ${SHOW}`
      assert.deepEqual(await step(job, shell, inline, env), [`sa-east-1:eu-west-1:${ONE}:`])
      const another = { ...env, AWS_PROFILE: 'another', AWS_DEFAULT_REGION: 'eu-north-1' }
      assert.deepEqual(await step(job, shell, SHOW, another), ['us-east-2:eu-north-1::'])
    })

    test('read again within the step that assumed a second role, it is the second', async (t) => {
      const { job, env, assume, bashEnv } = await startTwoAccounts(t)
      await assume(ONE, '--profile', 'dev')
      const role = `arn:aws:iam::${TWO}:role/deploy`
      const again = `"${process.execPath}" "${CLI}" assume-role --profile other --role-arn ${role} >/dev/null`
      const script = `aws\n${again}\nbash -c aws\n. '${bashEnv}'\naws`
      assert.deepEqual(await step(job, shell, script, env), [ONE, TWO, TWO])
      assert.deepEqual(await step(job, shell, 'AWS_PROFILE=dev bash -c aws', env), [ONE])
      assert.deepEqual(await step(job, shell, 'aws', { ...env, AWS_PROFILE: 'dev' }), [ONE])
    })
  })
}

function keysOf(job: Job, profile: string): Record<string, string> {
  const [, section = ''] = (job.read('.aws/credentials') ?? '').split(`[${profile}]`)
  const [own = ''] = section.split('\n[')
  const keys = [...own.matchAll(/^(aws_\w+) = (.+)$/gm)]
  return Object.fromEntries(keys.map(([, name = '', value = '']) => [name.toUpperCase(), value]))
}
