import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answeringServer, answerOf, partsFor, send } from '../attack/hostile-sts.ts'
import { jwt } from '../token/jwt.ts'
import { CLI } from './built-cli.ts'
import { Job, ROLE, startJob } from './job.ts'

const EXEC = ['exec', '--role-arn', ROLE]
const LIMIT = { timeout: 60_000 }
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Ends as a shell would say it of a process that the signal ended. */
async function interrupted(job: Job, args: readonly string[], signal: NodeJS.Signals, ms: number) {
  const child = spawn(process.execPath, [CLI, ...args], { env: job.env, stdio: 'ignore' })
  const closed = once(child, 'close')
  await sleep(ms)
  child.kill(signal)
  const [code, by] = await closed
  return code ?? 128 + constants.signals[by as NodeJS.Signals]
}

test('a signal at whatever moment: 128+n, and nothing is left', LIMIT, async (t) => {
  const { job } = await startJob(t)
  const profile = ['--profile', 'renewed']
  await job.done(['assume-role', '--role-arn', ROLE, ...profile, '--credentials', 'refresh'])
  const before = Object.keys(job.files())
  const [cache = ''] = before.filter((name) => name.endsWith('/credentials.json'))
  const kinds = [EXEC, [...EXEC, '--credentials', 'refresh'], ['exec', ...profile]]
  for (const [turn, signal] of SIGNALS.entries()) {
    // Its credentials are asked for again.
    job.write(cache, '')
    const runs = kinds.flatMap((args, kind) =>
      [0, 1].map((half) =>
        interrupted(job, [...args, '--', 'sleep', '30'], signal, 150 * (turn + kind + 3 * half)),
      ),
    )
    const codes = await Promise.all(runs)
    assert.deepEqual(new Set(codes), new Set([128 + constants.signals[signal]]), signal)
  }
  // What a profile's own command does, it does to its end.
  for (let i = 0; i < 100 && Object.keys(job.files()).length > before.length; i += 1)
    await sleep(50)
  assert.deepEqual(Object.keys(job.files()), before)
})

test(
  'a signal while credentials are renewed: the command gets it, and nobody waits for AWS',
  LIMIT,
  async (t) => {
    let renewing = () => {}
    const asked = new Promise<void>((resolve) => {
      renewing = resolve
    })
    const url = await answeringServer(t, (request, response, number) => {
      const soon = new Date(Date.now() + 3000).toISOString()
      if (number === 1) send(response, answerOf({ ...partsFor(request), Expiration: soon }))
      else renewing()
    })
    const exp = Math.floor(Date.now() / 1000) + 3600
    const token = jwt({ iss: 'https://issuer.example', aud: 'a', sub: 'a', exp })
    const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: token })
    // They are renewed when two thirds of their life are over.
    const ask =
      'const { env } = process; const headers = { authorization: env.AWS_CONTAINER_AUTHORIZATION_TOKEN }; setInterval(() => fetch(env.AWS_CONTAINER_CREDENTIALS_FULL_URI, { headers }), 200)'
    const args = [CLI, ...EXEC, '--credentials', 'refresh', '--', process.execPath, '-e', ask]
    const child = spawn(process.execPath, args, { env: job.env, stdio: 'ignore' })
    const closed = once(child, 'close')
    await asked
    const start = performance.now()
    child.kill('SIGTERM')
    assert.deepEqual(await closed, [143, null])
    assert.ok(performance.now() - start < 10_000)
    assert.deepEqual(job.files(), {})
  },
)
