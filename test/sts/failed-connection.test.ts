import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ErrorText } from '../../src/errors.ts'
import { failedConnection, failedRequest } from '../../src/sts/failed-connection.ts'
import type { Failure } from '../../src/sts/failure.ts'

const AWS = 'https://sts.eu-west-1.amazonaws.com/'
const OWN = 'https://sts.example:8443/'
const OWN_ENV = { AWS_ENDPOINT_URL_STS: 'https://sts.example:8443' }
const PROXY = { HTTPS_PROXY: 'http://ana:geheim@proxy.example:3128' }

function failed(
  code: Failure['code'],
  detail: string,
  {
    url = AWS,
    env = {},
    awsTime,
  }: { url?: string; env?: Record<string, string>; awsTime?: Date } = {},
) {
  const failure: Failure = { code, transient: false, detail, ...(awsTime && { awsTime }) }
  return failedConnection({ failure, attempts: 1, cause: undefined }, new URL(url), env)
}

// What Node's net, dns and tls say: https://nodejs.org/api/errors.html#common-system-errors
const UNREACHABLE: [
  detail: string,
  env: Record<string, string>,
  what: RegExp,
  why: RegExp | undefined,
  next: RegExp,
][] = [
  [
    'getaddrinfo EAI_AGAIN sts.eu-west-1.amazonaws.com',
    {},
    /^The DNS of this job does not answer for sts\.eu-west-1\.amazonaws\.com\.$/,
    /^getaddrinfo EAI_AGAIN sts\.eu-west-1\.amazonaws\.com\.$/,
    /\(getent hosts sts\.eu-west-1\.amazonaws\.com\).*HTTPS_PROXY\.$/,
  ],
  [
    'getaddrinfo EAI_AGAIN sts.example',
    OWN_ENV,
    /for sts\.example:8443 \(from AWS_ENDPOINT_URL_STS\)\.$/,
    /EAI_AGAIN/,
    /\(getent hosts sts\.example\).* Or correct AWS_ENDPOINT_URL_STS\.$/,
  ],
  [
    'getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com',
    {},
    /^The DNS of this job does not know sts\.eu-west-1\.amazonaws\.com\.$/,
    /ENOTFOUND/,
    /^Check --region, and the network of the job\. .*HTTPS_PROXY\.$/,
  ],
  [
    'getaddrinfo ENOTFOUND sts.example',
    OWN_ENV,
    /^The DNS of this job does not know sts\.example:8443 \(from AWS_ENDPOINT_URL_STS\)\.$/,
    /ENOTFOUND/,
    /^Correct or unset AWS_ENDPOINT_URL_STS\. /,
  ],
  [
    'connect ECONNREFUSED 10.0.0.1:443',
    {},
    /^AWS STS can't be reached at sts\.eu-west-1\.amazonaws\.com: connection refused/,
    /ECONNREFUSED 10\.0\.0\.1:443\.$/,
    /^Check --region, and the network of the job\.$/,
  ],
  [
    'connect ECONNREFUSED 10.0.0.1:8443',
    OWN_ENV,
    /at sts\.example:8443 \(from AWS_ENDPOINT_URL_STS\): connection refused/,
    /ECONNREFUSED/,
    /^Correct or unset AWS_ENDPOINT_URL_STS\.$/,
  ],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match',
    {},
    /^The certificate of sts\.eu-west-1\.amazonaws\.com is for another host\.$/,
    /ALTNAME/,
    /^Check --region, and check what answers there\.$/,
  ],
  [
    'SELF_SIGNED_CERT_IN_CHAIN: self-signed certificate',
    {},
    /^The certificate of sts\.eu-west-1\.amazonaws\.com is not from a CA that this job trusts\.$/,
    /SELF_SIGNED/,
    /AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS\.$/,
  ],
  [
    'read ECONNRESET',
    {},
    /^AWS STS can't be reached at sts\.eu-west-1\.amazonaws\.com: read ECONNRESET\.$/,
    undefined,
    /^Check --region, the network, HTTPS_PROXY and NO_PROXY; /,
  ],
]

describe('without a proxy', () => {
  for (const [detail, env, what, why, next] of UNREACHABLE) {
    test(`${detail}${env === OWN_ENV ? ', at an endpoint of its own' : ''}`, () => {
      const error = failed('aws-unreachable', detail, { env, url: env === OWN_ENV ? OWN : AWS })
      assert.deepEqual([error.code, error.exitCode], ['aws-unreachable', 5])
      assert.match(error.message, what)
      if (why) assert.match(error.why ?? '', why)
      else assert.equal(error.why, undefined)
      assert.match(error.next ?? '', next)
    })
  }
})

