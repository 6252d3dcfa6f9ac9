import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { utimesSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Job, ROLE } from '../acceptance/job.ts'
import { jwt } from '../token/jwt.ts'
import { answeringServer, answerOf, errorOf, partsFor, send } from './hostile-sts.ts'
import { busyness, isFull, size } from './size.ts'

const CALLERS = size(8, 50)
/** What a caller may take that waits for nobody; beside the other tests, a process gets less of the machine. */
const AT_ONCE_MS = isFull ? 8_000 : 6_000
const LIMIT_SECONDS = size(3, 60)
const REFRESH = [
  ...['assume-role', '--role-arn', ROLE, '--credentials', 'refresh'],
  ...['--timeout-seconds', String(LIMIT_SECONDS)],
]

const OUTAGES = {
  'AWS refuses': (response: ServerResponse) =>
    send(response, errorOf('AccessDenied', 'Not authorized'), 403),
  'AWS throttles': (response: ServerResponse) =>
    send(response, errorOf('Throttling', 'Rate exceeded'), 400),
  'connections break': (response: ServerResponse) => response.destroy(),
  'nobody answers': () => {},
}

type Outage = keyof typeof OUTAGES | undefined

/** A job with a profile that renews itself, at an STS that has an outage when it is told to. */
class Profile {
  readonly job: Job
  outage: Outage
  requests = 0

  private constructor(job: Job) {
    this.job = job
  }

  static async setUp(t: TestContext): Promise<Profile> {
    let profile: Profile | undefined
    const url = await answeringServer(t, (asked, response) => {
      if (profile) profile.requests += 1
      if (profile?.outage) OUTAGES[profile.outage](response)
      else send(response, answerOf(partsFor(asked)))
    })
    const token = jwt({ sub: 'org/o' })
    profile = new Profile(new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: token }))
    await profile.job.done(REFRESH)
    profile.requests = 0
    return profile
  }

  path(name: string): string {
    const { job } = this
    return join(job.home, Object.keys(job.files()).find((one) => one.endsWith(name)) ?? name)
  }

  /** Makes the cached credentials an hour old, but for so many seconds. */
  leaveSeconds(seconds: number): void {
    const cache = this.path('/credentials.json')
    const values = JSON.parse(this.job.read(cache.slice(this.job.home.length)) ?? '')
    const end = Date.now() + seconds * 1000
    values.Expiration = new Date(end).toISOString()
    writeFileSync(cache, JSON.stringify(values))
    const start = (end - 3_600_000) / 1000
    utimesSync(cache, start, start)
  }

  /** Lets the remembered failure be as old as it may get. */
  forget(): void {
    const failure = this.path('/failure.json')
    const values = JSON.parse(this.job.read(failure.slice(this.job.home.length)) ?? '')
    writeFileSync(failure, JSON.stringify({ ...values, at: 1, until: 2 }))
  }

  /** So many callers at the same moment, as AWS tools start the profile's credential_process. */
  call(count: number): Promise<Call[]> {
    const config = this.job.read('.aws/config') ?? ''
    const line = /^credential_process = (.*)$/m.exec(config)?.[1] ?? ''
    const call = () =>
      new Promise<Call>((resolve) => {
        const start = performance.now()
        execFile('sh', ['-c', line], { env: this.job.env }, (error, stdout, stderr) => {
          const milliseconds = performance.now() - start
          resolve({ code: Number(error?.code ?? 0), stdout, stderr, milliseconds })
        })
      })
    return Promise.all(Array.from({ length: count }, call))
  }
}

interface Call {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

for (const outage of Object.keys(OUTAGES) as (keyof typeof OUTAGES)[]) {
  if (!isFull && outage === 'connections break') continue
  test(`${outage}, while the credentials serve: one tries, nobody else waits`, async (t) => {
    const profile = await Profile.setUp(t)
    const count = outage === 'nobody answers' && !isFull ? 3 : CALLERS
    profile.outage = outage
    profile.leaveSeconds(280)
    const calls = await profile.call(count)
    for (const { code, stdout, stderr } of calls) {
      assert.equal(code, 0, stderr)
      assert.equal(JSON.parse(stdout).AccessKeyId, 'ASIAEXAMPLEEXAMPLE12')
    }
    const told = calls.filter(({ stderr }) =>
      /^Warning: the credentials of "default", valid until /m.test(stderr),
    )
    assert.equal(told.length, 1, 'who tried says so')
    assert.ok(profile.requests >= 1 && profile.requests <= 2, `${profile.requests} requests`)
    const times = calls.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
    const [slowest = 0, others = 0] = [times.at(-1), times.at(-2)]
    const atOnce = AT_ONCE_MS * busyness()
    assert.ok(others < atOnce, `${others} ms`)
    assert.ok(slowest < Math.min(LIMIT_SECONDS, 10) * 1000 + 500 + atOnce, `${slowest} ms`)

    profile.requests = 0
    const again = await profile.call(count)
    assert.deepEqual([again.filter(({ code }) => code !== 0), profile.requests], [[], 0])
    t.diagnostic(
      `${count} callers: ${Math.round(others)} ms at most, ${Math.round(slowest)} ms who tried`,
    )

    profile.outage = undefined
    profile.forget()
    const [renewed] = await profile.call(1)
    const left = Date.parse(JSON.parse(renewed?.stdout ?? '').Expiration) - Date.now()
    assert.ok(left > 3_000_000, 'renewed once it is over')
  })
}

test('AWS refuses, and nothing is left: all are told, one asks', async (t) => {
  const profile = await Profile.setUp(t)
  profile.outage = 'AWS refuses'
  profile.leaveSeconds(-1)
  const calls = await profile.call(CALLERS)
  for (const { code, stdout, stderr } of calls) {
    assert.deepEqual([code, stdout], [4, ''], stderr)
    assert.match(stderr, /^Error access-denied: /m)
    assert.match(stderr, /^ {2}Next: /m)
  }
  assert.equal(profile.requests, 1)
  const told = calls.filter(({ stderr }) =>
    /That was \d+ s ago; AWS is asked again in \d+ s\./.test(stderr),
  )
  assert.equal(told.length, CALLERS - 1)

  profile.outage = undefined
  profile.forget()
  assert.equal((await profile.call(1))[0]?.code, 0)
  await profile.job.done(['cleanup'])
  assert.ok(!Object.keys(profile.job.files()).some((path) => path.endsWith('failure.json')))
})
