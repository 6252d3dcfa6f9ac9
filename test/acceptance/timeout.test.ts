import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { utimesSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLI } from './built-cli.ts'
import { ROLE, startJob } from './job.ts'

const ARGS = ['assume-role', '--role-arn', ROLE]

/** The URL of a server that takes connections and says nothing. */
async function silentServer(t: TestContext): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

for (const protocol of ['http', 'https']) {
  test(`${protocol}, a server that never answers: --timeout-seconds ends it`, async (t) => {
    const { job } = await startJob(t)
    const url = (await silentServer(t)).replace('http', protocol)
    const { milliseconds } = await job.fails(
      [...ARGS, '--sts-endpoint', url, '--timeout-seconds', '2'],
      'timed-out',
      /: The command was not done after 2 s; it was waiting for AWS STS at 127\.0\.0\.1:\d+ \(from --sts-endpoint\) \(attempt 1\)\./,
    )
    assert.ok(milliseconds > 1900 && milliseconds < 4500, `${milliseconds} ms`)
    assert.deepEqual(job.files(), {})
  })
}

test('no answer to one request: it is given up after 15 s, and counted as an attempt', async (t) => {
  const { job } = await startJob(t)
  const { milliseconds } = await job.fails(
    [...ARGS, '--sts-endpoint', await silentServer(t), '--max-attempts', '1'],
    'aws-unreachable',
    /can't be reached at 127\.0\.0\.1:\d+ \(from \S+\): no answer in time\.\n {2}Next: /,
  )
  assert.ok(milliseconds > 14_000 && milliseconds < 20_000, `${milliseconds} ms`)
})

test('a minting program that hangs', async (t) => {
  const { job } = await startJob(t)
  job.program('circleci', 'exec sleep 60')
  const limit = [...ARGS, '--timeout-seconds', '1']
  const minting = await job.fails(
    [...limit, '--audience', 'x'],
    'timed-out',
    /it was reading the web/,
  )
  assert.ok(minting.milliseconds < 4000, `${minting.milliseconds} ms`)
})

/** Waits until a process has ended; what has not within ten seconds was not told to. */
async function endOf(pid: string): Promise<void> {
  const state = () => spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout
  const end = Date.now() + 10_000
  // Z: nobody has asked how it ended.
  while (!/^(Z.*\n)?$/.test(state())) {
    assert.ok(Date.now() < end, `${pid} runs on`)
    await sleep(50)
  }
}

for (const [what, script] of [
  ['whose child holds its output', 'sleep 30'],
  ['whose child lives on', 'sh -c \'echo $$ >"$HOME/pid"; exec sleep 30\'; true'],
  ['that ignores signals', "trap '' TERM; while :; do sleep 0.1; done"],
] as const) {
  test(`a minting program ${what}`, async (t) => {
    const { job } = await startJob(t)
    job.program('circleci', `echo $$ >"$HOME/pid"; ${script}; exit 0`)
    const args = [...ARGS, '--timeout-seconds', '1', '--audience', 'x']
    const { milliseconds } = await job.fails(args, 'timed-out', /it was reading the web/)
    assert.ok(milliseconds < 4000, `${milliseconds} ms`)
    await endOf(job.read('pid')?.trim() ?? '')
  })
}