describe('through a proxy', () => {
  const at = 'proxy\\.example:3128 \\(HTTPS_PROXY\\)'
  for (const [detail, what, next] of [
    [
      'the proxy asks for a user name and password (HTTP 407)',
      `^The proxy ${at} asks for a user and password: HTTP 407\\.$`,
      /^Write HTTPS_PROXY as http:\/\/USER:PASSWORD@HOST:PORT/,
    ],
    [
      'HTTP 403 of the proxy',
      `^The proxy ${at} does not let this job connect to sts\\.eu-west-1\\.amazonaws\\.com: HTTP 403\\.$`,
      /allow sts\.eu-west-1\.amazonaws\.com, or put sts\.eu-west-1\.amazonaws\.com in NO_PROXY/,
    ],
    [
      'getaddrinfo ENOTFOUND proxy.example',
      `^The proxy ${at} can't be reached: no route to it\\.$`,
      /^Correct or unset HTTPS_PROXY, or put sts\.eu-west-1\.amazonaws\.com in NO_PROXY\.$/,
    ],
    [
      'getaddrinfo EAI_AGAIN proxy.example',
      `^The proxy ${at} can't be reached: no route to it\\.$`,
      /^Correct or unset HTTPS_PROXY/,
    ],
    [
      'connect ECONNREFUSED proxy.example:3128',
      `^The proxy ${at} can't be reached: connection refused, nothing listens there\\.$`,
      /^Correct or unset HTTPS_PROXY/,
    ],
    [
      'no answer in time',
      `^The proxy ${at} can't be reached: no route to it\\.$`,
      /^Correct or unset HTTPS_PROXY/,
    ],
    // Not of the proxy: another host, or its connection was made.
    [
      'getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com',
      '^The DNS of this job does not know sts\\.eu-west-1\\.amazonaws\\.com\\.$',
      /^Check --region, and the network of the job\. /,
    ],
    ['read ECONNRESET proxy.example', "^AWS STS can't be reached at", /HTTPS_PROXY and NO_PROXY/],
    ['HTTP 502 of the proxy', "^AWS STS can't be reached at", /HTTPS_PROXY and NO_PROXY/],
  ] as const) {
    test(detail, () => {
      const error = failed('aws-unreachable', detail, { env: PROXY })
      assert.match(error.message, new RegExp(what))
      assert.match(error.next ?? '', next)
      assert.doesNotMatch(`${error.message} ${error.why} ${error.next}`, /geheim/)
    })
  }

  test('on the port that HTTP has', () => {
    const env = { HTTPS_PROXY: 'http://proxy.example' }
    const { message } = failed('aws-unreachable', 'connect ECONNREFUSED proxy.example:80', { env })
    assert.match(message, /^The proxy proxy\.example:80 \(HTTPS_PROXY\) can't be reached: /)
  })

  test('that does not stand before this host', () => {
    const env = { ...PROXY, NO_PROXY: 'amazonaws.com' }
    const { message } = failed('aws-unreachable', 'HTTP 407', { env })
    assert.match(message, /^AWS STS can't be reached at/)
  })
})

describe('what answers is not STS', () => {
  for (const detail of [
    'write EPROTO 1:error:0A00010B:SSL routines:ssl3_get_record:wrong version number',
    'wrong version number',
    'packet length too long',
    'EPROTO',
  ]) {
    test(`${detail.slice(0, 40)}: no TLS`, () => {
      const error = failed('unexpected-answer', detail)
      assert.match(error.message, /^The server at sts\.eu-west-1\.\S+ does not use TLS, although/)
      assert.match(error.next ?? '', /^Write http:\/\/ in --sts-endpoint, /)
      const own = failed('unexpected-answer', detail, { url: OWN, env: OWN_ENV })
      assert.match(own.next ?? '', /^Write http:\/\/ in AWS_ENDPOINT_URL_STS, /)
    })
  }

  const page = 'HTTP 200, but not an answer from AWS STS'
  for (const [name, env, url, likely, next] of [
    [
      'at the endpoint of the region',
      {},
      AWS,
      'It may be a proxy, a captive portal or a wrong endpoint.',
      'See what answers with curl https://sts.eu-west-1.amazonaws.com; then correct --sts-endpoint, HTTPS_PROXY or NO_PROXY.',
    ],
    [
      'behind a proxy',
      PROXY,
      AWS,
      'It may be the proxy in HTTPS_PROXY, a captive portal or a wrong endpoint.',
      'See what answers with curl https://sts.eu-west-1.amazonaws.com; then correct --sts-endpoint, HTTPS_PROXY or NO_PROXY.',
    ],
    [
      'at an endpoint of its own',
      OWN_ENV,
      OWN,
      'It may be a proxy, a captive portal or another server than STS, named by AWS_ENDPOINT_URL_STS.',
      'See what answers with curl https://sts.example:8443; then correct AWS_ENDPOINT_URL_STS, HTTPS_PROXY or NO_PROXY.',
    ],
  ] as const) {
    test(name, () => {
      const error = failed('unexpected-answer', page, { env, url })
      assert.match(error.message, /^What answered at .* is not AWS STS\.$/)
      assert.deepEqual([error.why, error.likely, error.next], [`${page}.`, likely, next])
    })
  }

  test('a refusal by the proxy is told as that, one without a proxy is not', () => {
    const detail = 'HTTP 403, but not an answer from AWS STS'
    assert.match(
      failed('unexpected-answer', detail, { env: PROXY }).message,
      /^The proxy proxy\.example:3128 \(HTTPS_PROXY\) does not let this job connect to .*: HTTP 403\.$/,
    )
    assert.match(failed('unexpected-answer', detail).message, /^What answered at .* is not AWS STS/)
    for (const other of ['HTTP 200, but it says HTTP 403', 'HTTP 502, but not an answer']) {
      assert.match(
        failed('unexpected-answer', other, { env: PROXY }).message,
        /^What answered at .* is not AWS STS/,
      )
    }
  })
})

describe('the clock of this machine', () => {
  for (const [seconds, minutes] of [
    [270, '5 minutes ahead of'],
    [3600, '60 minutes ahead of'],
    [-300, '5 minutes behind'],
    [269, undefined],
    [-269, undefined],
    [0, undefined],
  ] as const) {
    test(`${seconds} s off`, (t) => {
      t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
      const awsTime = new Date(Date.now() - seconds * 1000)
      const { message } = failed('credentials-rejected', 'RequestExpired: old', { awsTime })
      if (minutes) assert.equal(message, `The clock of this machine is ${minutes} AWS.`)
      else assert.equal(message, 'AWS rejects the credentials.')
    })
  }

  test('without a time of AWS, it is the credentials', () => {
    const error = failed('credentials-rejected', 'InvalidClientTokenId: x')
    assert.equal(error.message, 'AWS rejects the credentials.')
    assert.equal(error.why, 'InvalidClientTokenId: x.')
  })
})

test('what nobody explains is told as it is', () => {
  const { message, code } = failed('token-rejected', 'a: b')
  assert.deepEqual([message, code], ['The request failed: a: b.', 'token-rejected'])
})

describe('attempts and request id', () => {
  const cause = new Error('cause')
  const told = (text: ErrorText, attempts: number, requestId?: string) => {
    const failure: Failure = { code: 'aws-unavailable', transient: true, detail: 'x' }
    const withId = requestId === undefined ? failure : { ...failure, requestId }
    const error = failedRequest({ failure: withId, attempts, cause }, text)
    assert.deepEqual([error.code, error.cause], ['aws-unavailable', cause])
    return [error.message, error.why]
  }
  for (const [text, attempts, requestId, expected] of [
    [{ what: 'A.' }, 1, undefined, ['A.', undefined]],
    [{ what: 'A.' }, 2, undefined, ['A (after 2 attempts).', undefined]],
    [{ what: 'A.' }, 1, 'r', ['A (request id r).', undefined]],
    [{ what: 'A' }, 3, 'r', ['A (after 3 attempts, request id r).', undefined]],
    [{ what: 'A.', why: 'B.' }, 2, undefined, ['A.', 'B (after 2 attempts).']],
    [{ what: 'A.', why: ['B.', 'C.'] }, 2, 'r', ['A.', 'B.\nC (after 2 attempts, request id r).']],
    [{ what: 'A.', why: ['B.', 'C.'] }, 1, undefined, ['A.', 'B.\nC.']],
  ] as const) {
    test(JSON.stringify([text, attempts, requestId]), () => {
      assert.deepEqual(told(text, attempts, requestId), expected)
    })
  }
})
