import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CLI } from '../acceptance/built-cli.ts'
import { ONE, TWO, twoAccounts } from '../acceptance/two-accounts.ts'
import { AWS_CLI, withoutAwsCli } from '../tools/aws-cli.ts'
import { pathOf, without } from '../tools/programs.ts'
import { jobOf } from './config.ts'
import { type Environment, openHost, runJob } from './job-runner.ts'
import { addTool } from './tools.ts'

const STATIC = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'static/secret' }

/** Only bash reads `$BASH_ENV` by itself; steps of other shells begin with that line, as docs/later-steps.md says. */
const SHELLS = [
  { shell: 'bash -eo pipefail', begin: '', busybox: false },
  { shell: 'dash -eu', begin: '. "$BASH_ENV"\n', busybox: false },
  { shell: 'busybox sh -eo pipefail', begin: '. "$BASH_ENV"\n', busybox: true },
]

const assumeRole = (account: string, values: object) => ({
  'aws-oidc/assume-role': { 'role-arn': `arn:aws:iam::${account}:role/deploy`, ...values },
})

/** A step of the job's own, and the accounts that it is to get from AWS, one a line. */
interface Later {
  readonly name: string
  readonly command: string
  readonly environment?: Environment
  readonly accounts: readonly string[]
}

const AFTER_PROFILES: readonly Later[] = [
  { name: 'children', command: 'aws\nbash child.sh\nbash -c aws', accounts: [ONE, ONE, ONE] },
  {
    name: 'assignments before a command',
    command: 'AWS_PROFILE=other aws\nAWS_PROFILE=other bash child.sh\naws',
    accounts: [TWO, TWO, ONE],
  },
  {
    name: 'what the script exports',
    command: "export AWS_PROFILE=other\nbash -c 'bash -c aws'",
    accounts: [TWO],
  },
  {
    name: "the step's environment",
    command: 'aws\nbash child.sh\nAWS_PROFILE=dev bash -c aws',
    environment: { AWS_PROFILE: 'other' },
    accounts: [TWO, TWO, ONE],
  },
]

const AFTER_KEYS: readonly Later[] = [
  { name: 'exported keys', command: 'aws\nbash -c aws', accounts: [TWO, TWO] },
  {
    name: "the step's environment after exported keys",
    command: 'bash child.sh',
    environment: { AWS_PROFILE: 'dev' },
    accounts: [ONE],
  },
]

const WHO = 'real-aws sts get-caller-identity --region us-east-1 --query Account --output text'
const PROFILE_AGAIN: readonly Later[] = [
  { name: 'a profile after keys', command: 'bash child.sh', accounts: [ONE] },
  ...(withoutAwsCli
    ? []
    : [{ name: 'the AWS CLI', command: `${WHO}\nAWS_PROFILE=other ${WHO}`, accounts: [ONE, TWO] }]),
]

/** An image whose `aws` is a script of bash, as those of version managers are. */
async function openImage(t: TestContext, busybox: boolean) {
  const host = await openHost(t, { busybox, world: twoAccounts(), tools: ['node', 'bash'] })
  const script = `#!${pathOf('bash')}\n'${process.execPath}' "${CLI}" whoami | sed -n 's/^Account *//p'\n`
  rmSync(join(host.bin, 'aws'))
  writeFileSync(join(host.bin, 'aws'), script, { mode: 0o755 })
  addTool(host.bin, 'real-aws', `exec '${AWS_CLI}' "$@"`)
  writeFileSync(join(host.root, 'child.sh'), 'aws\n')
  return host
}

for (const { shell, begin, busybox } of SHELLS) {
  const skip = without(shell.split(' ')[0] ?? '', 'bash')
  const own = (later: readonly Later[]) =>
    later.map(({ name, command, environment = {} }) => ({
      run: { name, command: begin + command, environment },
    }))
  const two = [assumeRole(TWO, { profile: 'other' }), assumeRole(ONE, { profile: 'dev' })]

  async function expectAccounts(
    t: TestContext,
    steps: readonly unknown[],
    later: readonly Later[],
    env: Environment,
  ) {
    const host = await openImage(t, busybox)
    const done = await runJob(host, jobOf(...steps), { shell, env })
    assert.ok(done.succeeded, done.output)
    assert.doesNotMatch(done.output, /is ignored/, 'what a block exports is known to later steps')
    for (const { name, accounts } of later) {
      const { stdout = '' } = done.steps.find((step) => step.name === name) ?? {}
      assert.deepEqual(stdout.trim().split('\n'), accounts, name)
    }
  }

  test(`who steps after two roles are: the packed orb under ${shell}`, { skip }, (t) =>
    expectAccounts(t, [...two, ...own(AFTER_PROFILES)], AFTER_PROFILES, {}),
  )

  test(`the same with static keys in the job, and after exported keys: ${shell}`, { skip }, (t) => {
    const steps = [
      ...two,
      ...own(AFTER_PROFILES),
      assumeRole(TWO, { profile: 'other', export: 'keys' }),
      ...own(AFTER_KEYS),
      assumeRole(ONE, { profile: 'dev' }),
      ...own(PROFILE_AGAIN),
    ]
    return expectAccounts(t, steps, [...AFTER_PROFILES, ...AFTER_KEYS, ...PROFILE_AGAIN], STATIC)
  })
}