test('a token file that is a FIFO nobody writes to', async (t) => {
  const { job } = await startJob(t)
  execFileSync('mkfifo', [`${job.home}/token`])
  const args = [...ARGS, '--timeout-seconds', '1', '--token-file', 'token']
  const { milliseconds } = await job.fails(args, 'timed-out', /it was reading the web/)
  assert.ok(milliseconds < 4000, `${milliseconds} ms`)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} while a token is minted ends the minting program, too`, async (t) => {
    const { job } = await startJob(t)
    job.program('circleci', `echo $$ >"$HOME/pid"; exec sleep 20`)
    const child = spawn(process.execPath, [CLI, ...ARGS, '--audience', 'x'], { env: job.env })
    const ended = once(child, 'exit')
    while (!job.read('pid')?.trim()) await sleep(20)
    child.kill(signal)
    assert.deepEqual(await ended, [null, signal])
    await endOf(job.read('pid')?.trim() ?? '')
  })
}

for (const [what, args] of [
  ['a profiles file', ['assume-role', '--profiles-file', 'fifo']],
  ['a session policy', [...ARGS, '--policy', 'file://fifo']],
  ['a session policy of exec', ['exec', ...ARGS.slice(1), '--policy', 'file://fifo', '--', 'true']],
] as const) {
  test(`${what} that is a FIFO nobody writes to`, async (t) => {
    const { job } = await startJob(t)
    execFileSync('mkfifo', [`${job.home}/fifo`])
    const limited = args.toSpliced(1, 0, '--timeout-seconds', '1')
    const { milliseconds } = await job.fails(limited, 'timed-out', /it was reading the options/)
    assert.ok(milliseconds < 4000, `${milliseconds} ms`)
  })
}

test('a profiles file, and a shared file that is a FIFO', async (t) => {
  const { job } = await startJob(t)
  const file = job.write('profiles', `[default]\nrole_arn = ${ROLE}\n`)
  const env = { AWS_CONFIG_FILE: job.fifo('config') }
  const args = ['assume-role', '--profiles-file', file]
  await job.fails(
    args,
    'file-unreadable',
    /config \(AWS_CONFIG_FILE\) can't be read: it is a FIFO/,
    { env },
  )
})

test('whoami with a shared file that is a FIFO', async (t) => {
  const { job } = await startJob(t)
  execFileSync('mkfifo', [`${job.home}/config`])
  const env = { AWS_CONFIG_FILE: `${job.home}/config` }
  await job.fails(
    ['whoami'],
    'file-unreadable',
    /config \(AWS_CONFIG_FILE\) can't be read: it is a FIFO/,
    { env },
  )
})

test('a token file that is a FIFO is read to its end', async (t) => {
  const { job } = await startJob(t)
  execFileSync('mkfifo', [`${job.home}/token`])
  // Opening it waits for the reader.
  const script = 'exec >"$HOME/token"; sleep 0.3; echo "$CIRCLE_OIDC_TOKEN_V2"'
  const writer = spawn('sh', ['-c', script], { env: job.env })
  t.after(() => writer.kill())
  await job.done([...ARGS, '--token-file', 'token'])
})

test('a proxy that never answers CONNECT', async (t) => {
  const { job } = await startJob(t)
  const env = { HTTPS_PROXY: await silentServer(t) }
  const remote = [...ARGS, '--sts-endpoint', 'https://sts.test']
  const limited = await job.fails(
    [...remote, '--timeout-seconds', '2'],
    'timed-out',
    /it was waiting for AWS STS/,
    { env },
  )
  assert.ok(limited.milliseconds < 4500, `${limited.milliseconds} ms`)
  const attempt = [...remote, '--max-attempts', '1']
  const { milliseconds } = await job.fails(attempt, 'aws-unreachable', /no answer in time/, { env })
  assert.ok(milliseconds < 20_000, `${milliseconds} ms`)
})

test('files locked by another process: nothing is written after the error', async (t) => {
  const { job } = await startJob(t)
  const lock = job.write('.aws/.credentials.circleci-aws-oidc.lock', '')
  const utimes = setInterval(() => utimesSync(lock, new Date(), new Date()), 200)
  t.after(() => clearInterval(utimes))
  const args = [...ARGS, '--timeout-seconds', '2']
  const { milliseconds } = await job.fails(args, 'timed-out', /it was writing the profile/)
  assert.ok(milliseconds < 4500, `${milliseconds} ms`)
  assert.deepEqual(job.files(), { '.aws/.credentials.circleci-aws-oidc.lock': '' })
})

test('nobody listens, a name that does not resolve', async (t) => {
  const { job } = await startJob(t)
  const once = [...ARGS, '--max-attempts', '1', '--sts-endpoint']
  const refused =
    /127\.0\.0\.1:9 \(from --sts-endpoint\): connection refused.*\n {2}Why: .* ECONNREFUSED 127\.0\.0\.1:9\.\n {2}Next: {3}Correct or unset --sts-endpoint/
  await job.fails([...once, 'http://127.0.0.1:9'], 'aws-unreachable', refused)
  await job.fails([...once, 'https://sts.invalid'], 'aws-unreachable', /ENOTFOUND|EAI_AGAIN/)
})
