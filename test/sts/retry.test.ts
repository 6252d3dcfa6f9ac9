import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Context } from '../../src/context.ts'
import { type Deadline, startDeadline } from '../../src/deadline.ts'
import { FailedExchange, type Failure } from '../../src/sts/failure.ts'
import { type FailedAttempts, type WhenFailed, withRetries } from '../../src/sts/retry.ts'

const TRANSIENT: Failure = { code: 'aws-unavailable', transient: true, detail: 'HTTP 503' }
const PERMANENT: Failure = { code: 'access-denied', transient: false, detail: 'AccessDenied: no' }
const EXPIRED: Failure = { code: 'token-expired', transient: false, detail: 'ExpiredToken: old' }

/** A deadline that never comes and does not wait between attempts. */
const impatient: Deadline = {
  signal: new AbortController().signal,
  remaining: () => 60_000,
  clear: () => {},
  race: (doing, work) =>
    doing.startsWith('waiting to try again') ? (Promise.resolve() as typeof work) : work,
}

/** Fails with the failures given, one per attempt, then succeeds; tells how many attempts there were. */
function attempts(...failures: Failure[]) {
  const made: number[] = []
  const attempt = async (number: number) => {
    made.push(number)
    const failure = failures[made.length - 1]
    if (failure) throw new FailedExchange(failure)
    return 'done'
  }
  return { made, attempt }
}

/** Keeps the failure for good as it is. */
class FailedForGood extends Error {
  readonly failed: FailedAttempts

  constructor(failed: FailedAttempts) {
    super()
    this.failed = failed
  }
}

const explain = (failed: FailedAttempts) => new FailedForGood(failed)

/** A context that keeps what a person is told. */
function contextFor(told: string[], change: Partial<Context> = {}) {
  const note = (text: string) => told.push(text)
  const terminal = { note, debug() {} } as unknown as Context['terminal']
  return { deadline: impatient, maxAttempts: 5, terminal, ...change }
}

/** Runs with retries and keeps what was told of each. */
async function run(
  failures: readonly Failure[],
  { mend, ...change }: Partial<Context & Pick<WhenFailed, 'mend'>> = {},
) {
  const { made, attempt } = attempts(...failures)
  const told: string[] = []
  const outcome = await withRetries(attempt, contextFor(told, change), { explain, mend }).catch(
    (error: unknown) => error,
  )
  const delays = told.map((line) => /; next in ([\d.]+) s\.$/.exec(line)?.[1])
  return { outcome, made, delays, told: told.map((line) => line.replace(/; next in .*/, '')) }
}

test('transient failures are retried until an attempt succeeds, each told of', async () => {
  const { outcome, made, told } = await run([TRANSIENT, TRANSIENT])
  assert.equal(outcome, 'done')
  assert.deepEqual(made, [1, 2, 3])
  assert.deepEqual(told, ['Attempt 1 of 5 failed (HTTP 503)', 'Attempt 2 of 5 failed (HTTP 503)'])
})

test('the time that is up while it waits to try again is told with what failed', async () => {
  const waits: string[] = []
  const race: Deadline['race'] = (doing, work) => {
    waits.push(doing)
    return impatient.race(doing, work)
  }
  await run([TRANSIENT], { deadline: { ...impatient, race } })
  assert.equal(waits[1], 'waiting to try again after HTTP 503')
})

for (const maxAttempts of [1, 2, 5]) {
  test(`at most ${maxAttempts} attempts; the last failure is the outcome`, async () => {
    const { outcome, made, told } = await run(Array(10).fill(TRANSIENT), { maxAttempts })
    assert.equal(made.length, maxAttempts)
    assert.equal(told.length, maxAttempts - 1)
    assert.ok(outcome instanceof FailedForGood)
    const { failure, attempts, cause } = outcome.failed
    assert.deepEqual([failure, attempts], [TRANSIENT, maxAttempts])
    assert.ok(cause instanceof FailedExchange)
  })
}

test('a failure that is worth fewer attempts gets no more of them', async () => {
  const brief: Failure = { code: 'credentials-rejected', transient: true, attempts: 3, detail: 'x' }
  const { outcome, made, told } = await run(Array(10).fill(brief))
  assert.deepEqual(
    [made, told],
    [
      [1, 2, 3],
      ['Attempt 1 of 3 failed (x)', 'Attempt 2 of 3 failed (x)'],
    ],
  )
  assert.ok(outcome instanceof FailedForGood)
  assert.deepEqual((await run(Array(10).fill(brief), { maxAttempts: 2 })).made, [1, 2])
  assert.deepEqual((await run([brief, TRANSIENT, TRANSIENT, TRANSIENT])).outcome, 'done')
})

