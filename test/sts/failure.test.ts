import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OidcError } from '../../src/errors.ts'
import { FailedExchange, failureOf, incompleteAnswer } from '../../src/sts/failure.ts'

/** An error as the SDK throws it for an answer of STS. */
function stsError(status: number, Code: string | undefined, message: string) {
  const $metadata = { httpStatusCode: status, requestId: 'request-1' }
  const wire = Code && { Code, Type: status < 500 ? 'Sender' : 'Receiver' }
  return Object.assign(new Error(message), { name: Code ?? 'Unknown', $metadata }, wire)
}

/** An error as the SDK throws it when there is no answer. */
function networkError(code: string | undefined, message: string, name = 'Error') {
  return Object.assign(new Error(message), { name }, code && { code })
}

const TRANSIENT = true
const PERMANENT = false

// Codes, statuses and what to do: STS API Reference, "Errors" and "Common errors"; messages as AWS words them.
describe('answers of STS', () => {
  const cases: [status: number, wire: string, message: string, code: string, transient: boolean][] =
    [
      [
        400,
        'InvalidIdentityToken',
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
        'issuer-unreachable',
        TRANSIENT,
      ],
      [
        400,
        'InvalidIdentityToken',
        'No OpenIDConnect provider found in your account for https://oidc.circleci.com/org/x',
        'provider-not-found',
        PERMANENT,
      ],
      [
        400,
        'InvalidIdentityToken',
        'Incorrect token audience',
        'audience-not-registered',
        PERMANENT,
      ],
      [
        400,
        'InvalidIdentityToken',
        'The ID Token provided is not a valid JWT.',
        'token-rejected',
        PERMANENT,
      ],
      [400, 'IDPCommunicationError', 'could not be reached', 'issuer-unreachable', TRANSIENT],
      [403, 'IDPRejectedClaim', 'authentication failed', 'token-rejected', PERMANENT],
      [400, 'ExpiredTokenException', 'Token expired', 'token-expired', PERMANENT],
      [
        403,
        'AccessDenied',
        'Not authorized to perform sts:AssumeRoleWithWebIdentity',
        'access-denied',
        PERMANENT,
      ],
      [403, 'AccessDeniedException', 'Not authorized', 'access-denied', PERMANENT],
      [400, 'PackedPolicyTooLarge', 'packed size 104%', 'session-policy-rejected', PERMANENT],
      [400, 'MalformedPolicyDocument', 'Syntax errors', 'session-policy-rejected', PERMANENT],
      [403, 'RegionDisabledException', 'not activated', 'region-disabled', PERMANENT],
      [400, 'ValidationError', '1 validation error detected', 'request-rejected', PERMANENT],
      [400, 'InvalidParameterValue', 'no', 'request-rejected', PERMANENT],
      [400, 'Throttling', 'Rate exceeded', 'aws-unavailable', TRANSIENT],
      [400, 'ThrottlingException', 'Rate exceeded', 'aws-unavailable', TRANSIENT],
      [400, 'ThrottledException', 'Rate exceeded', 'aws-unavailable', TRANSIENT],
      [503, 'RequestLimitExceeded', 'limit', 'aws-unavailable', TRANSIENT],
      [400, 'RequestThrottledException', 'slow', 'aws-unavailable', TRANSIENT],
      [429, 'TooManyRequestsException', 'slow', 'aws-unavailable', TRANSIENT],
      [503, 'SlowDown', 'slow', 'aws-unavailable', TRANSIENT],
      [400, 'RequestTimeout', 'slow', 'aws-unavailable', TRANSIENT],
      [500, 'InternalFailure', 'unknown error', 'aws-unavailable', TRANSIENT],
      [500, 'InternalError', 'unknown error', 'aws-unavailable', TRANSIENT],
      [503, 'ServiceUnavailable', 'temporary', 'aws-unavailable', TRANSIENT],
    ]
  for (const [status, wire, message, code, transient] of cases) {
    test(`${wire} (${status}) ${message.slice(0, 40)}: ${code}`, () => {
      const detail = `${wire}: ${message.replace(/\.$/, '')}`
      const expected = { code, transient, detail, requestId: 'request-1' }
      assert.deepEqual(failureOf(stsError(status, wire, message)), expected)
    })
  }
})

for (const wire of ['InvalidClientTokenId', 'SignatureDoesNotMatch']) {
  test(`${wire}, of credentials that may not be known everywhere yet: three attempts`, () => {
    const { code, transient, attempts } = failureOf(stsError(403, wire, 'no'))
    assert.deepEqual([code, transient, attempts], ['credentials-rejected', TRANSIENT, 3])
  })
}

