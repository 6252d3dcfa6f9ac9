import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseIni } from '../../src/profiles/ini.ts'
import { type Job, ROLE, startJob } from './job.ts'

const USERS_CONFIG = '# mine\n[default]\ns3 =\n  max_concurrent_requests = 5\n'
const USERS_CREDENTIALS = '; mine\n[kept]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'
const AT_ONCE = 8

/** Runs the tasks, a bounded number of them at a time. */
async function inLanes(tasks: IterableIterator<() => Promise<unknown>>): Promise<void> {
  const lane = async () => {
    for (const task of tasks) await task()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

async function startWithFiles(t: TestContext): Promise<Job> {
  const { job } = await startJob(t)
  job.write('.aws/config', USERS_CONFIG)
  job.write('.aws/credentials', USERS_CREDENTIALS)
  return job
}

function assume(profile: string): string[] {
  const options = ['--profile', profile, '--region', 'eu-west-1', '--timeout-seconds', '120']
  return ['assume-role', '--role-arn', ROLE, ...options]
}

/** Every profile in the files is whole, the user's text is still there; returns the profiles. */
async function wholeProfiles(job: Job): Promise<string[]> {
  const config = job.read('.aws/config') ?? ''
  const credentials = job.read('.aws/credentials') ?? ''
  assert.ok(config.startsWith(USERS_CONFIG), 'the config file lost text of the user')
  assert.ok(credentials.startsWith(USERS_CREDENTIALS), 'the credentials file lost text of the user')
  const configured = (await parseIni(config, 'config')).sections.slice(1)
  for (const { name, options } of configured) {
    assert.deepEqual(
      options.map(({ key }) => key),
      ['region'],
      name,
    )
  }
  const [, ...sections] = (await parseIni(credentials, 'credentials')).sections
  for (const { name, options } of sections) {
    const keys = options.map(({ key }) => key)
    assert.deepEqual(
      keys,
      ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'],
      name,
    )
  }
  return sections.map(({ name }) => name)
}

test('100 processes write 100 profiles, and none is lost', { timeout: 180_000 }, async (t) => {
  const job = await startWithFiles(t)
  const names = Array.from({ length: 100 }, (_, i) => `profile-${i}`)
  await inLanes(names.map((name) => () => job.done(assume(name))).values())
  assert.deepEqual((await wholeProfiles(job)).sort(), names.toSorted())
  const config = await parseIni(job.read('.aws/config') ?? '', 'config')
  assert.equal(config.sections.length, 101)
  assert.deepEqual(Object.keys(job.files()), ['.aws/config', '.aws/credentials'])
})

test('killed at any moment: each file is the old or the new one', {
  timeout: 180_000,
}, async (t) => {
  const job = await startWithFiles(t)
  const done = new Set<string>()
  // As long as a run takes now: what else the machine does changes that.
  let typical = 0
  const measure = (number: number) => async () => {
    const { milliseconds } = await job.done(assume(`first-${number}`))
    typical = Math.max(typical, milliseconds)
    done.add(`first-${number}`)
  }
  await inLanes(Array.from({ length: 2 * AT_ONCE }, (_, i) => measure(i)).values())
  let [kills, strikes] = [0, 0]
  const strike = async () => {
    const name = `victim-${strikes++}`
    // In the second half of a run, which is when the files are written, or after it.
    const killAfter = typical * (0.4 + Math.random())
    const { code, signal, milliseconds } = await job.run(assume(name), { killAfter })
    if (signal === 'SIGKILL') {
      kills += 1
      typical *= 1.1
    } else {
      assert.equal(code, 0)
      typical = milliseconds
      done.add(name)
    }
    const profiles = await wholeProfiles(job)
    for (const one of done) assert.ok(profiles.includes(one), `${one} is lost`)
  }
  function* untilEnough() {
    while (strikes < 50 || (kills < 20 && strikes < 200)) yield strike
  }
  await inLanes(untilEnough())
  t.diagnostic(`${kills} of ${strikes} killed`)
  assert.ok(kills >= 20, `only ${kills} of ${strikes} were killed`)

  await job.done(assume('survivor'))
  const left = Object.keys(job.files()).filter((name) => /lock/.test(name))
  assert.deepEqual(left, [], 'no lock is left behind')
  assert.ok((await wholeProfiles(job)).includes('survivor'))
})

/** Kinds of credentials that a profile shows, and files of ours that stand without a profile. */
function traces(job: Job): { kinds: number; orphans: string[] } {
  const config = job.read('.aws/config') ?? ''
  const renews = config.includes('credential_process')
  const keys = (job.read('.aws/credentials') ?? '').includes('aws_access_key_id = ASIA')
  const orphans = Object.keys(job.files()).filter((path) =>
    /(recipe|credentials)\.json$/.test(path),
  )
  return { kinds: Number(renews) + Number(keys), orphans: renews ? [] : orphans }
}

test('two kinds of credentials for one profile at once: one of them wins', async (t) => {
  const { job } = await startJob(t)
  const refresh = [...assume('dev'), '--credentials', 'refresh']
  for (let round = 0; round < 12; round += 1) {
    fs.rmSync(join(job.home, '.aws'), { recursive: true, force: true })
    fs.rmSync(join(job.home, '.local'), { recursive: true, force: true })
    await Promise.all([job.done(refresh), job.done(assume('dev'))])
    assert.deepEqual(traces(job), { kinds: 1, orphans: [] })
  }
})

test('a cleanup beside a set-up: the profile with all its files, or nothing', async (t) => {
  const { job } = await startJob(t)
  const refresh = [...assume('dev'), '--credentials', 'refresh']
  const longest = (await job.done(refresh)).milliseconds
  for (let round = 0; round < 12; round += 1) {
    await job.done(['cleanup'])
    const later = sleep(longest * Math.random()).then(() => job.done(['cleanup']))
    await Promise.all([job.done(refresh), later])
    const { kinds, orphans } = traces(job)
    assert.ok(kinds <= 1)
    assert.deepEqual(orphans, [])
  }
})