test('a permanent failure ends it at once, also after transient ones', async () => {
  const first = await run([PERMANENT])
  assert.deepEqual([first.made, first.told], [[1], []])
  assert.ok(first.outcome instanceof FailedForGood)
  assert.equal(first.outcome.failed.failure, PERMANENT)
  const later = await run([TRANSIENT, PERMANENT])
  assert.deepEqual(later.made, [1, 2])
})

test('a defect is no failure of the exchange', async () => {
  const defect = 'thrown, but not an error'
  const attempt = () => Promise.reject(defect)
  await assert.rejects(
    withRetries(attempt, contextFor([]), { explain }),
    (error) => error === defect,
  )
})

test('what is mended is tried again at once and counts as an attempt', async () => {
  const mended: string[] = []
  const mend = async ({ code }: Failure) => {
    mended.push(code)
    return code === 'token-expired'
  }
  const { outcome, made, told } = await run([EXPIRED], { mend })
  assert.deepEqual([outcome, made, told, mended], ['done', [1, 2], [], ['token-expired']])
  const last = await run([EXPIRED, EXPIRED], { mend, maxAttempts: 2 })
  assert.ok(last.outcome instanceof FailedForGood)
  assert.deepEqual(last.made, [1, 2])
})

// AWS Architecture Blog, "Exponential Backoff And Jitter": full jitter is random between 0 and the backoff.
test('full jitter: from 0 to 0.5 s, doubled each time, at most 5 s', async (t) => {
  const random = t.mock.method(Math, 'random', () => 0)
  const failures = Array(9).fill(TRANSIENT)
  const none = await run(failures, { maxAttempts: 10 })
  assert.deepEqual(none.delays, Array(5).fill('0.0'))
  random.mock.mockImplementation(() => 1)
  const most = await run(failures, { maxAttempts: 10 })
  assert.deepEqual(most.delays, ['0.5', '1.0', '2.0', '4.0', '5.0'])
  random.mock.mockImplementation(() => 0.4)
  const some = await run(failures, { maxAttempts: 4 })
  assert.deepEqual(some.delays, ['0.2', '0.4', '0.8'])
})

test('it waits as long as it says', async (t) => {
  t.mock.method(Math, 'random', () => 0.4)
  const deadline = startDeadline(10)
  t.after(() => deadline.clear())
  const start = performance.now()
  const { delays } = await run([TRANSIENT], { deadline })
  assert.deepEqual(delays, ['0.2'])
  assert.ok(performance.now() - start >= 199)
})

test('without a number of attempts: five, but as long as there is time where AWS is there and cannot answer', async () => {
  const unlimited = { maxAttempts: undefined }
  const throttled = await run(Array(40).fill(TRANSIENT), unlimited)
  assert.equal(throttled.outcome, 'done')
  assert.deepEqual(
    throttled.told,
    [1, 2, 3, 4, 8, 16, 32].map((number) => `Attempt ${number} failed (HTTP 503)`),
    'dozens of attempts take a few lines',
  )
  const away: Failure = { code: 'aws-unreachable', transient: true, detail: 'ECONNREFUSED' }
  const { outcome, made, told } = await run(Array(40).fill(away), unlimited)
  assert.ok(outcome instanceof FailedForGood)
  assert.deepEqual([made.length, told[0]], [5, 'Attempt 1 of 5 failed (ECONNREFUSED)'])
  const both = await run(
    [...Array(7).fill(TRANSIENT), away, ...Array(6).fill(TRANSIENT)],
    unlimited,
  )
  assert.deepEqual([both.outcome, both.told[4]], ['done', 'Attempt 8 of 12 failed (ECONNREFUSED)'])
  const brief: Failure = { ...away, attempts: 3 }
  assert.equal((await run(Array(40).fill(brief), unlimited)).made.length, 3)
})

test('where the pause would outlast the time, the failure is told, not that the time is over', async (t) => {
  t.mock.method(Math, 'random', () => 1)
  const deadline = startDeadline(0.3)
  t.after(() => deadline.clear())
  const { outcome, made } = await run(Array(9).fill(TRANSIENT), {
    deadline,
    maxAttempts: undefined,
  })
  assert.ok(outcome instanceof FailedForGood)
  assert.deepEqual([outcome.failed.failure, made], [TRANSIENT, [1]])
})

test('the deadline ends an attempt that takes too long, and says what the one before met', async (t) => {
  t.mock.method(Math, 'random', () => 0)
  const attempt = (number: number) =>
    number === 1 ? Promise.reject(new FailedExchange(TRANSIENT)) : new Promise<string>(() => {})
  const context = contextFor([], { deadline: startDeadline(0.05) })
  await assert.rejects(withRetries<string>(attempt, context, { explain }), {
    code: 'timed-out',
    exitCode: 5,
    message:
      'The command was not done after 0.05 s; it was waiting for AWS STS (attempt 2; the one before: HTTP 503).',
  })
})