describe('answers of something else', () => {
  const cases: [status: number, code: string, transient: boolean, detail: string][] = [
    [200, 'unexpected-answer', PERMANENT, 'HTTP 200, but not an answer from AWS STS'],
    [302, 'unexpected-answer', PERMANENT, 'HTTP 302, but not an answer from AWS STS'],
    [403, 'unexpected-answer', PERMANENT, 'HTTP 403, but not an answer from AWS STS'],
    [407, 'aws-unreachable', PERMANENT, 'the proxy asks for a user name and password (HTTP 407)'],
    [502, 'aws-unavailable', TRANSIENT, 'HTTP 502'],
    [504, 'aws-unavailable', TRANSIENT, 'HTTP 504'],
  ]
  for (const [status, code, transient, detail] of cases) {
    test(`HTTP ${status} without an error of AWS: ${code}`, () => {
      const failure = failureOf(stsError(status, undefined, '<html>'))
      assert.deepEqual(failure, { code, transient, detail, requestId: 'request-1' })
    })
  }

  test('an Error that stands alone, as S3 answers: a code that AWS has, too, and one that is foreign', () => {
    const bare = (Code: string) => Object.assign(stsError(403, undefined, 'no'), { Code })
    const { code, isForeign } = failureOf(bare('AccessDenied'))
    assert.deepEqual([code, isForeign], ['access-denied', true])
    const other = failureOf(bare('InvalidArgument'))
    assert.deepEqual(
      [other.code, other.detail],
      ['unexpected-answer', 'HTTP 403, InvalidArgument: no'],
    )
  })

  test('HTTP 200 without a part is not worth a retry', () => {
    const failure = incompleteAnswer(['SecretAccessKey', 'Expiration'])
    assert.deepEqual(failure, {
      code: 'unexpected-answer',
      transient: false,
      detail: 'HTTP 200, but empty or HTML, without SecretAccessKey, Expiration',
    })
    assert.equal(failureOf(new FailedExchange(failure)), failure)
  })
})

describe('no answer', () => {
  const cases: [error: Error, transient: boolean, detail: string, code?: string][] = [
    [networkError('ECONNRESET', 'read ECONNRESET'), TRANSIENT, 'read ECONNRESET'],
    [
      networkError('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:3128'),
      TRANSIENT,
      'connect ECONNREFUSED 10.0.0.1:3128',
    ],
    // Several addresses tried: an AggregateError, whose message is empty.
    [networkError('ECONNREFUSED', ''), TRANSIENT, 'ECONNREFUSED'],
    [
      networkError('ENOTFOUND', 'getaddrinfo ENOTFOUND sts.test'),
      TRANSIENT,
      'getaddrinfo ENOTFOUND sts.test',
    ],
    [networkError('EAI_AGAIN', 'getaddrinfo EAI_AGAIN x'), TRANSIENT, 'getaddrinfo EAI_AGAIN x'],
    [networkError('EPIPE', 'write EPIPE'), TRANSIENT, 'write EPIPE'],
    [networkError('ETIMEDOUT', 'x'), TRANSIENT, 'no answer in time'],
    [
      networkError('ETIMEDOUT', 'connect ETIMEDOUT 10.0.0.1:443'),
      TRANSIENT,
      'connect ETIMEDOUT 10.0.0.1:443',
    ],
    [networkError(undefined, 'socket hang up'), TRANSIENT, 'socket hang up'],
    [
      networkError(undefined, 'Proxy connection ended before receiving CONNECT response'),
      TRANSIENT,
      'Proxy connection ended before receiving CONNECT response',
    ],
    [networkError('HPE_INVALID_CONSTANT', 'Parse Error'), TRANSIENT, 'Parse Error'],
    [
      networkError('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate'),
      PERMANENT,
      'SELF_SIGNED_CERT_IN_CHAIN: self-signed certificate',
    ],
    [
      networkError('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify'),
      PERMANENT,
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify',
    ],
    [
      networkError('ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname mismatch'),
      PERMANENT,
      'ERR_TLS_CERT_ALTNAME_INVALID: Hostname mismatch',
    ],
    [
      networkError('EPROTO', 'wrong version number'),
      PERMANENT,
      'wrong version number',
      'unexpected-answer',
    ],
  ]
  for (const [error, transient, detail, code = 'aws-unreachable'] of cases) {
    test(`${detail}: ${transient ? 'worth a retry' : 'for good'}`, () => {
      assert.deepEqual(failureOf(error), { code, transient, detail })
    })
  }
})

