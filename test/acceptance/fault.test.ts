import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../src/errors.ts'
import { FAULT_NAMES, type FaultName } from '../../src/sandbox/index.ts'
import { type Environment, ROLE, startJob } from './job.ts'

const ARGS = ['assume-role', '--role-arn', ROLE, '--max-attempts', '2']

const USERS_FILES = {
  '.aws/config': '# mine\n[default]\nregion = eu-west-2',
  '.aws/credentials': '[mine]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n',
}

interface Expected {
  readonly code: ErrorCode
  readonly exit: number
  /** Two where the facts of AWS call it transient. */
  readonly requests: 1 | 2
  readonly message: RegExp
}

const FAULTS: Record<FaultName, Expected> = {
  throttling: transient(
    'aws-unavailable',
    /could not answer\..*Throttling: Rate exceeded \(after 2/s,
  ),
  'internal-failure': transient(
    'aws-unavailable',
    /could not answer\..*InternalFailure: .*\(after 2/s,
  ),
  'service-unavailable': transient('aws-unavailable', /could not answer\..*ServiceUnavailable: /s),
  'idp-communication-error': transient(
    'issuer-unreachable',
    /could not get the keys of the issuer https:\/\/oidc\.circleci\.com\/org\/.*Likely: /s,
  ),
  'verification-key': transient(
    'issuer-unreachable',
    /Couldn't retrieve verification key.*Next: /s,
  ),
  // Minting is tried first; where it fails, what AWS said is the cause.
  'expired-token': {
    ...permanent(
      'token-expired',
      /has expired; getting a new one\..*AWS says that the token from CIRCLE_OIDC_TOKEN_V2 has expired/s,
    ),
    exit: 3,
  },
  'rejected-claim': permanent('token-rejected', /rejects the web identity token from CIRCLE_OIDC/),
  'access-denied': permanent('access-denied', /Likely: .*Next: .*doctor --role-arn/s),
  'packed-policy': permanent('session-policy-rejected', /PackedPolicyTooLarge.*Next: .*--policy/s),
  'region-disabled': permanent('region-disabled', /not active.*Next: .*another --region/s),
  slow: {
    ...transient('timed-out', /not done after 1 s; it was waiting for AWS STS/),
    requests: 1,
  },
  reset: transient(
    'aws-unreachable',
    /can't be reached at 127\.0\.0\.1:\d+ \(from \S+\): .*ECONNRESET/,
  ),
  html: {
    ...permanent('unexpected-answer', /is not AWS STS\..*Likely: It may be a proxy/s),
    exit: 5,
  },
  'html-502': transient('aws-unavailable', /could not answer\..*HTTP 502/s),
  truncated: transient('aws-unreachable', /the answer broke off|aborted/),
  empty: {
    ...permanent('unexpected-answer', /HTTP 200, but empty or HTML, without AccessKeyId, /),
    exit: 5,
  },
  'missing-fields': {
    ...permanent('unexpected-answer', /HTTP 200, but without SecretAccessKey/),
    exit: 5,
  },
}

function transient(code: ErrorCode, message: RegExp): Expected {
  return { code, exit: 5, requests: 2, message }
}

function permanent(code: ErrorCode, message: RegExp): Expected {
  return { code, exit: 4, requests: 1, message }
}

for (const name of FAULT_NAMES) {
  const { code, exit, requests, message } = FAULTS[name]
  test(`fault ${name}: ${code}, exit code ${exit}`, async (t) => {
    const faults = [{ name, count: Number.POSITIVE_INFINITY }]
    const { job, sandbox } = await startJob(t, { faults })
    for (const [path, text] of Object.entries(USERS_FILES)) job.write(path, text)
    const args = name === 'slow' ? [...ARGS, '--timeout-seconds', '1'] : ARGS
    const outcome = await job.fails(args, code, message)
    assert.equal(outcome.code, exit)
    assert.equal(sandbox.requests.length, requests)
    const retries = outcome.stderr.match(/^Attempt 1 of 2 failed \(.+\); next in \d\.\d s\.$/gm)
    assert.equal(retries?.length ?? 0, requests - 1, outcome.stderr)
    assert.deepEqual(job.files(), USERS_FILES, 'nothing is written')
  })
}

test('faults that pass: the run succeeds, with a line per retry', async (t) => {
  const { job, sandbox } = await startJob(t, { faults: [{ name: 'verification-key', count: 1 }] })
  const { stderr } = await job.done(ARGS)
  assert.match(stderr, /^Attempt 1 of 2 failed \(InvalidIdentityToken: Couldn't retrieve .*\n$/)
  assert.equal(sandbox.exchanges, 1)
})

test('--debug of a failure: attempts, request ids and a trace, no secret', async (t) => {
  const { job } = await startJob(t, { faults: [{ name: 'throttling', count: 9 }] })
  const { code, stderr } = await job.run([...ARGS, '--debug'])
  assert.equal(code, 5)
  assert.match(stderr, /^debug: attempt 1 at 127\.0\.0\.1:\d+ took \d+ ms and failed$/m)
  assert.match(stderr, /^debug: AWS request id [\w-]{36}$/m)
  assert.match(stderr, /^debug: OidcError: .*\n\s+at /m)
})

interface Refusal {
  readonly name: string
  readonly code: ErrorCode
  readonly args?: string[]
  readonly mint?: object
  readonly message: RegExp
  readonly env?: Environment
}

const REFUSALS: Refusal[] = [
  {
    name: 'a token of another project',
    code: 'access-denied',
    mint: { claims: { sub: 'org/o/project/p/user/u' } },
    message:
      /audience {2}\S+\n\s+subject {3}org\/o\/project\/p\/user\/u\n.*doctor --role-arn \S+ --trust-policy role\.json\n/s,
  },
  {
    name: 'no such role',
    code: 'access-denied',
    args: ['--role-arn', 'arn:aws:iam::111111111111:role/nobody'],
    message:
      /does not exist under exactly this name.*role {6}nobody, path \/, account 111111111111/s,
  },
  {
    name: 'an account without the provider',
    code: 'provider-not-found',
    args: ['--role-arn', 'arn:aws:iam::222222222222:role/playground'],
    message:
      /Account 222222222222 has no OIDC provider.*create an IAM OIDC provider there with the URL https:\/\/oidc\./s,
  },
  {
    name: 'an audience the provider does not have',
    code: 'audience-not-registered',
    mint: { audience: 'sts.amazonaws.com' },
    message: /audience "sts\.amazonaws\.com" is not among.*Next: .*Add "sts\.amazonaws\.com"/s,
  },
  {
    name: 'longer than the role allows',
    code: 'request-rejected',
    args: ['--duration-seconds', '43200'],
    message: /DurationSeconds.*Next: .*lower --duration-seconds than 43200/s,
  },
]

for (const { name, code, args = [], mint, message } of REFUSALS) {
  test(`refused: ${name}`, async (t) => {
    const { job, sandbox } = await startJob(t)
    const role = args.includes('--role-arn') ? [] : ['--role-arn', ROLE]
    const env = mint ? { CIRCLE_OIDC_TOKEN_V2: await sandbox.mint(mint) } : {}
    const { code: exit } = await job.fails(['assume-role', ...role, ...args], code, message, {
      env,
    })
    assert.equal(exit, 4)
    assert.equal(sandbox.requests.length, 1, 'a refusal is not retried')
    assert.deepEqual(job.files(), {})
  })
}
