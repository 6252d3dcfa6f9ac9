import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderError, renderResult, StsError } from '../../../src/sandbox/aws/answer.ts'

// The examples of the AWS STS API Reference are of this shape.
const RESULT = {
  Arn: 'a<b>&"c"',
  Credentials: { Expiration: new Date('2026-11-21T12:00:00.900Z'), SessionToken: undefined },
  PackedPolicySize: 6,
}

test('a result in XML: nested, escaped, without what has no value', () => {
  const { status, contentType, body } = renderResult('GetIt', RESULT, 'id-1', 'xml')
  assert.deepEqual([status, contentType], [200, 'text/xml'])
  assert.equal(
    body,
    `<GetItResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetItResult>
    <Arn>a&lt;b&gt;&amp;"c"</Arn>
    <Credentials>
      <Expiration>2026-11-21T12:00:00Z</Expiration>
    </Credentials>
    <PackedPolicySize>6</PackedPolicySize>
  </GetItResult>
  <ResponseMetadata>
    <RequestId>id-1</RequestId>
  </ResponseMetadata>
</GetItResponse>
`,
  )
})

test('a result in JSON: times are whole seconds', () => {
  const { status, contentType, body } = renderResult('GetIt', RESULT, 'id-1', 'json')
  assert.deepEqual([status, contentType], [200, 'application/json'])
  assert.deepEqual(JSON.parse(body), {
    GetItResponse: {
      GetItResult: {
        Arn: 'a<b>&"c"',
        Credentials: { Expiration: Date.UTC(2026, 10, 21, 12) / 1000 },
        PackedPolicySize: 6,
      },
      ResponseMetadata: { RequestId: 'id-1' },
    },
  })
})

// "Common errors" of the AWS STS API Reference
for (const [code, status, type] of [
  ['AccessDenied', 403, 'Sender'],
  ['ExpiredTokenException', 400, 'Sender'],
  ['InternalFailure', 500, 'Receiver'],
  ['ServiceUnavailable', 503, 'Receiver'],
] as const) {
  test(`${code}: ${status}, by the ${type}`, () => {
    const error = new StsError(code, 'No & never', 'a reason that AWS would not tell')
    const json = renderError(error, 'id-1', 'json')
    assert.deepEqual([json.status, json.contentType], [status, 'application/json'])
    assert.deepEqual(JSON.parse(json.body), {
      Error: { Type: type, Code: code, Message: 'No & never' },
      RequestId: 'id-1',
    })
    const xml = renderError(error, 'id-1', 'xml')
    assert.deepEqual([xml.status, xml.contentType], [status, 'text/xml'])
    assert.match(
      xml.body.replace(/\s+/g, ' '),
      new RegExp(
        `^<ErrorResponse xmlns="[^"]+"> <Error> <Type>${type}</Type> <Code>${code}</Code> <Message>No &amp; never</Message> </Error> <RequestId>id-1</RequestId> *</ErrorResponse> $`,
      ),
    )
  })
}

// https://www.w3.org/TR/xml/#charsets
test('what XML cannot hold is replaced, so that a client can read the answer', () => {
  const message = (text: string) => {
    const { body } = renderError(new StsError('ValidationError', text), 'id-1', 'xml')
    return /<Message>(.*)<\/Message>/s.exec(body)?.[1]
  }
  const good = '\t\n\r ~ü東\ud7ff\ue000\ufffd😀\u{10ffff}'
  assert.equal(message(good), good)
  for (const bad of ['\0', '\b', '\x1b', '\x1f', '\ud800', '\udfff', '\ufffe', '\uffff']) {
    assert.equal(message(`a${bad}b${bad}`), 'a\ufffdb\ufffd', JSON.stringify(bad))
  }
})
