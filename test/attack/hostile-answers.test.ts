import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Job, type Outcome, ROLE } from '../acceptance/job.ts'
import { jwt } from '../token/jwt.ts'
import {
  type Answering,
  type Asked,
  answeringServer,
  answerOf,
  errorOf,
  partsFor,
  send,
  sendSlowly,
  sendWithoutEnd,
} from './hostile-sts.ts'
import { busyness, isFull, random, seed, size } from './size.ts'

const PEAK_MEMORY = fileURLToPath(new URL('peak-memory.cjs', import.meta.url))
const SECONDS = 2
const ARGS = ['assume-role', '--role-arn', ROLE, '--timeout-seconds', String(SECONDS)]
/** Beside the other tests, a process gets less of the machine. */
const TOLERANCE_MS = isFull ? 500 : 3_000
const MEGABYTES = 150

interface Measured extends Outcome {
  readonly megabytes: number
}

async function run(
  t: TestContext,
  answer: Answering,
  { args = ARGS, ...env }: { args?: readonly string[]; PATH?: string } = {},
): Promise<{ job: Job; outcome: Measured }> {
  const url = await answeringServer(t, answer)
  const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: jwt({ sub: 'org/o' }) })
  const peak = join(job.root, 'peak')
  // A blank in NODE_OPTIONS stands between options.
  const NODE_OPTIONS = `--require "${PEAK_MEMORY}"`
  const outcome = await job.run(args, { env: { NODE_OPTIONS, PEAK_MEMORY_FILE: peak, ...env } })
  const megabytes = Number(job.read('../peak')) / 1024
  assert.ok(megabytes > 1 && megabytes < MEGABYTES, `${megabytes} MB`)
  const most = SECONDS * 1000 + TOLERANCE_MS * busyness()
  assert.ok(outcome.milliseconds < most, `${outcome.milliseconds} ms: ${outcome.stderr}`)
  return { job, outcome: { ...outcome, megabytes } }
}

/** An error of ours, with nothing written. */
function assertRefused(job: Job, { code, stderr }: Outcome, what: string): void {
  assert.ok([3, 4, 5].includes(code ?? -1), `${what}: exit code ${code}\n${stderr}`)
  assert.match(stderr, /^Error [a-z-]+: /m, what)
  assert.deepEqual(job.files(), {}, what)
}

describe('answers without bounds', () => {
  const answers: Record<string, [answer: (response: ServerResponse) => void, error: RegExp]> = {
    'a body without end': [
      (response) => sendWithoutEnd(response, '<a>', 'x'),
      /^Error unexpected-answer: .*HTTP 200, but longer than 100 kB/ms,
    ],
    'elements without end': [
      (response) => sendWithoutEnd(response, '', '<a>'),
      /^Error unexpected-answer: .*HTTP 200, but longer than 100 kB/ms,
    ],
    '<a> and 10 MB of text': [
      (response) => send(response, `<a>${'x'.repeat(10_000_000)}</a>`),
      /^Error unexpected-answer: .*HTTP 200, but longer than 100 kB/ms,
    ],
    'elements within elements': [
      (response) => send(response, '<a>'.repeat(33_000)),
      /^Error unexpected-answer: .*not an answer from AWS STS/ms,
    ],
    'declarations, which the parser of the SDK reads in quadratic time': [
      (response) => send(response, `${'<!DOCTYPE a>'.repeat(8_000)}<a/>`),
      /^Error unexpected-answer: .*HTTP 200, but empty or HTML/ms,
    ],
    'a byte now and then': [
      (response) => sendSlowly(response, answerOf(partsFor({ role: ROLE, session: 's' })), 50),
      /^Error timed-out: .*2 s; it was waiting for AWS STS at 127\.0\.0\.1:\d+ /m,
    ],
    'a header without end': [
      (response) => {
        const write = () => {
          while (!response.socket?.destroyed && response.socket?.write('x-a: b\r\n'.repeat(1000)));
        }
        response.socket?.write('HTTP/1.1 200 OK\r\n')
        response.socket?.on('drain', write).on('error', () => {})
        write()
      },
      /^Error (aws-unreachable|timed-out): /m,
    ],
    'a page without end, as the gateway of an error': [
      (response) => {
        response.writeHead(503)
        const write = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        }
        response.on('drain', write)
        write()
      },
      /^Error (aws-unavailable|timed-out): .*HTTP 503/ms,
    ],
  }
  for (const [name, [answer, error]] of Object.entries(answers)) {
    test(name, async (t) => {
      const { job, outcome } = await run(t, (_, response) => answer(response))
      assertRefused(job, outcome, name)
      assert.match(outcome.stderr, error)
      t.diagnostic(`${Math.round(outcome.milliseconds)} ms, ${Math.round(outcome.megabytes)} MB`)
    })
  }

  test('an answer that stalls midway is broken, and asked for again', async (t) => {
    const answer: Answering = (asked, response, number) => {
      const body = answerOf(partsFor(asked))
      if (number > 1) return send(response, body)
      response.writeHead(200, { 'content-length': body.length })
      response.write(body.slice(0, 200))
    }
    const url = await answeringServer(t, answer)
    const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: jwt({ sub: 'o' }) })
    const { stderr } = await job.done(ARGS.slice(0, 3))
    assert.match(
      stderr,
      /^Attempt 1 of 5 failed \(the answer did not come to its end in 5 s\); next/m,
    )
  })

  test('a minting program that prints without end', async (t) => {
    const job = new Job(t)
    job.program('circleci', 'exec yes')
    const peak = join(job.root, 'peak')
    const env = { NODE_OPTIONS: `--require "${PEAK_MEMORY}"`, PEAK_MEMORY_FILE: peak }
    const args = [...ARGS, '--timeout-seconds', '9'].toSpliced(3, 2)
    await job.fails(args, 'token-not-found', /"circleci run oidc get": its output is too long/, {
      env,
    })
    const megabytes = Number(job.read('../peak')) / 1024
    assert.ok(megabytes > 1 && megabytes < MEGABYTES, `${megabytes} MB`)
  })
})

