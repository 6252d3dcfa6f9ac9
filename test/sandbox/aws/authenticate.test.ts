import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hash } from '@smithy/core/serde'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sessions } from '../../../src/sandbox/aws/session.ts'
import { authenticate } from '../../../src/sandbox/aws/signature.ts'
import { readWorld } from '../../../src/sandbox/index.ts'

// Signed by the signer of AWS's SDK for JavaScript: it tells what is signed right.

const world = readWorld({})
const sessions = new Sessions(world)
const [role = assert.fail()] = world.accounts.flatMap(({ roles }) => roles)
const REQUEST = {
  role,
  requested: {
    arn: 'arn:aws:iam::111111111111:role/circleci-oidc',
    ...{ partition: 'aws', account: '111111111111', resource: 'circleci-oidc' },
  },
  ...{ name: 'job-42', durationSeconds: 3600, tags: new Map(), transitiveTagKeys: [] },
  sourceIdentity: undefined,
}
const session = sessions.issue(REQUEST)
const BODY = 'Action=GetCallerIdentity&Version=2011-06-15'

interface Given {
  readonly headers?: Record<string, string>
  readonly query?: Record<string, string>
  readonly body?: string
  readonly date?: Date
}

const signer = new SignatureV4({
  credentials: session,
  region: 'eu-central-1',
  service: 'sts',
  sha256: Hash.bind(null, 'sha256'),
})

/** A request as it arrives, signed. */
async function signed({ headers = {}, query = {}, body = BODY, date = new Date() }: Given = {}) {
  const { headers: sent } = await signer.sign(
    {
      ...{ method: 'POST', protocol: 'http:', hostname: 'sandbox', path: '/', query, body },
      headers: { host: 'sandbox', ...headers },
    },
    { signingDate: date },
  )
  const search = String(new URLSearchParams(query))
  return {
    method: 'POST',
    target: search === '' ? '/' : `/?${search}`,
    headers: sent,
    body,
    query: new Map(new URLSearchParams(body)),
  }
}

test('who signed, and for which region', async () => {
  const found = authenticate(await signed(), sessions)
  assert.deepEqual(found, { session, region: 'eu-central-1' })
})

// reference_sigv-create-signed-request.html, step 1: the canonical request
for (const [name, given] of [
  ['blanks around and within the value of a header', { headers: { 'x-test': '  a   b  ' } }],
  ['names and values to be encoded', { query: { "a!'()*": "b!'()*~-._ +/=&ü", 'a b': '' } }],
  ['parameters in another order', { query: { b: '1', a: '2', A: '3', 'a-': '4', aa: '5' } }],
  ['a parameter that is a signature elsewhere', { query: { 'X-Amz-Signature': 'x' } }],
  ['an empty body', { body: '' }],
] as const) {
  test(`signed: ${name}`, async () => {
    const request = await signed(given)
    assert.equal(authenticate(request, sessions).session, session)
    assert.throws(() => authenticate({ ...request, body: `${request.body}&x=1` }, sessions), {
      code: 'SignatureDoesNotMatch',
    })
  })
}

test('each part of the request is signed', async () => {
  const request = await signed({ headers: { 'x-test': 'a' }, query: { a: '1' } })
  for (const change of [
    { method: 'PUT' },
    { target: '/?a=2' },
    { target: '/?b=1' },
    { target: '/?a=1&b=1' },
    { headers: { ...request.headers, 'x-test': 'b' } },
    { headers: { ...request.headers, host: 'other' } },
    { body: '' },
  ]) {
    assert.throws(() => authenticate({ ...request, ...change }, sessions), {
      code: 'SignatureDoesNotMatch',
      message: /^The request signature we calculated does not match the signature you provided\. /,
    })
  }
  const authorization = request.headers['authorization'] ?? ''
  for (const wrong of [
    authorization.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    authorization.replace(/.$/, ''),
    `${authorization}0`,
  ]) {
    const headers = { ...request.headers, authorization: wrong }
    assert.throws(() => authenticate({ ...request, headers }, sessions), {
      code: 'SignatureDoesNotMatch',
    })
  }
})

// Messages as https://github.com/architect/dynalite recorded them, which reference_sigv-troubleshooting.html leaves out.
const requires = (...names: string[]) =>
  names.map((name) => `Authorization header requires '${name}' parameter. `).join('')
for (const [change, message] of [
  [/ Credential=[^,]*,/, `${requires('Credential')}Authorization=AWS4-HMAC-SHA256`],
  [/, Signature=.*/, `${requires('Signature')}Authorization=AWS4-HMAC-SHA256`],
  [/ .*/, `${requires('Credential', 'Signature', 'SignedHeaders')}Authorization=AWS4-HMAC-SHA256`],
  [/SignedHeaders=[^,]*/, `${requires('SignedHeaders')}Authorization=AWS4-HMAC-SHA256`],
  [/(?<=SignedHeaders=)[^,]*/, `${requires('SignedHeaders')}Authorization=AWS4-HMAC-SHA256`],
  [/^AWS4-HMAC/, `${requires('Credential', 'Signature', 'SignedHeaders')}Authorization=-SHA256`],
  [/.*/, `${requires('Credential', 'Signature', 'SignedHeaders')}Authorization=`],
] as const) {
  test(`the header Authorization without ${change}`, async () => {
    const request = await signed()
    const authorization = (request.headers['authorization'] ?? '').replace(change, '')
    const headers = { ...request.headers, authorization }
    assert.throws(() => authenticate({ ...request, headers }, sessions), {
      code: 'IncompleteSignature',
      message,
    })
  })
}