test('a validation error that quotes the token does not show it, whole or cut', () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${'p'.repeat(40)}.${'s'.repeat(40)}`
  for (const quoted of [token, token.slice(0, 50), token.slice(0, 15)]) {
    const message = `Value '${quoted}' at 'webIdentityToken' failed to satisfy constraint`
    assert.equal(
      failureOf(stsError(400, 'ValidationError', message)).detail,
      "ValidationError: Value '[token]' at 'webIdentityToken' failed to satisfy constraint",
    )
  }
})

test('our own errors pass through', () => {
  const own = new OidcError('file-unreadable', { what: 'x' })
  assert.throws(() => failureOf(own), own)
})

describe('what stands beside an error', () => {
  const told = (change: object, status = 403) =>
    failureOf(Object.assign(stsError(status, 'AccessDenied', 'no...'), change))
  const detail = 'AccessDenied: no'

  test('the time of AWS, where the answer tells it', () => {
    const $response = { headers: { date: 'Sat, 21 Nov 2026 12:00:00 GMT' } }
    assert.deepEqual(told({ $response }), {
      ...{ code: 'access-denied', transient: false, detail, requestId: 'request-1' },
      awsTime: new Date('2026-11-21T12:00:00Z'),
    })
    for (const odd of [{ headers: { date: 'noon' } }, { headers: {} }, {}]) {
      assert.equal(told({ $response: odd }).awsTime, undefined)
    }
  })

  test('the status, where the SDK read no more of the answer', () => {
    const $response = { statusCode: 503 }
    const bare = { $metadata: undefined, Code: undefined, Type: undefined, name: 'Unknown' }
    const failure = told({ ...bare, $response })
    assert.deepEqual(failure, { code: 'aws-unavailable', transient: true, detail: 'HTTP 503' })
  })

  test('no request id', () => {
    assert.deepEqual(told({ $metadata: { httpStatusCode: 403 } }), {
      ...{ code: 'access-denied', transient: false, detail },
    })
  })
})

describe('credentials that no other attempt makes good', () => {
  for (const [code, message] of [
    ['ExpiredToken', 'The security token included in the request is expired'],
    ['RequestExpired', 'x'],
    ['RequestExpiredException', 'x'],
    ['SignatureDoesNotMatch', 'Signature not yet current: 20261121T121501Z is still later than'],
    ['SignatureDoesNotMatch', 'Signature expired: 20261121T114459Z is now earlier than'],
  ] as const) {
    test(`${code}: ${message}`, () => {
      const failure = failureOf(stsError(403, code, message))
      assert.deepEqual(
        [failure.code, failure.transient, failure.attempts],
        ['credentials-rejected', false, undefined],
      )
    })
  }
})

describe('an answer that breaks off', () => {
  for (const [code, message, detail] of [
    ['ECONNRESET', 'aborted', 'the answer broke off (ECONNRESET)'],
    ['EPIPE', 'x', 'the answer broke off (EPIPE)'],
    ['ETIMEDOUT', 'the answer took too long', 'the answer took too long'],
  ] as const) {
    test(code, () => {
      const error = Object.assign(new Error(message), { code, $metadata: { httpStatusCode: 200 } })
      assert.deepEqual(failureOf(error), { code: 'aws-unreachable', transient: true, detail })
    })
  }
})

describe('a code that AWS STS does not have', () => {
  for (const [status, wire, code, detail] of [
    [405, 'MethodNotAllowed', 'unexpected-answer', 'HTTP 405, MethodNotAllowed: no'],
    [404, 'NoSuchBucket', 'unexpected-answer', 'HTTP 404, NoSuchBucket: no'],
    [400, 'InvalidURI', 'unexpected-answer', 'HTTP 400, InvalidURI: no'],
    [400, 'SomethingNew', 'request-rejected', 'SomethingNew: no'],
    [429, 'SomethingNew', 'aws-unavailable', 'SomethingNew: no'],
    [400, 'BandwidthLimitExceeded', 'aws-unavailable', 'BandwidthLimitExceeded: no'],
    [500, 'SomethingNew', 'aws-unavailable', 'HTTP 500'],
    [499, 'SomethingNew', 'request-rejected', 'SomethingNew: no'],
    [400, 'toString', 'request-rejected', 'toString: no'],
    [400, 'NotThrottling', 'request-rejected', 'NotThrottling: no'],
  ] as const) {
    test(`${wire} (${status}): ${code}`, () => {
      const failure = failureOf(stsError(status, wire, 'no'))
      assert.deepEqual(
        [failure.code, failure.transient, failure.detail],
        [code, code === 'aws-unavailable', detail],
      )
    })
  }
})

test('an unknown error without an answer: the start of what it says', () => {
  const failure = failureOf(new Error(`x${'y'.repeat(300)}`))
  assert.deepEqual(failure, {
    ...{ code: 'unexpected-answer', transient: false, detail: `x${'y'.repeat(199)}` },
  })
})

test('what is no error at all is thrown on', () => {
  assert.throws(
    () => failureOf('text'),
    (thrown) => thrown === 'text',
  )
})

test('an answer that lacks one part is not called empty', () => {
  assert.equal(
    incompleteAnswer(['SecretAccessKey']).detail,
    'HTTP 200, but without SecretAccessKey',
  )
})
