import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { Hash } from '@smithy/core/serde'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsCredentialIdentity } from '@smithy/types'
import type { Sandbox } from '../../../src/sandbox/index.ts'
import { readWorld } from '../../../src/sandbox/index.ts'
import { runPython, withoutModules } from '../../tools/python.ts'
import { clientFor, post, refused, sandboxFor, sessionCredentials } from './sandbox-client.ts'
import { outcome, sendSigned, sha256 } from './signed-request.ts'

const MISMATCH = /^The request signature we calculated does not match the signature you provided\./
const INVALID_TOKEN = 'The security token included in the request is invalid.'

function whoami(sandbox: Sandbox, credentials: AwsCredentialIdentity) {
  return clientFor(sandbox, credentials).send(new GetCallerIdentityCommand({}))
}

test('wrong secret, missing, foreign and expired tokens', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const other = await sessionCredentials(sandbox)
  const { accessKeyId, secretAccessKey, sessionToken = '' } = credentials
  await refused(
    whoami(sandbox, { ...credentials, secretAccessKey: other.secretAccessKey }),
    'SignatureDoesNotMatch',
    403,
    MISMATCH,
  )
  for (const wrong of [
    { accessKeyId, secretAccessKey },
    { ...credentials, sessionToken: other.sessionToken ?? '' },
    { ...credentials, sessionToken: sessionToken.slice(0, -1) },
    { ...credentials, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' },
    { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' },
  ]) {
    await refused(whoami(sandbox, wrong), 'InvalidClientTokenId', 403, INVALID_TOKEN)
  }
})

test('expired credentials', async (t) => {
  const world = readWorld({ credentialsLifetimeSeconds: 1 })
  const { sandbox } = await sandboxFor(t, { world })
  const credentials = await sessionCredentials(sandbox)
  await delay(1100)
  await refused(
    whoami(sandbox, credentials),
    'ExpiredToken',
    403,
    'The security token included in the request is expired',
  )
})

test('an unsigned request', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const answer = await post(sandbox, { Action: 'GetCallerIdentity' })
  assert.equal(answer.status, 403)
  // API_CommonErrors.html of the STS API Reference
  const text = await answer.text()
  assert.match(text, /^<ErrorResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">/)
  assert.match(text, /<Code>MissingAuthenticationToken<\/Code>/)
  const odd = await post(sandbox, { Action: 'GetCallerIdentity' }, { authorization: 'Bearer x' })
  assert.match(await odd.text(), /<Code>IncompleteSignature<\/Code>/)
})

test('signed by hand: accepted, in any region of the partition', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  assert.match(await sendSigned(sandbox, credentials), /<Arn>arn:aws:sts::111111111111:/)
  assert.match(await sendSigned(sandbox, credentials, { region: 'il-central-1' }), /<Arn>/)
  assert.equal(
    await sendSigned(sandbox, credentials, { region: 'cn-north-1' }),
    `InvalidClientTokenId: ${INVALID_TOKEN}`,
  )
})

test('signed by hand: a tampered body', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const sentBody = 'Action=GetCallerIdentity&Version=2011-06-15&Evil=1'
  assert.match(await sendSigned(sandbox, credentials, { sentBody }), /^SignatureDoesNotMatch: /)
  // A signed hash of the original body does not excuse another body.
  const headers = {
    'x-amz-content-sha256': sha256('Action=GetCallerIdentity&Version=2011-06-15'),
  }
  assert.match(await sendSigned(sandbox, credentials, { headers }), /<Arn>/)
  assert.match(
    await sendSigned(sandbox, credentials, { sentBody, headers }),
    /^SignatureDoesNotMatch: /,
  )
})

test('signed by hand: the clock may be 15 minutes off, no more', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const at = (minutes: number) => ({ date: new Date(Date.now() + minutes * 60_000) })
  assert.match(await sendSigned(sandbox, credentials, at(-14)), /<Arn>/)
  assert.match(await sendSigned(sandbox, credentials, at(14)), /<Arn>/)
  assert.match(
    await sendSigned(sandbox, credentials, at(-16)),
    /^SignatureDoesNotMatch: Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
  )
  assert.match(
    await sendSigned(sandbox, credentials, at(16)),
    /^SignatureDoesNotMatch: Signature not yet current: /,
  )
})

test('signed by hand: credential scope', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  assert.equal(
    await sendSigned(sandbox, credentials, { service: 's3' }),
    "SignatureDoesNotMatch: Credential should be scoped to correct service: 'sts'. ",
  )
  assert.equal(
    await sendSigned(sandbox, credentials, { terminator: 'aws3_request' }),
    "SignatureDoesNotMatch: Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'. ",
  )
  assert.equal(
    await sendSigned(sandbox, credentials, { region: 'nowhere-1' }),
    "SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'nowhere-1'. ",
  )
  assert.match(
    await sendSigned(sandbox, credentials, { scopeDate: '20200101' }),
    /^SignatureDoesNotMatch: Date in Credential scope does not match/,
  )
})

