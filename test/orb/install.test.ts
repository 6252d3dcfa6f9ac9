import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { jobOf } from './config.ts'
import { type Host, openHost, runJob } from './job-runner.ts'
import { bundle, embedded, version } from './packed-orb.ts'
import { giveAway, NOBODY, plainUser, withoutPlainUser, withoutRoot } from './plain-user.ts'
import { addTool } from './tools.ts'

const install = jobOf('aws-oidc/install')
const hash = createHash('sha256').update(bundle).update(embedded.doctor).digest('hex')
const release = `${version}-${hash.slice(0, 12)}`
const directoryOf = ({ home }: Host) =>
  join(home, '.local/share/circleci-aws-oidc/versions', release)
const bundleOf = (host: Host) => join(directoryOf(host), 'circleci-aws-oidc.cjs')
const launcherOf = (host: Host) => join(directoryOf(host), 'circleci-aws-oidc')

describe('install', () => {
  test('puts the very bundle and a launcher in place, once', async (t) => {
    const host = await openHost(t)
    const job = jobOf('aws-oidc/install', 'aws-oidc/install', {
      run: 'circleci-aws-oidc --version',
    })
    const { steps, succeeded, output } = await runJob(host, job)
    assert.ok(succeeded, output)
    assert.ok(readFileSync(bundleOf(host)).equals(bundle))
    assert.deepEqual(readdirSync(directoryOf(host)).sort(), [
      'circleci-aws-oidc',
      'circleci-aws-oidc.cjs',
    ])
    assert.equal(steps[2]?.stdout, `${version}\n`)
    assert.equal(readFileSync(host.bashEnv, 'utf8').match(/export PATH=/g)?.length, 1)
    assert.equal(steps[0]?.stdout, `circleci-aws-oidc ${version} is in ${directoryOf(host)}\n`)
  })

  test('leaves a good file alone', async (t) => {
    const host = await openHost(t)
    await runJob(host, install)
    const before = statSync(bundleOf(host)).ino
    await runJob(host, install)
    assert.equal(statSync(bundleOf(host)).ino, before)
  })

  test('keeps what stands in $BASH_ENV', async (t) => {
    const host = await openHost(t)
    writeFileSync(host.bashEnv, 'export A=1')
    const { output } = await runJob(host, jobOf('aws-oidc/install', { run: 'echo "A is $A"' }))
    assert.match(output, /^A is 1$/m)
  })

  for (const [name, damage] of [
    ['a damaged bundle', (host: Host) => appendFileSync(bundleOf(host), ' ')],
    ['a truncated bundle', (host: Host) => writeFileSync(bundleOf(host), '')],
    ['a missing bundle', (host: Host) => rmSync(bundleOf(host))],
    ['a damaged launcher', (host: Host) => writeFileSync(launcherOf(host), 'exit 1')],
    ['a launcher that is not executable', (host: Host) => chmodSync(launcherOf(host), 0o644)],
  ] as const) {
    test(`replaces ${name}`, async (t) => {
      const host = await openHost(t)
      await runJob(host, install)
      damage(host)
      const job = jobOf('aws-oidc/install', { run: 'circleci-aws-oidc --version' })
      const { succeeded, output } = await runJob(host, job)
      assert.ok(succeeded, output)
    })
  }

  test('eight at once', async (t) => {
    const host = await openHost(t)
    const runs = await Promise.all(Array.from({ length: 8 }, () => runJob(host, install)))
    for (const { succeeded, output } of runs) assert.ok(succeeded, output)
    assert.equal(readdirSync(directoryOf(host)).length, 2)
    assert.ok(readFileSync(bundleOf(host)).equals(bundle))
  })

  test('a payload that was tampered with is not installed', async (t) => {
    const host = await openHost(t)
    const [step] = install.steps
    assert.ok(step)
    const command = step.command.replace(/(?<=printf '%s' ')(.{5000})./, '$1A')
    const { steps } = await runJob(host, { ...install, steps: [{ ...step, command }] })
    assert.equal(steps[0]?.code, 1)
    assert.match(steps[0]?.stderr ?? '', /^The helper in this step is damaged: its SHA-256/)
    assert.ok(!existsSync(bundleOf(host)))
  })
})

describe('a directory that another user could change', { skip: withoutRoot }, () => {
  const NEIGHBOUR = 54_321
  const rootOf = (host: Host) => join(host.home, '.local/share/circleci-aws-oidc')
  const whoami = jobOf('aws-oidc/install', 'aws-oidc/whoami')
  for (const [name, spoil] of [
    ["is another user's", (path: string) => chownSync(path, NEIGHBOUR, NEIGHBOUR)],
    ['all may write to', (path: string) => chmodSync(path, 0o777)],
    ['a group may write to', (path: string) => chmodSync(path, 0o770)],
  ] as const) {
    test(`one that ${name}: nothing in it is run`, async (t) => {
      const host = await openHost(t)
      mkdirSync(directoryOf(host), { recursive: true, mode: 0o700 })
      writeFileSync(launcherOf(host), '#!/bin/sh\necho another program\n', { mode: 0o755 })
      spoil(rootOf(host))
      for (const step of whoami.steps) {
        const { steps, output } = await runJob(host, { ...whoami, steps: [step] })
        assert.equal(steps[0]?.code, 6)
        assert.match(output, /^Another user can replace what is in .*circleci-aws-oidc\.\nNext: /m)
        assert.doesNotMatch(output, /another program/)
      }
    })
  }

  test("root's, for another user; who called sudo", async (t) => {
    const host = await openHost(t)
    const { succeeded, output } = await runJob(host, install)
    assert.ok(succeeded, output)
    const [step] = whoami.steps.slice(1)
    assert.ok(step)
    chownSync(host.root, NOBODY, NOBODY)
    for (const path of [rootOf(host), join(rootOf(host), 'versions'), directoryOf(host)])
      chmodSync(path, 0o755)
    const asNobody = await runJob(host, { ...whoami, steps: [step] }, { under: plainUser })
    assert.doesNotMatch(asNobody.output, /Another user can/)
    chownSync(rootOf(host), NOBODY, NOBODY)
    const env = { SUDO_UID: `${NOBODY}` }
    const bySudo = await runJob(host, install, { env })
    assert.ok(bySudo.succeeded, bySudo.output)
  })
})

describe('a machine that refuses', { skip: withoutPlainUser }, () => {
  test('another user than root', async (t) => {
    const host = await openHost(t)
    giveAway(host)
    const { succeeded, output } = await runJob(host, install, { under: plainUser })
    assert.ok(succeeded, output)
  })

  test('a read-only home', async (t) => {
    const host = await openHost(t)
    giveAway(host)
    chmodSync(host.home, 0o500)
    const { steps } = await runJob(host, install, { under: plainUser })
    assert.equal(steps[0]?.code, 6)
    assert.match(
      steps[0]?.stderr ?? '',
      /share\/circleci-aws-oidc\/versions\/\S+ cannot be created: EACCES: .*\.\nNext: make the home/,
    )
  })

  test('a read-only directory of ours', { skip: withoutRoot }, async (t) => {
    const host = await openHost(t)
    mkdirSync(join(host.home, '.local/share/circleci-aws-oidc'), { recursive: true })
    giveAway(host)
    const { steps } = await runJob(host, install, { under: plainUser })
    assert.equal(steps[0]?.code, 6)
    assert.match(steps[0]?.stderr ?? '', /cannot be created: EACCES: .*\nNext: make the home/)
  })

  test('a full disk', async (t) => {
    const host = await openHost(t)
    // Blocks of 512 bytes; the limit refuses writes as a full disk does.
    addTool(host.bin, 'cramped', `ulimit -f 100; exec "$@"`)
    const { steps } = await runJob(host, install, { under: [join(host.bin, 'cramped')] })
    assert.equal(steps[0]?.code, 6)
    assert.match(steps[0]?.stderr ?? '', /cannot be written: E\w+: .*\nNext: make room there/)
    assert.deepEqual(readdirSync(directoryOf(host)), [])
  })

  test('XDG_DATA_HOME', async (t) => {
    const host = await openHost(t)
    const env = { HOME: '/nonexistent', XDG_DATA_HOME: join(host.root, 'data') }
    const job = jobOf('aws-oidc/install', { run: 'circleci-aws-oidc --version' })
    const { succeeded, output } = await runJob(host, job, { env })
    assert.ok(succeeded, output)
    assert.ok(existsSync(join(host.root, 'data/circleci-aws-oidc/versions', release)))
  })

  test('a bare environment', async (t) => {
    const host = await openHost(t)
    const bare = { HOME: host.home, PATH: host.bin }
    const { succeeded, output } = await runJob({ ...host, env: bare }, install, {
      shell: 'bash -eux -o pipefail',
    })
    assert.ok(succeeded, output)
  })

  test('a home that PATH cannot name', async (t) => {
    const host = await openHost(t)
    const env = { XDG_DATA_HOME: join(host.root, 'a:b') }
    const { steps } = await runJob(host, install, { env })
    assert.equal(steps[0]?.code, 6)
    assert.match(steps[0]?.stderr ?? '', /cannot be on PATH: it has a colon\.\nNext: set XDG_DATA/)
  })

  test('a $BASH_ENV that cannot be written', async (t) => {
    const host = await openHost(t)
    const env = { BASH_ENV: host.home }
    const { steps } = await runJob(host, install, { env })
    assert.equal(steps[0]?.code, 6)
    assert.match(
      steps[0]?.stderr ?? '',
      /home cannot be written: EISDIR: .*\.\nNext: let this user write it/,
    )
  })

  test('no HOME: the home of the user', async (t) => {
    const host = await openHost(t)
    const user = execFileSync('id', ['-un', String(NOBODY)], { encoding: 'utf8' }).trim()
    addTool(host.bin, 'id', `echo ${user}`)
    giveAway(host)
    const { steps } = await runJob(host, install, { env: { HOME: undefined }, under: plainUser })
    assert.equal(steps[0]?.code, 6)
    assert.match(
      steps[0]?.stderr ?? '',
      /^(.*\n)?\/nonexistent\/\.local\/share\/circleci-aws-oidc\/versions\/\S+ cannot be created: EACCES/,
    )
  })

  test('no HOME and no such user', async (t) => {
    const host = await openHost(t)
    for (const script of ['exit 1', "echo '$(false)'", "echo 'a;b'"]) {
      addTool(host.bin, 'id', script)
      const { steps } = await runJob(host, install, { env: { HOME: undefined } })
      assert.equal(steps[0]?.code, 6)
      assert.match(steps[0]?.stderr ?? '', /^There is no home directory: HOME is not set/)
    }
  })
})