test('the tail of the token in an error is not shown', async (t) => {
  const signature = createHash('sha512').update('a').digest('base64url')
  const token = `${jwt({ sub: 'org/o', filler: [...Array(99).keys()] })}${signature}`
  const [tail, middle] = [token.slice(-60), token.slice(60, 120)]
  const answer: Answering = (_, response) =>
    send(response, errorOf('AccessDenied', `no: ${tail}, ${middle}`), 403)
  const url = await answeringServer(t, answer)
  const job = new Job(t, { AWS_ENDPOINT_URL_STS: url, CIRCLE_OIDC_TOKEN_V2: token })
  const { stderr } = await job.run([...ARGS, '--debug'])
  assert.match(stderr, /AccessDenied: no: \[concealed\], \[concealed\]/)
  for (const part of [tail, middle]) assert.ok(!stderr.includes(part.slice(20, 40)), stderr)
})

test('generated answers: an error of ours, or whole credentials, and always in time', {
  timeout: 3_600_000,
}, async (t) => {
  const next = random(seed)
  const codes = new Map<number, number>()
  let [slowest, largest] = [0, 0]
  for (let i = 0; i < size(5, 200); i += 1) {
    const spoilt = spoiltAnswer(next)
    const { job, outcome } = await run(t, (asked, response) => spoilt.send(asked, response))
    codes.set(outcome.code ?? -1, (codes.get(outcome.code ?? -1) ?? 0) + 1)
    slowest = Math.max(slowest, outcome.milliseconds)
    largest = Math.max(largest, outcome.megabytes)
    if (outcome.code !== 0) {
      assertRefused(job, outcome, spoilt.name)
      continue
    }
    const written = job.read('.aws/credentials') ?? ''
    assert.match(
      written,
      /^aws_access_key_id = [\x21-\x7e]+\naws_secret_access_key = [\x21-\x7e]+\n/m,
    )
    assert.match(outcome.stdout, /arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//)
  }
  const most = `${Math.round(slowest)} ms, ${Math.round(largest)} MB at most`
  t.diagnostic(`${most}; exit codes: ${JSON.stringify(Object.fromEntries(codes))}`)
})

const HOSTILE = [
  ...[
    '',
    ' ',
    '&#0;',
    '&#10;[default]&#10;',
    '&lt;b&gt;',
    '\u202e',
    '\u001b[2J',
    '__proto__',
    'constructor',
  ],
  ...[
    'x'.repeat(40_000),
    'é'.repeat(9),
    '&amp;'.repeat(5_000),
    '# x',
    '<b>1</b><b>2</b>',
    '<![CDATA[x]]>',
    'null',
  ],
]
const STATUSES = [
  200, 201, 204, 206, 301, 302, 307, 400, 401, 403, 404, 407, 408, 413, 418, 429, 500, 502, 503,
  599,
]

interface Spoilt {
  readonly name: string
  readonly send: (asked: Asked, response: ServerResponse) => void
}

/** A whole answer, an error or neither, spoilt in one to three places. */
function spoiltAnswer(next: () => number): Spoilt {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(next() * items.length)] as Item
  const names = ['Arn', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration']
  const changes = Array.from({ length: 1 + Math.floor(next() * 3) }, () => ({
    name: pick(names),
    text: pick(HOSTILE),
  }))
  const kind = pick(['parts', 'parts', 'error', 'bytes', 'cut', 'headers', 'encoding'] as const)
  const status = kind === 'parts' ? pick([200, 200, 200, ...STATUSES]) : pick(STATUSES)
  const [one, other] = [pick(HOSTILE), pick(HOSTILE)]
  const cut = next()
  const noise = Buffer.from(Array.from({ length: 300 }, () => Math.floor(next() * 256)))
  const name = `${kind} ${status} ${JSON.stringify({ changes, one, other, cut }).slice(0, 300)}`
  const body = (asked: Asked): string | Buffer => {
    const whole = answerOf(partsFor(asked))
    switch (kind) {
      case 'parts':
        return answerOf({
          ...partsFor(asked),
          ...Object.fromEntries(changes.map((c) => [c.name, c.text])),
        })
      case 'error':
        return errorOf(one, other)
      case 'bytes':
        return Buffer.concat([Buffer.from(whole.slice(0, cut * whole.length)), noise])
      case 'cut':
        return whole.slice(0, cut * whole.length)
      case 'headers':
        return whole
      case 'encoding':
        return gzipSync(whole)
    }
  }
  return {
    name,
    send: (asked, response) => {
      const bytes = body(asked)
      const headers =
        kind === 'headers'
          ? {
              'content-length': String(Math.floor(cut * 2 * bytes.length)),
              location: '/x',
              'retry-after': '99999',
            }
          : {}
      response.strictContentLength = false
      response.writeHead(status, { 'content-type': 'text/xml', ...headers })
      response.end(bytes)
    },
  }
}
