import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import type { Job } from './compile.ts'
import { compileWithOrb } from './config.ts'
import { exampleWorld } from './example-world.ts'
import { BASH, type Host, type HostOptions, openHost, runJob } from './job-runner.ts'
import { examples, orbOfPackage, version } from './packed-orb.ts'
import { giveAway, plainUser } from './plain-user.ts'
import { npmrcOf, packPackage, Registry } from './registry.ts'
import { SHELLS } from './shells.ts'
import { addTool } from './tools.ts'

const tarball = packPackage()
const registry = new Registry(tarball, 'registry-token-of-the-job')
before(() => registry.listen())
after(() => registry.close())
beforeEach(() => {
  registry.requests = []
})

const released = orbOfPackage(tarball)
const unreleased = orbOfPackage(Buffer.from('another package'))
const role = { 'role-arn': 'arn:aws:iam::111111111111:role/circleci-oidc' }

function jobOf(steps: unknown[], orb = released): Job {
  const [job] = compileWithOrb(
    { jobs: { deploy: { docker: [{ image: 'cimg/node:lts' }], steps } } },
    orb,
  )
  if (!job) throw new Error('no job')
  return job
}

/** `env` and `node` are what npm itself starts with. */
async function openNpmHost(t: TestContext, options: HostOptions = {}): Promise<Host> {
  const host = await openHost(t, { tools: ['node', 'npm'], ...options })
  writeFileSync(join(host.home, '.npmrc'), registry.npmrc)
  return host
}

const versions = (host: Host) => join(host.home, '.local/share/circleci-aws-oidc/versions')
const fetched = () => registry.requests.filter((url) => url.endsWith('.tgz')).length

