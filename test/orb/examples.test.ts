import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { without } from '../tools/programs.ts'
import { runConfig } from './config-run.ts'
import { BASH } from './job-runner.ts'
import { NodeMirror } from './node-mirror.ts'
import { examples, version } from './packed-orb.ts'

/** Tested elsewhere: the first assumes no role, the second needs the package (npm.test.ts). */
const OTHERS = ['find-what-is-wrong', 'windows']

/** Who the last step of each is. */
const SESSIONS: Readonly<Record<string, string>> = {
  'one-role': '123456789012:assumed-role/deploy',
  'role-from-context': '123456789012:assumed-role/deploy',
  'branch-limited-role': '123456789012:assumed-role/release',
  'custom-audience': '210987654321:assumed-role/deploy',
  'image-without-node': '123456789012:assumed-role/deploy',
  alpine: '123456789012:assumed-role/deploy',
  'docker-push-to-ecr': '123456789012:assumed-role/deploy',
  'clean-up-afterwards': '123456789012:assumed-role/deploy',
  'several-accounts': '123456789012:assumed-role/deploy',
  'long-job': '123456789012:assumed-role/deploy',
  'cdk-and-terraform': '123456789012:assumed-role/deploy',
  'pull-requests-from-forks': '123456789012:assumed-role/deploy',
}

const mirror = new NodeMirror()
before(() => mirror.listen())
after(() => mirror.close())

for (const shell of ['bash -eo pipefail', 'dash -e', 'busybox sh -eo pipefail']) {
  describe(`every example works under ${shell}`, {
    skip: without(shell.split(' ')[0] ?? '', 'curl'),
  }, () => {
    for (const [name, { usage }] of Object.entries(examples)) {
      // Alpine has its own.
      if (OTHERS.includes(name) || (name === 'alpine' && !shell.startsWith('busybox'))) continue
      test(name, async (t) => {
        assert.deepEqual(usage['orbs'], { 'aws-oidc': `your-namespace/aws-oidc@${version}` })
        const runs = await runConfig(t, usage, mirror, shell)
        assert.ok(runs.length > 0)
        for (const { result } of runs) {
          assert.ok(result.succeeded, result.output)
          const who = result.steps.find((step) => step.name === 'who')?.stdout ?? ''
          const session = SESSIONS[name]
          assert.ok(session, 'an example that the table does not know')
          assert.ok(who.startsWith(`aws sts get-caller-identity as arn:aws:sts::${session}/`), who)
        }
      })
    }
  })
}

describe('an example that would not work as copied is noticed', { skip: without('curl') }, () => {
  for (const [name, image, steps] of [
    ['no aws in the image', 'cimg/node:lts', [{ run: 'aws s3 ls' }]],
    ['no terraform', 'cimg/node:lts', ['checkout', { run: 'terraform init' }]],
    ['no terraform init', 'cimg/aws:2026.04', ['checkout', { run: 'terraform apply' }]],
    ['no npm ci', 'cimg/node:lts', ['checkout', { run: 'npx cdk deploy' }]],
    ['no checkout', 'cimg/node:lts', [{ run: 'npm ci' }]],
    ['no pip install', 'cimg/python:3.13', ['checkout', { run: 'python -m pytest' }]],
    ['no remote Docker', 'cimg/aws:2026.04', ['checkout', { run: 'docker build .' }]],
    ['no script', 'cimg/aws:2026.04', [{ run: './deploy.sh' }]],
    ['an image of which nothing is known', 'debian:12', []],
  ] as const) {
    test(name, async (t) => {
      const role = { 'role-arn': 'arn:aws:iam::123456789012:role/deploy' }
      const job = { docker: [{ image }], steps: [{ 'aws-oidc/assume-role': role }, ...steps] }
      const run = runConfig(t, { jobs: { job } }, mirror)
      if (steps.length === 0) return assert.rejects(run, /does not know what the image debian:12/)
      const [one] = await run
      const codes = one?.result.steps.filter(({ name }) => name !== 'who').map(({ code }) => code)
      assert.ok(codes?.pop(), one?.result.output)
      assert.deepEqual(new Set(codes), new Set([0]))
    })
  }
})

test('several accounts: each profile is who it should be', { skip: without('curl') }, async (t) => {
  const [run] = await runConfig(t, examples['several-accounts']?.usage ?? {}, mirror)
  const { output } = run?.result ?? { output: '' }
  assert.match(output, /aws eks list-clusters as arn:aws:sts::123456789012:assumed-role\/deploy/)
  assert.match(
    output,
    /--profile playground as arn:aws:sts::210987654321:assumed-role\/playground\/audit-42/,
  )
})

test('the job doctor says that all is well', { skip: without('curl') }, async (t) => {
  const [run] = await runConfig(t, examples['find-what-is-wrong']?.usage ?? {}, mirror)
  const { code, stdout } = run?.result.steps.findLast(({ name }) => name !== 'who') ?? {}
  assert.equal(code, 0, run?.result.output)
  assert.match(stdout ?? '', /^✓ AWS allows .*assumed-role\/deploy\//m)
  assert.match(stdout ?? '', /^No problems found\.$/m)
})

test('a fork deploys nothing, and its job is green', { skip: without('curl') }, async (t) => {
  const usage = examples['pull-requests-from-forks']?.usage ?? {}
  const noToken = { CIRCLE_OIDC_TOKEN: '', CIRCLE_OIDC_TOKEN_V2: '', CIRCLE_SANDBOX_URL: '' }
  const [run] = await runConfig(t, usage, mirror, BASH, noToken)
  const steps = run?.result.steps.filter(({ name }) => name !== 'who') ?? []
  assert.deepEqual(new Set(steps.map(({ code }) => code)), new Set([0]), run?.result.output)
  assert.match(steps.at(-1)?.stdout ?? '', /^A fork's job: nothing to deploy\.$/m)
})

test('cleaning up leaves nothing behind', { skip: without('curl') }, async (t) => {
  const [run] = await runConfig(t, examples['clean-up-afterwards']?.usage ?? {}, mirror)
  assert.ok(run)
  for (const name of ['config', 'credentials']) {
    const path = join(run.host.home, '.aws', name)
    assert.equal(existsSync(path) ? readFileSync(path, 'utf8') : '', '')
  }
  assert.doesNotMatch(readFileSync(run.host.bashEnv, 'utf8'), /AWS_/)
})

test('the subject of another branch is refused where one is required', {
  skip: without('curl'),
}, async (t) => {
  const usage = examples['branch-limited-role']?.usage ?? {}
  const v1 = JSON.parse(
    JSON.stringify(usage).replace('"token-version":"v2"', '"token-version":"v1"'),
  )
  const [run] = await runConfig(t, v1, mirror)
  assert.match(run?.result.output ?? '', /token-version-refused/)
})
