import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseIni } from '../../src/profiles/ini.ts'
import { CLI } from '../acceptance/built-cli.ts'
import { ROLE } from '../acceptance/job.ts'
import { jwt } from '../token/jwt.ts'
import { answeringServer, answerOf, errorOf, partsFor, send } from './hostile-sts.ts'
import { random, seed, size } from './size.ts'

const TOKEN = jwt({ sub: 'org/o' })

interface Ended {
  readonly code: number
  readonly stderr: string
  readonly milliseconds: number
}

function run(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    const start = performance.now()
    execFile(process.execPath, [CLI, ...args], { env }, (error, _, stderr) => {
      const milliseconds = performance.now() - start
      resolve({ code: Number(error?.code ?? 0), stderr, milliseconds })
    })
  })
}

/** Does so many works, so many of them at the same time. */
async function atOnce<T>(count: number, most: number, work: (index: number) => Promise<T>) {
  const done: T[] = []
  let next = 0
  const lane = async () => {
    while (next < count) done.push(await work(next++))
  }
  await Promise.all(Array.from({ length: most }, lane))
  return done
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('jobs at an STS that throttles every other request: none fails', {
  timeout: 3_600_000,
}, async (t) => {
  const next = random(seed)
  let requests = 0
  const url = await answeringServer(t, (asked, response) => {
    requests += 1
    if (next() < 0.5) send(response, errorOf('Throttling', 'Rate exceeded'), 400)
    else send(response, answerOf(partsFor(asked)))
  })
  const home = temporary(t)
  const count = size(6, 500)
  const jobs = await atOnce(count, size(6, 50), (index) => {
    const HOME = join(home, String(index))
    mkdirSync(HOME)
    const env = { HOME, AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: TOKEN }
    return run(['assume-role', '--role-arn', ROLE], env)
  })
  const failed = jobs.filter(({ code }) => code !== 0)
  assert.deepEqual(failed, [])
  const slowest = Math.max(...jobs.map(({ milliseconds }) => milliseconds))
  t.diagnostic(`${count} jobs, ${requests} requests, ${Math.round(slowest)} ms at most`)
})

test('writers of one pair of files, every other one cleaning up after itself: nothing is lost', {
  timeout: 3_600_000,
}, async (t) => {
  const url = await answeringServer(t, (asked, response) =>
    send(response, answerOf(partsFor(asked))),
  )
  const HOME = temporary(t)
  mkdirSync(join(HOME, '.aws'))
  const mine = {
    config:
      '# mine\n[default]\nregion = eu-west-1\n\n[profile other]\ns3 =\n  max_concurrent_requests = 5\n',
    credentials: '[mine]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
  }
  for (const [name, text] of Object.entries(mine)) writeFileSync(join(HOME, '.aws', name), text)
  const env = { HOME, AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: TOKEN }
  const count = size(10, 300)
  const kinds = ['static', 'refresh', 'token-file']
  const runs = await atOnce(count, size(10, 30), async (index) => {
    const profile = ['--profile', `p-${index}`]
    const kind = ['--credentials', kinds[index % 3] ?? '']
    const limit = ['--timeout-seconds', '600']
    const written = await run(
      ['assume-role', '--role-arn', ROLE, ...profile, ...kind, ...limit],
      env,
    )
    if (written.code !== 0 || index % 2 === 1)
      return { ...written, stays: written.code === 0, index }
    const removed = await run(['cleanup', ...profile], env)
    return { ...removed, stays: removed.code !== 0, index }
  })
  // A lock is waited for 20 s, which is short where a hundred processes share a core.
  const failed = runs.filter(({ code }) => code !== 0)
  for (const { stderr } of failed) assert.match(stderr, /^Error file-locked: /m)
  assert.ok(failed.length <= count / 10, `${failed.length} of ${count} did not get the lock`)

  const read = (name: string) => readFileSync(join(HOME, '.aws', name), 'utf8')
  for (const [name, text] of Object.entries(mine)) assert.ok(read(name).startsWith(text), name)
  const sections = async (name: string) =>
    (await parseIni(read(name), name)).sections.map((one) => one.name)
  const left = runs.flatMap(({ stays, index }) => (stays ? [index] : []))
  const of = (filter: (index: number) => boolean) =>
    left.filter(filter).map((index) => `p-${index}`)
  const credentials = await sections('credentials')
  assert.deepEqual(credentials.slice(1).sort(), of((index) => index % 3 === 0).sort())
  const configured = (await sections('config')).slice(2).map((name) => name.replace('profile ', ''))
  assert.deepEqual(configured.sort(), of((index) => index % 3 !== 0).sort())

  const { code } = await run(['cleanup'], env)
  assert.equal(code, 0)
  for (const [name, text] of Object.entries(mine)) assert.equal(read(name), text)
  const slowest = Math.max(...runs.map(({ milliseconds }) => milliseconds))
  t.diagnostic(
    `${count} writers, ${failed.length} without the lock, ${Math.round(slowest)} ms at most`,
  )
})