describe('helper: npm', () => {
  test('the example for Windows', async (t) => {
    const [job] = compileWithOrb(examples['windows']?.usage ?? {}, released)
    assert.equal(job?.shell, 'bash.exe')
    const host = await openNpmHost(t, { world: exampleWorld })
    const { succeeded, output, steps } = await runJob(host, { ...job, shell: BASH })
    assert.ok(succeeded, output)
    assert.match(
      steps.at(-1)?.stdout ?? '',
      /^aws s3 ls as arn:aws:sts::123456789012:assumed-role\/deploy\//,
    )
  })

  for (const { command: shell, skip, busybox } of SHELLS) {
    test(`every command, under ${shell}`, { skip }, async (t) => {
      const host = await openNpmHost(t, { busybox })
      const job = jobOf([
        { 'aws-oidc/assume-role': { ...role, helper: 'npm', region: 'eu-west-1' } },
        'aws-oidc/whoami',
        { 'aws-oidc/doctor': { ...role, helper: 'npm' } },
        { 'aws-oidc/install': { helper: 'npm' } },
        { run: '. "$BASH_ENV"; circleci-aws-oidc --version; circleci-aws-oidc trust check --help' },
        { 'aws-oidc/assume-role': { ...role, helper: 'installed' } },
        'aws-oidc/cleanup',
      ])
      const { succeeded, output, steps } = await runJob(host, job, { shell })
      assert.ok(succeeded, output)
      assert.match(
        steps[1]?.stdout ?? '',
        /arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//,
      )
      assert.equal(fetched(), 1, 'fetched once')
      assert.equal(host.sandbox.exchanges, 3)
      const [directory = '', ...others] = readdirSync(versions(host))
      assert.match(directory, new RegExp(`^${version.replaceAll('.', '\\.')}-npm-[0-9a-f]{12}$`))
      assert.deepEqual(others, [])
      assert.deepEqual(readdirSync(join(versions(host), directory)).sort(), [
        'circleci-aws-oidc',
        'package',
      ])
    })
  }

  test('another user than root', async (t) => {
    const host = await openNpmHost(t)
    giveAway(host)
    const job = jobOf([{ 'aws-oidc/assume-role': { ...role, helper: 'npm' } }])
    const { succeeded, output } = await runJob(host, job, { under: plainUser })
    assert.ok(succeeded, output)
  })

  test('four at once', async (t) => {
    const host = await openNpmHost(t)
    const job = jobOf([{ 'aws-oidc/install': { helper: 'npm' } }])
    const runs = await Promise.all(Array.from({ length: 4 }, () => runJob(host, job)))
    for (const { succeeded, output } of runs) assert.ok(succeeded, output)
  })

  for (const [name, prepare, orb, code, message] of [
    [
      'no npm',
      (host: Host) => rmSync(join(host.bin, 'npm')),
      released,
      2,
      /^The parameter helper is npm, but there is no npm on PATH\.\nNext: use an image with npm, /,
    ],
    [
      'another package than the orb was released with',
      () => {},
      unreleased,
      5,
      /^npm fetched another circleci-aws-oidc@\S+ than this orb was released with: it is sha512-\S+, expected sha512-\S+\.\nNext: see which registry/m,
    ],
    [
      'a registry that nobody answers for',
      (host: Host) =>
        writeFileSync(join(host.home, '.npmrc'), npmrcOf('http://127.0.0.1:1', 'fetch-retries=0')),
      released,
      5,
      /ECONNREFUSED[\s\S]*^npm could not fetch circleci-aws-oidc@\S+\.\nNext: see what npm says above; /m,
    ],
    [
      'no credentials of the registry',
      (host: Host) => writeFileSync(join(host.home, '.npmrc'), npmrcOf(registry.url)),
      released,
      5,
      /E401[\s\S]*^npm could not fetch /m,
    ],
    [
      'a Node that is too old',
      (host: Host) =>
        addTool(
          host.bin,
          'node',
          'case $* in *process.versions*) exit 1 ;; esac; exec "$NODE" "$@"',
        ),
      released,
      2,
      /^The parameter helper is npm, but this image has no Node 20 or newer\.\nNext: use an image that/m,
    ],
  ] as const) {
    test(name, async (t) => {
      const host = await openNpmHost(t)
      prepare(host)
      const job = jobOf([{ 'aws-oidc/assume-role': { ...role, helper: 'npm' } }], orb)
      const { steps } = await runJob(host, job, { env: { NODE: process.execPath } })
      assert.equal(steps[0]?.code, code, steps[0]?.stderr)
      assert.match(steps[0]?.stderr ?? '', message)
      const root = versions(host)
      const left = existsSync(root) ? readdirSync(root, { recursive: true }) : []
      assert.ok(left.length <= 1, `left over: ${left}`)
    })
  }
})

describe('helper: installed', () => {
  const install = (host: Host, printed: string) =>
    addTool(host.bin, 'circleci-aws-oidc', `echo ${printed}`)

  test('what the image has', async (t) => {
    const host = await openHost(t)
    install(host, version)
    const { steps, succeeded, output } = await runJob(
      host,
      jobOf([{ 'aws-oidc/install': { helper: 'installed' } }]),
    )
    assert.ok(succeeded, output)
    assert.equal(steps[0]?.stdout, `${version}\n`)
  })

  test('another version', async (t) => {
    const host = await openHost(t)
    install(host, '0.0.9')
    const job = jobOf([{ 'aws-oidc/assume-role': { ...role, helper: 'installed' } }])
    const { steps } = await runJob(host, job)
    assert.equal(steps[0]?.code, 6)
    assert.equal(
      steps[0]?.stderr,
      `The circleci-aws-oidc on PATH is version 0.0.9, but this orb needs ${version}.\nNext: leave the parameter helper at embedded, or install circleci-aws-oidc@${version} in the image or in an earlier step.\n`,
    )
  })
})

test('the package is what the registry has', () => {
  assert.ok(readFileSync('package.json', 'utf8').includes(`"version": "${version}"`))
  assert.ok(tarball.length > 100_000)
})