test('signed by hand: the header Date in place of X-Amz-Date', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  assert.match(await sendSigned(sandbox, credentials, { dateHeader: 'date' }), /<Arn>/)
  const old = { date: new Date(Date.now() - 16 * 60_000), dateHeader: 'date' } as const
  assert.match(
    await sendSigned(sandbox, credentials, old),
    /^SignatureDoesNotMatch: Signature expired: /,
  )
  // Both: X-Amz-Date counts.
  const headers = { date: 'Thu, 01 Jan 1970 00:00:00 GMT' }
  assert.match(await sendSigned(sandbox, credentials, { headers }), /<Arn>/)
})

// reference_sigv-create-signed-request.html, step 1: host and all x-amz-* headers
test('signed by hand: what is not signed and has to be', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const credentials = await sessionCredentials(sandbox)
  const without = (name: string) =>
    sendSigned(sandbox, credentials, {
      headers: { 'x-amz-test': '1', 'x-test': '1' },
      unsigned: [name],
    })
  for (const [name, told] of [
    ['host', "'Host' or ':authority'"],
    ['x-amz-date', "'x-amz-date'"],
    ['x-amz-security-token', "'x-amz-security-token'"],
    ['x-amz-test', "'x-amz-test'"],
  ] as const) {
    assert.equal(
      await without(name),
      `SignatureDoesNotMatch: ${told} must be a 'SignedHeader' in the AWS Authorization.`,
    )
  }
  assert.match(await without('x-test'), /<Arn>/)
  assert.match(await without('content-type'), /<Arn>/)
})

/** What a presigned URL gives, and what after a change of it. */
async function checkPresigned(url: string, headers: Record<string, string> = {}): Promise<void> {
  const get = async (change: (query: URLSearchParams) => void) => {
    const changed = new URL(url)
    change(changed.searchParams)
    const answer = await fetch(changed, { headers })
    return outcome(await answer.text())
  }
  assert.match(await get(() => {}), /<Arn>arn:aws:sts::111111111111:assumed-role\/circleci-oidc\//)
  assert.match(await get((query) => query.set('Evil', '1')), /^SignatureDoesNotMatch: /)
  assert.match(await get((query) => query.set('X-Amz-Expires', '1')), /^SignatureDoesNotMatch: /)
  assert.match(await get((query) => query.delete('X-Amz-Signature')), /^IncompleteSignature: /)
  assert.match(
    await get((query) => query.delete('X-Amz-Security-Token')),
    /^InvalidClientTokenId: /,
  )
  assert.match(
    await get((query) => query.set('X-Amz-Date', '20200101T000000Z')),
    /^SignatureDoesNotMatch: Signature expired: /,
  )
}

test('a URL that boto3 presigned', { skip: withoutModules('boto3') }, async (t) => {
  const { sandbox } = await sandboxFor(t)
  const program = `import boto3, json, sys
given = json.load(sys.stdin)
client = boto3.client('sts', region_name='eu-central-1', endpoint_url=given['url'],
    aws_access_key_id=given['accessKeyId'], aws_secret_access_key=given['secretAccessKey'],
    aws_session_token=given['sessionToken'])
print(client.generate_presigned_url('get_caller_identity', ExpiresIn=60, HttpMethod='GET'))`
  const given = { url: sandbox.url, ...(await sessionCredentials(sandbox)) }
  const { stdout, stderr } = runPython(['-c', program], JSON.stringify(given))
  assert.match(stdout, /^http/, stderr)
  await checkPresigned(stdout.trim())
})

// As aws-iam-authenticator does for a Kubernetes cluster, whose name is a signed header.
test('a URL that the SDK for JavaScript presigned, with a header of its own', async (t) => {
  const { sandbox } = await sandboxFor(t)
  const { hostname, port, host } = new URL(sandbox.url)
  const signer = new SignatureV4({
    credentials: await sessionCredentials(sandbox),
    region: 'eu-central-1',
    service: 'sts',
    sha256: Hash.bind(null, 'sha256'),
  })
  const headers = { 'x-k8s-aws-id': 'my-cluster' }
  const { query = {} } = await signer.presign(
    {
      method: 'GET',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, ...headers },
    },
    { expiresIn: 60, unhoistableHeaders: new Set(Object.keys(headers)) },
  )
  const url = `${sandbox.url}/?${new URLSearchParams(query as Record<string, string>)}`
  await checkPresigned(url, headers)
  assert.match(await (await fetch(url)).text(), /SignatureDoesNotMatch/)
})