test('blanks in the header Authorization do no harm', async () => {
  const request = await signed()
  const authorization = (request.headers['authorization'] ?? '').replaceAll(', ', '  ,\t')
  const headers = { ...request.headers, authorization: `${authorization} ` }
  assert.equal(authenticate({ ...request, headers }, sessions).session, session)
})

test('another algorithm of Signature Version 4, and none', async () => {
  const { headers, ...request } = await signed()
  const other = `AWS4-ECDSA-P256-SHA256${headers['authorization']?.slice(16)}`
  assert.throws(
    () => authenticate({ ...request, headers: { ...headers, authorization: other } }, sessions),
    {
      code: 'IncompleteSignature',
      message: "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
    },
  )
  assert.throws(() => authenticate({ ...request, headers: {} }, sessions), {
    code: 'MissingAuthenticationToken',
    message: 'Request is missing Authentication Token',
  })
})

test('a credential has five parts', async () => {
  const request = await signed()
  for (const given of ['a', 'a/b/c/d', 'a/b/c/d/e/f', '']) {
    const authorization = (request.headers['authorization'] ?? '').replace(
      /(?<=Credential=)[^,]*/,
      given || '/',
    )
    const headers = { ...request.headers, authorization }
    assert.throws(() => authenticate({ ...request, headers }, sessions), {
      code: 'IncompleteSignature',
      message: `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${given || '/'}'`,
    })
  }
})

test('the time of a request: none, no time, and each side of 15 minutes', async (t) => {
  const now = Date.UTC(2026, 10, 21, 12)
  const at = (seconds: number) => signed({ date: new Date(now + seconds * 1000) })
  const requests = await Promise.all([0, 900, -900, 901, -901].map(at))
  t.mock.timers.enable({ apis: ['Date'], now })
  const [good = assert.fail(), ahead, behind, early = assert.fail(), late = assert.fail()] =
    requests
  const find = () => ({ ...session, expiration: new Date(now + 1) })
  const known = Object.assign(new Sessions(world), { find })
  for (const one of [good, ahead, behind]) assert.ok(one && authenticate(one, known))
  assert.throws(() => authenticate(early, known), {
    code: 'SignatureDoesNotMatch',
    message:
      'Signature not yet current: 20261121T121501Z is still later than 20261121T121500Z (20261121T120000Z + 15 min.)',
  })
  assert.throws(() => authenticate(late, known), {
    code: 'SignatureDoesNotMatch',
    message:
      'Signature expired: 20261121T114459Z is now earlier than 20261121T114500Z (20261121T120000Z - 15 min.)',
  })
  const { 'x-amz-date': _, ...dateless } = good.headers
  assert.throws(() => authenticate({ ...good, headers: dateless }, known), {
    code: 'IncompleteSignature',
    message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
  })
  for (const wrong of ['noon', '20261121', '20261121T120000', '20261321T120000Z', '']) {
    const headers = { ...good.headers, 'x-amz-date': wrong }
    assert.throws(() => authenticate({ ...good, headers }, known), {
      code: 'IncompleteSignature',
      message: `Date must be in ISO-8601 'basic format'. Got '${wrong}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    })
  }
  t.mock.timers.setTime(now + 1)
  assert.throws(() => authenticate(good, known), {
    code: 'ExpiredToken',
    message: 'The security token included in the request is expired',
    reason: 'it expired at 2026-11-21T12:00:00.001Z',
  })
})

test('a region of another partition', async () => {
  const request = await signed()
  const authorization = request.headers['authorization']?.replace('eu-central-1', 'cn-north-1')
  const headers = { ...request.headers, authorization: authorization ?? '' }
  assert.throws(() => authenticate({ ...request, headers }, sessions), {
    code: 'InvalidClientTokenId',
    reason: 'credentials of aws are unknown in cn-north-1',
  })
})

test('a session token that is missing, or of another session', async () => {
  const request = await signed()
  const other = sessions.issue({
    ...REQUEST,
    name: 'other',
  })
  const { 'x-amz-security-token': _, ...without } = request.headers
  for (const [headers, reason] of [
    [without, 'the session token is missing'],
    [
      { ...without, 'x-amz-security-token': other.sessionToken },
      'the session token belongs to another access key',
    ],
  ] as const) {
    assert.throws(() => authenticate({ ...request, headers }, sessions), {
      code: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
      reason,
    })
  }
  assert.throws(() => authenticate(request, new Sessions(world)), {
    code: 'InvalidClientTokenId',
    reason: 'the access key was not issued by this sandbox',
  })
})

/** The parts of a signature in the query of a URL. */
const PRESIGNED = {
  'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
  'X-Amz-Credential': `${session.accessKeyId}/20261121/eu-central-1/sts/aws4_request`,
  'X-Amz-Date': '20261121T120000Z',
  'X-Amz-SignedHeaders': 'host',
  'X-Amz-Signature': '0'.repeat(64),
}
for (const [without, message] of [
  [['X-Amz-Signature'], "AWS query-string parameters must include 'X-Amz-Signature'."],
  [
    ['X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Date'],
    "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'.",
  ],
] as const) {
  test(`a presigned URL without ${without}`, () => {
    const query = new Map(Object.entries(PRESIGNED))
    for (const name of without) query.delete(name)
    const request = { method: 'GET', target: '/', headers: { host: 'sandbox' }, body: '', query }
    assert.throws(() => authenticate(request, sessions), { code: 'IncompleteSignature', message })
  })
}

test('a presigned URL of another algorithm', () => {
  const query = new Map(Object.entries({ ...PRESIGNED, 'X-Amz-Algorithm': 'AWS3' }))
  const request = { method: 'GET', target: '/', headers: { host: 'sandbox' }, body: '', query }
  assert.throws(() => authenticate(request, sessions), {
    code: 'IncompleteSignature',
    message: "Unsupported AWS 'algorithm'.",
  })
})
